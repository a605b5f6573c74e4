//! End-to-end tests: the real programs on ports that the system chooses.

mod demo;
mod disk;
mod firewall;
mod hostile;
mod journal;
mod lictunnel;
mod lictunnel_print;
mod lictunnel_service;
mod licutil;
mod netns;
mod readme;
mod redirect;
mod restart;
mod rules;
mod seats;
mod signals;
mod startup;
mod tidy;
mod tunnels;
