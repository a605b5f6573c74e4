//! lictunnel: licence traffic through a firewall that lets only ssh (port 22) pass.
//!
//! A licence client goes to `port@host` of the master daemon and then to whatever `port@host` that answers, so both ports have to
//! exist on this machine, under the server's own names and with the server's own numbers. lictunnel gives every server a
//! loopback address of its own, listens there on the same ports, carries each connection over one ssh session, and points
//! the server's names at that address in the hosts file (or, with `run`, in a private one). It never looks into the traffic of
//! other licence systems.
//!
//! | room | what it holds | pure |
//! |---|---|---|
//! | [`profile`] | what it is told: `lictunnel.toml` | parsing |
//! | [`plan`] | profile and found ports make a plan, or the reasons why not | yes |
//! | [`life`] | the state machine of one tunnel: events in, actions out | yes |
//! | [`engine`] | the loop around it, one a tunnel: does what `life` says and tells it what came of it | |
//! | [`loopback`] | the address of a server on this machine | yes |
//! | [`hosts`] | the override: editing the hosts file, and the watcher that takes it back | editing |
//! | [`private`] | `run`: an application with a hosts file of its own, without any privilege (Linux) | |
//! | [`resolve`] | the server's real address, past our own override | choosing |
//! | [`ssh`] | configuration, known hosts, authentication, session, forwards | parsing, judging |
//! | [`discover`] | which ports a server's licence system uses | parsing |
//! | [`cmd`] | up, down, status, doctor, run, print, init, export, service, hosts | |
//! | [`platform`] | what differs between Linux, macOS and Windows | |
//! | [`flags`] | the command line | parsing |
//! | [`failure`] | why something ends, and the exit codes | yes |
//! | [`tasks`], [`clock`] | the only places that spawn and that read a clock | |
//!
//! A pure room decides and does nothing; the others do and decide nothing.

pub mod clock;
pub mod cmd;
pub mod discover;
pub mod engine;
pub mod failure;
pub mod flags;
pub mod hosts;
pub mod life;
pub mod loopback;
pub mod plan;
pub mod platform;
pub mod private;
pub mod profile;
pub mod resolve;
pub mod ssh;
pub mod tasks;
