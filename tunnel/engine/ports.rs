//! The ports of this machine, and the connections that applications make to them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

use super::world::{Client, Door};
use crate::failure::{Exit, Failure};
use crate::platform;
use crate::ssh::forward::{Forwarder, Slot};

/// Connections of all ports of a tunnel at the same time.
const MOST: usize = 4096;
/// Connections that the system keeps for us while we are busy.
const BACKLOG: u32 = 1024;
/// How long nothing is accepted after the system had no more files.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// How many connections each of so many tunnels carries at the same time; more wait in the kernel.
pub(super) fn most(tunnels: usize) -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files = None;
    most_with(files, tunnels)
}

/// Each connection is an open file. The other half of those allowed is for listeners, sessions, helpers, and whoever asks how
/// the tunnel is.
fn most_with(files: Option<u64>, tunnels: usize) -> usize {
    let half = files.and_then(|files| usize::try_from(files / 2).ok());
    half.map_or(MOST, |half| (half / tunnels.max(1)).clamp(1, MOST))
}

/// A port of this machine.
pub struct LocalPort {
    listener: TcpListener,
    forwarder: Forwarder,
}

impl LocalPort {
    /// Listens there, for connections that this forwarder will carry.
    pub(super) fn listen(at: SocketAddr, forwarder: Forwarder) -> Result<Self, Failure> {
        let listener = bind(at).map_err(|error| cannot_listen(at, &error))?;
        Ok(Self { listener, forwarder })
    }
}

/// A connection of an application.
pub struct Local {
    pub(super) stream: TcpStream,
    pub(super) slot: Slot,
}

impl Door for LocalPort {
    type Client = Local;

    async fn accept(&mut self) -> Local {
        // Room first: what we have no room for waits in the kernel.
        let slot = self.forwarder.slot().await;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return Local { stream, slot },
                Err(error) => {
                    tracing::debug!(%error, "cannot accept");
                    sleep(EXHAUSTED).await;
                }
            }
        }
    }
}

impl Client for Local {
    fn reset(self) {
        // Without it the application sees an orderly end, and does not try again.
        drop(self.stream.set_zero_linger());
    }
}

fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::AddrInUse {
        return Failure::new(Exit::PortTaken, format!("cannot listen on {at}: {error}"));
    }
    // Another number in its place would be no use: applications ask for this one.
    let owner = match at.ip() {
        IpAddr::V4(address) => platform::port_owner(address, at.port()),
        IpAddr::V6(_) => None,
    };
    let hint = match owner {
        Some(_) => "end it, or pin another address in the profile",
        None => {
            "perhaps another user's tunnel to this server, which serves you too: try your application; else pin another address in the profile"
        }
    };
    let owner = owner.map_or("a process that may not be seen".to_owned(), |owner| owner.to_string());
    let message = format!("port {} of {} is taken by {owner}", at.port(), at.ip());
    Failure::new(Exit::PortTaken, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_an_error_that_names_the_owner() {
        let other = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = other.local_addr().unwrap();
        let failure = LocalPort::listen(at, Forwarder::new(1, &crate::tasks::Tasks::new())).err().unwrap();
        assert_eq!(failure.exit, Exit::PortTaken);
        let owner = platform::port_owner(std::net::Ipv4Addr::LOCALHOST, at.port());
        let owner = owner.map_or("a process that may not be seen".to_owned(), |owner| owner.to_string());
        assert_eq!(failure.message, format!("port {} of 127.0.0.1 is taken by {owner}", at.port()));
        #[cfg(target_os = "linux")]
        assert!(failure.message.contains(&std::process::id().to_string()), "{failure}");
    }

    #[test]
    fn connections_leave_files_for_all_else() {
        let cases = [(None, 4096), (Some(1 << 20), 4096), (Some(1024), 512), (Some(100), 50), (Some(0), 1)];
        for (files, most) in cases {
            assert_eq!(most_with(files, 1), most, "{files:?}");
        }
        assert_eq!(most_with(Some(1024), 4), 128, "tunnels of one process share them");
    }
}
