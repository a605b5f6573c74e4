//! A running licence host for tests, and hands to use it with.

mod harness {
    pub mod host;
    pub mod observer;
    pub mod process;
    pub mod programs;
    pub mod site;
}

pub use harness::host::Host;
pub use harness::observer::{Observer, Seat};
pub use harness::process::{PATIENCE, Process, run, signal_pid};
pub use harness::programs::{clean, folder, program, root};
pub use harness::site::Site;
