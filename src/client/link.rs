//! One connection: frames both ways, each wait with a deadline.
//!
//! One thread may receive while others send: the thread that waits for bytes does so without holding the lock.

use std::io::{self, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use licgate_core::wire::{ClientMsg, Dialogue, DialogueError, Hello, ServerMsg, Welcome, WireError, foreign};
use rustls::{ClientConfig, ClientConnection};

use crate::socket::Socket;

/// How long the system may take to accept the few bytes that a client writes.
const WRITE: Duration = Duration::from_secs(10);

/// Why a connection is of no use (any more).
#[derive(Debug)]
pub(crate) enum LinkError {
    /// The other side is no daemon of ours: what it seems to be.
    Foreign(&'static str),
    /// The other side was silent until the deadline.
    Silent,
    /// The other side hung up.
    Closed,
    /// The connection broke.
    Io(io::Error),
    /// The other side refused the call, or what it said makes no sense.
    Talk(DialogueError),
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Closed
            }
            _ => Self::Io(error),
        }
    }
}

impl From<DialogueError> for LinkError {
    fn from(error: DialogueError) -> Self {
        Self::Talk(error)
    }
}

impl From<WireError> for LinkError {
    fn from(error: WireError) -> Self {
        Self::Talk(error.into())
    }
}

/// Bytes read at once.
const READ: usize = 16 * 1024;

/// What a server is called whose TLS is none that we know.
const OTHER_TLS: &str = "a TLS server of another kind";

/// A connection to a daemon.
#[derive(Debug)]
pub(crate) struct Link {
    socket: Socket,
    server_key: Option<[u8; 32]>,
    ends: Mutex<Ends>,
}

/// What both directions share: TLS may have to write because of something that it read.
#[derive(Debug)]
struct Ends {
    seal: Seal,
    dialogue: Dialogue,
}

#[derive(Debug)]
enum Seal {
    Tls(Box<ClientConnection>),
    #[cfg(unix)]
    Plain,
}

impl Link {
    /// Shakes hands over a fresh TCP connection and says who calls.
    pub(crate) fn open(stream: TcpStream, hello: Hello, deadline: Instant) -> Result<Self, LinkError> {
        // Without it a small message may wait for the acknowledgement of the one before.
        stream.set_nodelay(true)?;
        let socket = Socket::Tcp(stream);
        socket.set_write_timeout(WRITE)?;
        let config = tls().map_err(io::Error::other)?;
        let mut tls = ClientConnection::new(config, licgate_tls::server_name()).map_err(io::Error::other)?;
        shake_hands(&socket, &mut tls, deadline)?;
        let key = licgate_tls::peer_key(tls.peer_certificates()).ok_or(LinkError::Foreign(OTHER_TLS))?;
        Self::greet(socket, Seal::Tls(Box::new(tls)), Some(key), hello, deadline)
    }

    /// Says who calls over a local connection, which needs no seal.
    #[cfg(unix)]
    pub(crate) fn open_local(stream: UnixStream, hello: Hello, deadline: Instant) -> Result<Self, LinkError> {
        let socket = Socket::Unix(stream);
        socket.set_write_timeout(WRITE)?;
        Self::greet(socket, Seal::Plain, None, hello, deadline)
    }

    fn greet(
        socket: Socket,
        seal: Seal,
        server_key: Option<[u8; 32]>,
        hello: Hello,
        deadline: Instant,
    ) -> Result<Self, LinkError> {
        let ends = Mutex::new(Ends { seal, dialogue: Dialogue::new(hello)? });
        let link = Self { socket, server_key, ends };
        link.ends().flush(&link.socket)?;
        while link.ends().next()?.is_none() && link.welcome().is_none() {
            if !link.read(deadline)? {
                return Err(LinkError::Silent);
            }
        }
        Ok(link)
    }

    /// The key that the server proved; none on a local connection.
    pub(crate) fn server_key(&self) -> Option<[u8; 32]> {
        self.server_key
    }

