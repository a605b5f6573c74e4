//! The programs of a licence host: the master daemon licmgrd and the vendor daemon licvendord.
//!
//! | room | what it holds |
//! |---|---|
//! | [`run`] | the whole life of a daemon, from its flags to its exit code |
//! | [`flags`], [`config`], [`keys`] | what it is told, and whose licences it serves |
//! | [`log`], [`clock`], [`signal`], [`systemd`], [`tasks`], [`failure`] | what every daemon needs from the system |
//! | [`net`] | listening, TLS, framed connections, the greeting |
//! | [`master`] | licmgrd: where is vendor V, and is its daemon alive? |
//! | [`vendor`], [`journal`] | licvendord: the seats of one vendor, and what makes them durable |
//!
//! `master` and `vendor` do not import each other; both stand on the rest.

pub mod clock;
pub mod config;
pub mod failure;
pub mod flags;
pub mod journal;
pub mod keys;
pub mod log;
pub mod master;
pub mod net;
pub mod run;
pub mod signal;
pub mod systemd;
pub mod tasks;
pub mod vendor;
