//! The override: one marked block in the hosts file, and the watcher that takes it back whatever happens to us.
//!
//! [`edit`] decides on bytes and touches nothing; [`mod@file`] writes what it decided; [`watcher`] is the only process that
//! needs rights, and takes everything back when the pipe to the [`client`] that started it closes.
//!
//! A line holds an IPv4 address only, since there is but one IPv6 loopback address for all servers. With glibc (seen with 2.36,
//! `files dns`) whoever asks for any address gets ours alone, as the hosts file ends the search; whoever asks for IPv6
//! addresses gets ours as `::ffff:127.x.y.z` with `AI_V4MAPPED`, and without it the server's own from DNS, past the tunnel. A
//! second line with `::ffff:127.x.y.z` would mend that and break `AI_V4MAPPED`, which then finds nothing, and hand everybody
//! else the address twice. `doctor` says where the system leads an application.

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
