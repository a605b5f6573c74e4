//! The override: one marked block in the hosts file, and the watcher that takes it back whatever happens to us.
//!
//! [`edit`] decides on bytes and touches nothing; [`file`] writes what it decided.

pub mod edit;
mod fault;
pub mod file;
mod journal;
pub mod line;
#[cfg(unix)]
mod mounts;
pub mod name;
#[cfg(unix)]
mod replace;
pub use fault::HostsFault;
