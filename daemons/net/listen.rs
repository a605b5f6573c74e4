//! Listening: bind first, serve later, and expect trouble.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::wire::{ServerMsg, limit};
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error_span, warn};

use super::Conn;
use super::quota::{self, Quota};
use crate::tasks::Tasks;

const BACKLOG: u32 = 1024;
/// How often the system is asked for a port that is free on all addresses.
const TRIES: usize = 16;
/// Connections beyond the limit that are told so at the same time; more wait in the system's queue.
const TURNED_AWAY: usize = 32;
/// How long accepting rests when the system is out of file descriptors or memory.
const REST: Duration = Duration::from_millis(250);

/// A client's end of a connection.
pub type Peer = Conn<TlsStream<TcpStream>>;

/// One port, bound on every address.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<TcpListener>,
    port: u16,
}

/// A port that cannot be had.
#[derive(Debug)]
pub struct BindError {
    /// Which.
    pub address: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.source)
    }
}

impl std::error::Error for BindError {}

impl BindError {
    /// Somebody else listens there.
    pub fn is_taken(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

/// Binds `port` on all `addresses`; 0 takes a port that the system chooses, the same on all of them. An address
/// family that this machine does not have is left out as long as something remains.
pub fn bind(addresses: &[IpAddr], port: u16) -> Result<Bound, BindError> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_all(addresses, port) {
            Err(error) if error.is_taken() && tries > 0 => {}
            result => return result,
        }
    }
}

/// Binds the first port of `ports` that is free; the error is that of the last one.
pub fn bind_first(addresses: &[IpAddr], ports: impl Iterator<Item = u16>) -> Result<Bound, BindError> {
    let nothing = BindError {
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        source: io::ErrorKind::AddrNotAvailable.into(),
    };
    let mut last = Err(nothing);
    for port in ports {
        last = bind(addresses, port);
        if !matches!(&last, Err(error) if error.is_taken()) {
            return last;
        }
    }
    last
}

fn bind_all(addresses: &[IpAddr], mut port: u16) -> Result<Bound, BindError> {
    let (mut listeners, mut missing) = (Vec::new(), None);
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        match bind_one(address) {
            Ok(listener) => {
                port = listener.local_addr().map_err(|source| BindError { address, source })?.port();
                listeners.push(listener);
            }
            Err(source) if is_family_missing(address, &source) => {
                missing = Some(BindError { address, source });
            }
            Err(source) => return Err(BindError { address, source }),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(Bound { listeners, port }),
    }
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => {
            let socket = TcpSocket::new_v6()?;
            rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
            socket
        }
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn is_family_missing(address: SocketAddr, error: &io::Error) -> bool {
    let any_machine_has_it = address.ip().is_unspecified() || address.ip().is_loopback();
    match Errno::from_io_error(error) {
        Some(Errno::AFNOSUPPORT) => true,
        Some(Errno::ADDRNOTAVAIL) => any_machine_has_it,
        Some(_) | None => false,
    }
}

impl Bound {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Accepts until the tasks stop. Each connection gets a task of its own, in a span that names the peer: handshake
    /// first, then `desk`. Of more than `quota` allows, some are told so and the others have to wait.
    pub fn serve<D, F>(self, tasks: &Tasks, tls: &Arc<rustls::ServerConfig>, quota: Quota, desk: D)
    where
        D: Fn(Peer, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let gate = Gate {
            quota,
            porch: Arc::new(Semaphore::new(TURNED_AWAY)),
            tls: TlsAcceptor::from(Arc::clone(tls)),
            stopping: tasks.stopping().clone(),
        };
        for listener in self.listeners {
            let (gate, desk, inner) = (gate.clone(), desk.clone(), tasks.clone());
            tasks.spawn(async move {
                tokio::select! {
                    () = inner.stopping().cancelled() => {}
                    () = gate.accept(&listener, &inner, desk) => {}
                }
            });
        }
    }
}

/// What stands between the system's queue and a desk.
#[derive(Clone)]
struct Gate {
    quota: Quota,
    porch: Arc<Semaphore>,
    tls: TlsAcceptor,
    stopping: CancellationToken,
}

/// Where a new connection goes.
enum Place {
    Seat(quota::Place),
    Porch(OwnedSemaphorePermit),
}

impl Gate {
    async fn accept<D, F>(self, listener: &TcpListener, tasks: &Tasks, desk: D)
    where
        D: Fn(Peer, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        loop {
            match listener.accept().await {
                Ok((stream, address)) => {
                    let place = self.place().await;
                    let task = self.clone().receive(stream, address, place, desk.clone());
                    tasks.spawn(task.instrument(error_span!("peer", %address)));
                }
                Err(error) if is_exhaustion(&error) => {
                    warn!(%error, "cannot accept connections, resting; raise the limit of open files (LimitNOFILE=, ulimit -n)");
                    sleep(REST).await;
                }
                Err(error) => debug!(%error, "a connection was gone before it was accepted"),
            }
        }
    }

    /// While there is neither seat nor porch, nobody else is accepted.
    async fn place(&self) -> Place {
        if let Ok(seat) = self.quota.try_place() {
            return Place::Seat(seat);
        }
        tokio::select! {
            seat = self.quota.place() => Place::Seat(seat),
            Ok(porch) = Arc::clone(&self.porch).acquire_owned() => Place::Porch(porch),
        }
    }

    async fn receive<D, F>(self, stream: TcpStream, address: SocketAddr, place: Place, desk: D)
    where
        D: Fn(Peer, SocketAddr) -> F,
        F: Future<Output = ()>,
    {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "cannot set TCP_NODELAY");
        }
        let handshake = tokio::select! {
            () = self.stopping.cancelled() => return,
            handshake = timeout(limit::HANDSHAKE, self.tls.accept(stream)) => handshake,
        };
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return debug!(%error, "no TLS handshake, probably a port scan or a foreign client");
            }
            Err(_) => return debug!("no TLS handshake in time"),
        };
        let mut conn = Conn::new(stream);
        match place {
            Place::Seat(_seat) => desk(conn, address).await,
            Place::Porch(_porch) => {
                let (code, lines) = (Code::TOO_MANY_CONNECTIONS, vec![self.quota.why()]);
                let refused = ServerMsg::Refused { code, lines };
                if conn.send(&refused).await.is_ok() {
                    conn.close().await;
                }
            }
        }
    }
}

fn is_exhaustion(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM].map(Some).contains(&errno)
}

#[cfg(test)]
mod tests;
