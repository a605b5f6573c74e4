//! Sessions with OpenSSH's real server. Skipped, with a word, where it is not installed.
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod crowd;
mod forwards;
mod login;
mod people;
mod questions;
mod routes;
mod sessions;
mod sshd;
mod streams;
