//! The override: one marked block in the hosts file, and the watcher that takes it back whatever happens to us.
//!
//! [`edit`] decides on bytes and touches nothing; [`mod@file`] writes what it decided; [`watcher`] is the only process that
//! needs rights, and takes everything back when the pipe to the [`client`] that started it closes.

pub mod client;
pub mod edit;
mod fault;
pub mod file;
mod journal;
pub mod lend;
pub mod line;
#[cfg(target_os = "linux")]
mod mounts;
pub mod name;
pub mod protocol;
#[cfg(unix)]
mod replace;
pub mod watcher;

pub use fault::HostsFault;
