//! A running licence host for tests, and hands to use it with.

mod harness {
    pub(super) mod host;
    pub(super) mod observer;
    pub(super) mod process;
    pub(super) mod programs;
    pub(super) mod proxy;
    pub(super) mod site;
}

pub use harness::host::Host;
pub use harness::observer::{Observer, Seat};
pub use harness::process::{PATIENCE, Process, run, signal_pid};
pub use harness::programs::{clean, folder, program, root};
pub use harness::proxy::{Connection, Proxy};
pub use harness::site::Site;
