//! A running licence host for tests, and hands to use it with.

mod harness {
    pub(super) mod firewall;
    pub(super) mod host;
    pub(super) mod mount;
    pub(super) mod namespace;
    pub(super) mod network;
    pub(super) mod observer;
    pub(super) mod peer;
    pub(super) mod process;
    pub(super) mod programs;
    pub(super) mod proxy;
    pub(super) mod rights;
    pub(super) mod site;
    pub(super) mod sshd;
}

pub use harness::firewall::{Firewall, Packets};
pub use harness::host::Host;
pub use harness::mount::Mount;
pub use harness::namespace::Namespace;
pub use harness::network::Network;
pub use harness::observer::{Observer, Seat};
pub use harness::peer::{Peer, hear_out};
pub use harness::process::{PATIENCE, Process, open_files, run, runs, signal_pid, under};
pub use harness::programs::{clean, folder, folder_for_all, program, root};
pub use harness::proxy::{Connection, Proxy};
pub use harness::rights::{AS_NOBODY, is_root, may, open_to_all, skip};
pub use harness::site::Site;
pub use harness::sshd::{Ssh, serve};
