//! Whether a licence server answers without a tunnel.
//!
//! What counts is that its master daemon's port takes a connection at the server's real address. Nothing is said over it: the
//! master daemons of other licence systems are left in peace, and ours proves itself to every client. But some networks take
//! every connection, to show a page of their own or to look into it; so a port at which nothing listens must not answer there as well.
//! A stranger with the same address and an open port of that number is taken for the server.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// `tcpmux` (RFC 1078), which is registered and which nobody runs.
const NOBODY: u16 = 1;
/// How long one port may take. A round trip within a site takes milliseconds.
const REACH: Duration = Duration::from_secs(1);
/// How long all of it may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// More addresses of one server are not tried.
const MOST: usize = 4;

/// Whether one of these ports takes a connection at one of these addresses, and not because every port does. `reaches` says whether a
/// place takes one.
pub(super) async fn answers<F: Future<Output = bool>>(
    addresses: &[IpAddr],
    ports: &[u16],
    reaches: impl Fn(SocketAddr) -> F,
) -> bool {
    let reaches =
        async |address, port| timeout(REACH, reaches(SocketAddr::new(address, port))).await.unwrap_or(false);
    let tried = async {
        // What is on this machine says nothing of where the machine is.
        for address in addresses.iter().filter(|address| !address.is_loopback()).take(MOST) {
            for port in ports {
                if reaches(*address, *port).await {
                    return !reaches(*address, NOBODY).await;
                }
            }
        }
        false
    };
    timeout(DEADLINE, tried).await.unwrap_or(false)
}

/// Whether a connection is taken, which then ends without a word.
pub(super) async fn connects(at: SocketAddr) -> bool {
    TcpStream::connect(at).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    const HERE: [u8; 4] = [10, 0, 0, 7];

    /// What comes of ports at which these listen.
    async fn open(addresses: &[[u8; 4]], ports: &[u16], listening: &[u16]) -> bool {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| (*address).into()).collect();
        answers(&addresses, ports, async |at: SocketAddr| listening.contains(&at.port())).await
    }

    #[tokio::test]
    async fn the_port_has_to_answer_and_one_where_nobody_is_must_not() {
        assert!(open(&[HERE], &[1715], &[1715, 22]).await);
        assert!(open(&[HERE], &[27000, 27001], &[27001]).await, "one of those where it may be");
        assert!(!open(&[HERE], &[1715], &[22]).await, "another host, or none");
        assert!(!open(&[HERE], &[1715], &[1715, 1]).await, "a network that answers for everybody");
        assert!(!open(&[HERE], &[], &[1715]).await, "nobody knows the port");
        assert!(!open(&[], &[1715], &[1715]).await);
        assert!(!open(&[[127, 0, 0, 1]], &[1715], &[1715]).await, "a forward, by hand or ours");
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_swallows_everything_takes_three_seconds() {
        let watch = Stopwatch::start();
        let addresses: Vec<IpAddr> = vec![HERE.into(); 9];
        assert!(!answers(&addresses, &[1715, 1716], |_| std::future::pending()).await);
        assert_eq!(watch.elapsed(), DEADLINE);
        let swallows_all_but = async |at: SocketAddr| at.port() == 1715 || std::future::pending().await;
        assert!(answers(&addresses, &[1715], swallows_all_but).await, "a firewall on the server itself");
    }

    #[tokio::test]
    async fn connections_are_tried_for_real() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        assert!(connects(at).await);
        drop(listener);
        assert!(!connects(at).await);
    }
}