    /// Who answered.
    pub(crate) fn welcome(&self) -> Option<Welcome> {
        self.ends().dialogue.welcome().cloned()
    }

    /// Says something.
    pub(crate) fn send(&self, message: &ClientMsg) -> Result<(), LinkError> {
        let mut ends = self.ends();
        ends.dialogue.say(message)?;
        ends.flush(&self.socket)
    }

    /// The next message; `None` when none has come by the deadline. One thread at a time may wait here.
    pub(crate) fn receive(&self, deadline: Instant) -> Result<Option<ServerMsg>, LinkError> {
        loop {
            if let Some(message) = self.ends().next()? {
                return Ok(Some(message));
            }
            if !self.read(deadline)? {
                return Ok(None);
            }
        }
    }

    /// Takes in what comes next; false when nothing has come by the deadline.
    fn read(&self, deadline: Instant) -> Result<bool, LinkError> {
        let mut bytes = vec![0; READ];
        match self.socket.read_by(&mut bytes, deadline)? {
            Some(0) => Err(LinkError::Closed),
            Some(count) => {
                self.ends().take_in(&self.socket, bytes.get(..count).unwrap_or_default())?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Ends the connection at once; a thread that waits in [`receive`](Self::receive) wakes up.
    pub(crate) fn close(&self) {
        // It may be closed already, and then there is nothing to do.
        self.socket.shutdown().ok();
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ends {
    fn next(&mut self) -> Result<Option<ServerMsg>, LinkError> {
        Ok(self.dialogue.next()?)
    }

    fn take_in(&mut self, socket: &Socket, mut bytes: &[u8]) -> Result<(), LinkError> {
        match &mut self.seal {
            Seal::Tls(tls) => {
                while !bytes.is_empty() {
                    tls.read_tls(&mut bytes)?;
                    let state = tls.process_new_packets().map_err(io::Error::other)?;
                    let mut plain = vec![0; state.plaintext_bytes_to_read()];
                    tls.reader().read_exact(&mut plain)?;
                    self.dialogue.hear(&plain);
                }
                write_out(socket, tls)
            }
            #[cfg(unix)]
            Seal::Plain => {
                self.dialogue.hear(bytes);
                Ok(())
            }
        }
    }

    fn flush(&mut self, mut socket: &Socket) -> Result<(), LinkError> {
        let bytes = self.dialogue.output();
        match &mut self.seal {
            Seal::Tls(tls) => {
                tls.writer().write_all(&bytes)?;
                write_out(socket, tls)
            }
            #[cfg(unix)]
            Seal::Plain => Ok(socket.write_all(&bytes)?),
        }
    }
}

/// The TLS settings are the same for all connections of a process.
fn tls() -> Result<Arc<ClientConfig>, rustls::Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    match CONFIG.get() {
        Some(config) => Ok(Arc::clone(config)),
        None => licgate_tls::client_config().map(|config| Arc::clone(CONFIG.get_or_init(|| config))),
    }
}

fn shake_hands(socket: &Socket, tls: &mut ClientConnection, deadline: Instant) -> Result<(), LinkError> {
    let mut bytes = vec![0; READ];
    while tls.is_handshaking() {
        write_out(socket, tls)?;
        let count = socket.read_by(&mut bytes, deadline)?.ok_or(LinkError::Silent)?;
        let heard = bytes.get(..count).filter(|bytes| !bytes.is_empty()).ok_or(LinkError::Closed)?;
        let mut rest = heard;
        while !rest.is_empty() {
            tls.read_tls(&mut rest)?;
            tls.process_new_packets().map_err(|_| LinkError::Foreign(foreign(heard).unwrap_or(OTHER_TLS)))?;
        }
    }
    write_out(socket, tls)
}

fn write_out(mut socket: &Socket, tls: &mut ClientConnection) -> Result<(), LinkError> {
    while tls.wants_write() {
        tls.write_tls(&mut socket)?;
    }
    Ok(())
}
