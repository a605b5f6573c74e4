//! The commands: up, down, status, doctor, run, print, init, hosts.
