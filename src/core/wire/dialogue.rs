//! The client's side of a dialogue, for whatever carries the bytes: a blocking client, a tunnel, a load generator.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::bounds::fit;
use super::frame::{Decoder, WireError, encode};
use super::limit;
use super::message::{ClientMsg, Hello, Locate, ServerMsg, Welcome};
use crate::code::Code;
use crate::id::VendorName;

/// One connection to a master or vendor daemon, from its first byte to its last.
///
/// The driver sends what [`output`](Self::output) gives, [`hear`](Self::hear)s what it reads, and takes messages from
/// [`next`](Self::next) until there are none. Requests may be [`say`](Self::say)d at once: they travel together with the `Hello`.
#[derive(Debug)]
pub struct Dialogue {
    decoder: Decoder,
    out: Vec<u8>,
    offered: u16,
    welcome: Option<Welcome>,
}

impl Dialogue {
    /// Begins with this `Hello`, which is first brought within the bounds of the protocol: names and lists are cut off where
    /// they are too long, and control characters become `?`.
    ///
    /// # Errors
    /// None that could come from the outside: a `Hello` within its bounds fits into a frame.
    pub fn new(hello: Hello) -> Result<Self, WireError> {
        let offered = hello.protocol;
        let mut dialogue =
            Self { decoder: Decoder::new(limit::FRAME), out: Vec::new(), offered, welcome: None };
        dialogue.say(&ClientMsg::Hello(fit(hello)))?;
        Ok(dialogue)
    }

    /// Puts a message behind those that are still to be sent.
    ///
    /// # Errors
    /// The message is longer than [`limit::FRAME`].
    pub fn say(&mut self, message: &ClientMsg) -> Result<(), WireError> {
        encode(message, &mut self.out)
    }

    /// The bytes to send, once.
    pub fn output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// Takes in bytes as they arrive.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.decoder.feed(bytes);
    }

    /// The server, once it has answered the `Hello`.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// The next message after `Welcome`, if it is there. After an error the connection has to be closed.
    ///
    /// # Errors
    /// The server refused the `Hello`, said something else first, or sent bytes that are no message.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items carry no errors that end it")]
    pub fn next(&mut self) -> Result<Option<ServerMsg>, DialogueError> {
        let mut heard = self.decoder.next()?;
        if self.welcome.is_none() {
            let Some(first) = heard else { return Ok(None) };
            self.welcome = Some(accept(first, self.offered)?);
            heard = self.decoder.next()?;
        }
        match heard {
            Some(ServerMsg::Welcome(_)) => Err(DialogueError::Senseless("a second Welcome")),
            other => Ok(other),
        }
    }
}

/// Why a dialogue has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialogueError {
    /// The bytes are no messages.
    Wire(WireError),
    /// The server does not want to talk: its code and words.
    Refused {
        /// FlexNet's code.
        code: Code,
        /// Plain words, one line each.
        lines: Vec<String>,
    },
    /// A message that makes no sense at this point: what it was.
    Senseless(&'static str),
}

impl DialogueError {
    /// FlexNet's code for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } => *code,
            Self::Wire(_) | Self::Senseless(_) => Code::BAD_REPLY,
        }
    }
}

impl fmt::Display for DialogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Refused { lines, .. } => write!(f, "the server refused: {}", lines.join("; ")),
            Self::Senseless(what) => write!(f, "the server answered out of turn: {what}"),
        }
    }
}

impl core::error::Error for DialogueError {}

impl From<WireError> for DialogueError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

fn accept(first: ServerMsg, offered: u16) -> Result<Welcome, DialogueError> {
    match first {
        ServerMsg::Welcome(welcome) if (1..=offered).contains(&welcome.protocol) => Ok(welcome),
        ServerMsg::Welcome(_) => Err(DialogueError::Senseless("a protocol that was not offered")),
        ServerMsg::Refused { code, lines } => Err(DialogueError::Refused { code, lines }),
        ServerMsg::At { .. }
        | ServerMsg::NotNow { .. }
        | ServerMsg::Granted(_)
        | ServerMsg::Queued(_)
        | ServerMsg::Alive { .. }
        | ServerMsg::Denied { .. }
        | ServerMsg::Gone { .. }
        | ServerMsg::Returned { .. }
        | ServerMsg::ServerStatus(_)
        | ServerMsg::Status(_)
        | ServerMsg::Done { .. } => Err(DialogueError::Senseless("an answer before Welcome")),
    }
}

/// What a master daemon says to a [`Locate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// There.
    At {
        /// The vendor daemon.
        vendor: VendorName,
        /// The SERVER line's host, or `this_host`; when it does not answer, the host that was dialled may.
        host: String,
        /// Its port, never 0.
        port: u16,
    },
    /// The vendor daemon is not up at the moment.
    NotNow {
        /// When it is worth asking again; `None` when it will not come back by itself.
        retry_after: Option<Duration>,
        /// Plain words.
        why: String,
    },
    /// Nobody here serves that.
    Refused {
        /// FlexNet's code.
        code: Code,
        /// Plain words, one line each.
        lines: Vec<String>,
    },
}

/// What `answer` says to `asked`.
///
/// # Errors
/// It is no answer to that.
pub fn located(asked: &Locate, answer: ServerMsg) -> Result<Located, DialogueError> {
    match answer {
        ServerMsg::At { port: 0, .. } => Err(DialogueError::Senseless("a vendor daemon on port 0")),
        ServerMsg::At { vendor, port, host } => match asked {
            Locate::Vendor(name) if *name != vendor => Err(DialogueError::Senseless("another vendor")),
            Locate::Vendor(_) | Locate::Feature(_) => Ok(Located::At { vendor, host, port }),
        },
        ServerMsg::NotNow { retry_after_ms, why } => {
            let retry_after = retry_after_ms.map(|millis| Duration::from_millis(millis.into()));
            Ok(Located::NotNow { retry_after, why })
        }
        ServerMsg::Refused { code, lines } => Ok(Located::Refused { code, lines }),
        ServerMsg::Welcome(_)
        | ServerMsg::Granted(_)
        | ServerMsg::Queued(_)
        | ServerMsg::Alive { .. }
        | ServerMsg::Denied { .. }
        | ServerMsg::Gone { .. }
        | ServerMsg::Returned { .. }
        | ServerMsg::ServerStatus(_)
        | ServerMsg::Status(_)
        | ServerMsg::Done { .. } => Err(DialogueError::Senseless("no answer to Locate")),
    }
}

#[cfg(test)]
mod tests;
