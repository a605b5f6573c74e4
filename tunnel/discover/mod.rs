//! Which ports a server's licence system uses: from files, from its master daemon, from a look at the host.
//!
//! Clients go to the master daemon's port and from there to the port of a vendor daemon, which is often a new one after each
//! start. So both have to be found, and the steps are tried from the cheapest to the last resort until nothing is missing:
//!
//! | step | what it takes | what it tells |
//! |---|---|---|
//! | [`Given`](Step::Given) | ports that the user names | all |
//! | [`Licence`](Step::Licence) | a licence file, or a variable such as `LM_LICENSE_FILE` | the master's port; a vendor's if it is written |
//! | [`Master`](Step::Master) | a connection through the tunnel; licgate only | all |
//! | [`Look`](Step::Look) | a command on the server | all, as far as the account may see |
//! | [`AllPorts`](Step::AllPorts) | the same; only if asked for | every listening port above 1023 |
//!
//! Daemons of other systems are never asked anything. The step `Master` cannot always know whom it meets; it offers a TLS
//! handshake, once, and leaves.
//!
//! Everything that a server says is checked: another's name is not taken on its word, what is no name and no port is dropped,
//! counts are bounded, nothing is run, and notes hold no control characters. Each step has a deadline, and of one that takes
//! long a person hears.
//!
//! ```
//! use lictunnel::discover::{Cause, Remote, Request, discover};
//!
//! /// A server that runs no commands and lets nothing through.
//! struct Closed;
//!
//! impl Remote for Closed {
//!     type Stream = tokio::io::DuplexStream;
//!
//!     async fn exec(&self, _: &str, _: usize, _: std::time::Duration) -> Result<Vec<u8>, Cause> {
//!         Err("the server runs no commands for this account".into())
//!     }
//!
//!     async fn open(&self, _: u16) -> Result<Self::Stream, Cause> {
//!         Err("the server forwards nothing".into())
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let request = Request { master: Some(27000), ..Request::of("lic1") };
//! let discovery = discover(&request, &Closed).await;
//! assert_eq!(discovery.found.to_string(), "27000 (master daemon)");
//! assert!(!discovery.found.is_complete());
//! for note in &discovery.notes {
//!     println!("{note}");
//! }
//! # });
//! ```

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::ssh::prompt::is_format;

mod found;
mod licence;
mod local;
mod look;
mod master;
mod name;
mod search;
mod system;

pub use found::{Found, MOST_PORTS, Port, Role};
pub use local::licence_variables;
pub(crate) use name::is_same_host;
pub use system::System;

/// Why something on the server could not be done.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A server, through an ssh session. A future of it that takes too long is dropped, and has to leave nothing behind then.
pub trait Remote: Sync {
    /// A connection through the tunnel.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Runs a command there and gives its standard output, whatever its exit status. It may print `most` bytes and take `within`;
    /// more is an error.
    fn exec(
        &self,
        command: &str,
        most: usize,
        within: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, Cause>> + Send;

    /// Opens a connection to a port of the licence server, where the forwards will lead.
    fn open(&self, port: u16) -> impl Future<Output = Result<Self::Stream, Cause>> + Send;
}

/// A way to learn ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The user names them.
    Given,
    /// Licence files and variables on this machine.
    Licence,
    /// Licgate's master daemon says them.
    Master,
    /// A look at the host.
    Look,
    /// Every port that listens on the host.
    AllPorts,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "given ports",
            Self::Licence => "licence files and variables",
            Self::Master => "the master daemon's word",
            Self::Look => "a look at the server",
            Self::AllPorts => "all ports",
        })
    }
}

/// What came of a step, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The step.
    pub step: Step,
    /// What it found, or why it found nothing.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.text)
    }
}

/// Which steps may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// [`Step::Licence`].
    pub licence: bool,
    /// [`Step::Master`].
    pub master: bool,
    /// [`Step::Look`].
    pub look: bool,
    /// [`Step::AllPorts`]; this one is taken even if nothing is missing.
    pub all_ports: bool,
}

impl Default for Steps {
    /// All but the last resort.
    fn default() -> Self {
        Self { licence: true, master: true, look: true, all_ports: false }
    }
}

/// What is to be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The names by which the user knows the server, as many as there are.
    pub names: Vec<String>,
    /// All its ports, the master daemon's first; empty: they are to be found.
    pub given: Vec<u16>,
    /// The master daemon's port, where only that is known.
    pub master: Option<u16>,
    /// Licence files, or directories of them, for this server.
    pub files: Vec<PathBuf>,
    /// Licence variables with their values; see [`licence_variables`].
    pub variables: Vec<(String, String)>,
    /// What was found last time: it is asked for first where that was, and a system that is left in peace still is.
    pub last: Option<Found>,
    /// Which steps may be taken.
    pub steps: Steps,
    /// Whether the forwards lead to the loopback address of the server, so that ports which listen only there count as well.
    pub to_localhost: bool,
}

impl Request {
    /// Everything is to be found of the server with this name.
    pub fn of(name: &str) -> Self {
        Self { names: vec![name.to_owned()], ..Self::default() }
    }
}

/// What was found and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Names and ports.
    pub found: Found,
    /// What came of each step, in the order in which they were taken.
    pub notes: Vec<Note>,
}

/// Finds the ports of a server. Never fails: what is missing, [`Found`] says, and why, the notes. Takes about a minute at
/// most, on a server that answers nothing.
pub async fn discover<R: Remote>(request: &Request, remote: &R) -> Discovery {
    search::Search::new(request, remote).run().await
}

/// What licence files and variables on this machine say of a server, and nobody else.
pub fn in_licences(request: &Request) -> Found {
    local::search(request).0
}

/// The words of a stranger as a terminal may show them.
fn printable(text: &str) -> String {
    const LONGEST: usize = 300;
    text.trim_end()
        .chars()
        .take(LONGEST)
        .flat_map(|c| if c.is_control() || is_format(c) { c.escape_debug().collect() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests;
