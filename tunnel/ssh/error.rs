//! Why an ssh session did not come about, or ended.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::auth::LoginError;
use super::prompt::printable;

/// A cause that another room states in its own type.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a session could not be opened.
#[derive(Debug)]
pub enum SshError {
    /// The name of the host has no address.
    Resolve {
        /// The name.
        host: String,
        /// What the resolver says.
        why: Cause,
    },
    /// No address of the host took a connection.
    Dial {
        /// The host.
        host: String,
        /// What came of each address.
        tried: Vec<(SocketAddr, io::Error)>,
    },
    /// The proxy command could not be started.
    Proxy {
        /// The shell that was to run it.
        shell: String,
        /// Why not.
        why: io::Error,
    },
    /// The jump host does not lead on.
    Jump {
        /// The jump host.
        hop: String,
        /// Where it was to lead, `host:port`.
        to: String,
        /// What it said.
        why: String,
    },
    /// The two sides did not come to an encrypted connection.
    Handshake {
        /// The host and port.
        at: String,
        /// Why not.
        why: Handshake,
    },
    /// The host's key was not accepted.
    HostKey {
        /// The host and port.
        at: String,
        /// The judgement.
        why: Cause,
    },
    /// The server did not let the user in.
    Login {
        /// The account.
        user: String,
        /// The host and port.
        at: String,
        /// Why not.
        why: LoginError,
    },
}

/// Why a handshake failed.
#[derive(Debug)]
pub enum Handshake {
    /// Nothing came within the time.
    Silent(Duration),
    /// The two sides have no algorithm of a kind in common: the kind, and what the server offers.
    NoCommon(String, Vec<String>),
    /// Something else: what the library says.
    Broken(String),
}

impl SshError {
    /// Whether trying again is useless, or harmful to the account, until a person has changed something.
    pub fn is_final(&self) -> bool {
        match self {
            Self::HostKey { .. } | Self::Handshake { why: Handshake::NoCommon(..), .. } => true,
            Self::Login { why, .. } => why.is_final(),
            _ => false,
        }
    }
}

impl fmt::Display for SshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { why, .. } => write!(f, "{why}"),
            Self::Dial { host, tried } => {
                write!(f, "{host} takes no connection:")?;
                for (at, why) in tried {
                    write!(f, " {at}: {why};")?;
                }
                write!(f, " check that the ssh server runs and that the firewall lets its port through")
            }
            Self::Proxy { shell, why } => {
                write!(f, "the proxy command could not be started with {shell}: {why}")
            }
            Self::Jump { hop, to, why } => write!(f, "the jump host {hop} does not lead on to {to}: {why}"),
            Self::Handshake { at, why } => write!(f, "no ssh connection to {at}: {why}"),
            Self::HostKey { at, why } => write!(f, "the key of {at} is not accepted: {why}"),
            Self::Login { user, at, why } => write!(f, "no login as {user} at {at}: {why}"),
        }
    }
}

impl std::error::Error for SshError {}

impl fmt::Display for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(time) => {
                write!(
                    f,
                    "nothing that ssh understands came within {} s; is it an ssh server?",
                    time.as_secs()
                )
            }
            Self::NoCommon(kind, theirs) => write!(
                f,
                "no {kind} algorithm in common, the server offers {}; it has to be brought up to date",
                printable(&theirs.join(", "))
            ),
            Self::Broken(why) => write!(f, "{why}"),
        }
    }
}

impl From<russh::Error> for Handshake {
    fn from(error: russh::Error) -> Self {
        match error {
            russh::Error::NoCommonAlgo { kind, theirs, .. } => {
                Self::NoCommon(format!("{kind:?}").to_lowercase(), theirs)
            }
            russh::Error::HUP | russh::Error::Disconnect => {
                Self::Broken("the server hung up; it may be busy or refuse this machine".to_owned())
            }
            other => Self::Broken(printable(&other.to_string())),
        }
    }
}

/// Why a session that was open is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// We closed it.
    Closed,
    /// We gave it up because the other side did not answer.
    Silent,
    /// The server ended it, saying so.
    ByServer(String),
    /// The connection broke.
    Lost(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => write!(f, "the session was closed"),
            Self::Silent => write!(f, "the server did not answer any more"),
            Self::ByServer(why) => write!(f, "the server ended the session: {why}"),
            Self::Lost(why) => write!(f, "the connection was lost: {why}"),
        }
    }
}

impl std::error::Error for Ended {}
