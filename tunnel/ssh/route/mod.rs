//! How the bytes get to an ssh server: over a socket, a command, or another session.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::Child;

use super::error::{Cause, SshError};
use super::session::Session;
use super::target::Target;

mod command;
mod dial;
mod duplex;

use duplex::Duplex;

/// How long one address may take to accept a connection, where the configuration does not say.
const DIAL_DEADLINE: Duration = Duration::from_secs(15);

/// The addresses of a host, best first, or why there are none.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, Cause>> + Send + 'a>>;

/// Someone who knows the real addresses of hosts, past our own override.
pub trait Resolve: Send + Sync {
    /// The addresses of a host name, or of an address written out.
    fn addresses<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// A two-way stream of bytes.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A way to a server that is open.
pub(super) struct Line {
    /// The bytes: they are read on while a write waits.
    pub(super) stream: Box<dyn Stream>,
    /// What ends it.
    pub(super) cut: Cut,
    /// How long bytes take to the server and back, where that was seen.
    pub(super) round_trip: Option<Duration>,
}

/// Ends a line at once, also under a session that is stuck in a write, and at the latest when it is dropped: the library's task
/// would wait on for bytes. What carries the line lives as long as this.
#[derive(Debug)]
pub(super) enum Cut {
    /// A second handle of the socket.
    Socket(std::net::TcpStream),
    /// The proxy command.
    Command(Mutex<Child>),
    /// The session of the jump host.
    Hop(Box<Session>),
}

impl Cut {
    /// Ends the line.
    pub(super) fn now(&self) {
        match self {
            // It fails only when the connection is gone already.
            Self::Socket(socket) => drop(socket.shutdown(Shutdown::Both)),
            Self::Command(child) => {
                let mut child = child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                // It fails only when the command has ended already.
                drop(child.start_kill());
            }
            Self::Hop(session) => session.cut(),
        }
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.now();
    }
}

/// A TCP connection to the target.
pub(super) async fn direct(target: &Target, resolve: &dyn Resolve) -> Result<Line, SshError> {
    let host = || target.host.clone();
    let addresses =
        resolve.addresses(&target.host).await.map_err(|why| SshError::Resolve { host: host(), why })?;
    let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, target.port)).collect();
    let deadline = target.connect_timeout.unwrap_or(DIAL_DEADLINE);
    let (socket, round_trip) =
        dial::dial(&addresses, deadline).await.map_err(|tried| SshError::Dial { host: host(), tried })?;
    socket_line(socket, round_trip)
        .map_err(|error| SshError::Dial { host: host(), tried: vec![(addresses[0], error)] })
}

fn socket_line(socket: tokio::net::TcpStream, round_trip: Duration) -> io::Result<Line> {
    let socket = socket.into_std()?;
    let cut = Cut::Socket(socket.try_clone()?);
    let stream = tokio::net::TcpStream::from_std(socket)?;
    let stream = Box::new(Duplex::new(stream));
    Ok(Line { stream, cut, round_trip: Some(round_trip) })
}

/// The standard input and output of a command.
pub(super) fn command(line: &str) -> Result<Line, SshError> {
    let (stream, child) = command::start(line)?;
    Ok(Line { stream: Box::new(Duplex::new(stream)), cut: Cut::Command(Mutex::new(child)), round_trip: None })
}

/// A channel of a session with a jump host. The session then belongs to the line.
pub(super) async fn through(hop: Session, target: &Target) -> Result<Line, SshError> {
    match hop.stream_to(&target.host, target.port).await {
        Ok(stream) => {
            Ok(Line { stream: Box::new(Duplex::new(stream)), cut: Cut::Hop(Box::new(hop)), round_trip: None })
        }
        Err(why) => Err(SshError::Jump { hop: hop.at().to_owned(), to: target.at(), why: why.to_string() }),
    }
}
