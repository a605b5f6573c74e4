//! A dialogue with one daemon: request, answer, and errors that name the daemon.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::path::PortAtHost;
use licgate_core::wire::{ClientMsg, DialogueError, Hello, PROTOCOL, ServerMsg};

use crate::error::{Error, Report};
use crate::link::{Link, LinkError};

/// How long one request may take once the connection stands.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

/// The longest time that a caller may allow for something; more means this, so that no clock runs over.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A time that can be added to any clock.
pub(crate) fn bounded(within: Duration) -> Duration {
    within.min(LONGEST)
}

/// A connection on which both sides have introduced themselves.
#[derive(Debug)]
pub(crate) struct Talk {
    link: Arc<Link>,
    peer: String,
}

impl Talk {
    /// Introduces this process over a fresh connection to `peer`.
    pub(crate) fn open(stream: TcpStream, peer: &PortAtHost, deadline: Instant) -> Result<Self, Error> {
        let peer = peer.to_string();
        match Link::open(stream, hello(), deadline) {
            Ok(link) => Ok(Self { link: Arc::new(link), peer }),
            Err(error) => Err(at_first(&peer, error)),
        }
    }

    /// The same over the licence host's local socket.
    #[cfg(unix)]
    pub(crate) fn open_local(
        stream: std::os::unix::net::UnixStream,
        peer: String,
        deadline: Instant,
    ) -> Result<Self, Error> {
        match Link::open_local(stream, hello(), deadline) {
            Ok(link) => Ok(Self { link: Arc::new(link), peer }),
            Err(error) => Err(later(&peer, error)),
        }
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// Says something and waits for the answer. That the server refuses is an error.
    pub(crate) fn ask(&self, message: &ClientMsg, deadline: Instant) -> Result<ServerMsg, Error> {
        self.say(message)?;
        match self.hear(deadline)? {
            ServerMsg::Refused { code, lines } => Err(Error::Denied(Report::new(code, lines.join("\n")))),
            answer => Ok(answer),
        }
    }

    pub(crate) fn say(&self, message: &ClientMsg) -> Result<(), Error> {
        self.link.send(message).map_err(|error| later(&self.peer, error))
    }

    /// The next message.
    pub(crate) fn hear(&self, deadline: Instant) -> Result<ServerMsg, Error> {
        match self.link.receive(deadline) {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(later(&self.peer, LinkError::Silent)),
            Err(error) => Err(later(&self.peer, error)),
        }
    }

    /// An answer that is none.
    pub(crate) fn senseless(&self, question: &str) -> Error {
        Error::Peer(Report::new(
            Code::BAD_REPLY,
            format!("{} gave no sensible answer to {question}", self.peer),
        ))
    }
}

/// Who calls, as this machine knows itself.
fn hello() -> Hello {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    Hello {
        protocol: PROTOCOL,
        program: format!("{name} (licgate {})", env!("CARGO_PKG_VERSION")),
        holder: licgate_machine::facts::holder(),
        machine: licgate_machine::facts::measure(),
        platform: licgate_machine::facts::platform().into(),
    }
}

/// What went wrong before the daemon had introduced itself: perhaps it is none of ours.
fn at_first(peer: &str, error: LinkError) -> Error {
    match error {
        LinkError::Foreign(what) => {
            let why = format!("at {peer} is {what}, not a licgate server");
            Error::Peer(Report::new(Code::BAD_REPLY, why))
        }
        LinkError::Silent => {
            let why = format!(
                "{peer} takes the connection but says nothing; it is overloaded, or no licgate server \
                 (a FlexNet server may keep silent like this)"
            );
            Error::Unreachable(Report::new(Code::TIMED_OUT, why))
        }
        LinkError::Closed => {
            let why = format!("{peer} hangs up without a word; it is probably not a licgate server");
            Error::Unreachable(Report::new(Code::CANNOT_READ, why))
        }
        LinkError::Io(_) | LinkError::Talk(_) => later(peer, error),
    }
}

/// What went wrong with a daemon of ours.
fn later(peer: &str, error: LinkError) -> Error {
    match error {
        LinkError::Foreign(_) | LinkError::Talk(DialogueError::Wire(_) | DialogueError::Senseless(_)) => {
            let words = match &error {
                LinkError::Talk(error) => error.to_string(),
                _ => "the bytes received are no licgate message".into(),
            };
            Error::Peer(Report::new(Code::BAD_REPLY, format!("{peer}: {words}")))
        }
        LinkError::Talk(DialogueError::Refused { code, lines }) => {
            Error::Denied(Report::new(code, lines.join("\n")))
        }
        LinkError::Silent => {
            Error::Unreachable(Report::new(Code::TIMED_OUT, format!("{peer} did not answer in time")))
        }
        LinkError::Closed => Error::Unreachable(Report::new(Code::CANNOT_READ, format!("{peer} hung up"))),
        LinkError::Io(error) => {
            let why = format!("the connection to {peer} broke: {error}");
            Error::Unreachable(Report::new(Code::CANNOT_READ, why).system(&error))
        }
    }
}
