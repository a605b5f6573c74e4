//! The administrators' local socket of a licence host.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::wire::{ClientMsg, ServerMsg, ServerStatus};

use crate::error::{Error, Report};
use crate::talk::{ANSWER, Talk};

/// How long a licence host may take to read its files again, or to stop.
const WORK: Duration = Duration::from_secs(120);

/// A connection to the master daemon of this machine, with an administrator's rights: root, the daemon's own user, or
/// whoever else may open the socket.
#[derive(Debug)]
pub struct Admin {
    talk: Talk,
}

impl Admin {
    /// Connects to the socket at `path`, usually `admin.sock` in the state directory.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when nobody serves there; [`Error::Denied`] (−63) when the socket may not be opened.
    pub fn connect(path: &Path) -> Result<Self, Error> {
        let stream = UnixStream::connect(path).map_err(|error| unopened(path, &error))?;
        let talk = Talk::open_local(stream, path.display().to_string(), Instant::now() + ANSWER)?;
        Ok(Self { talk })
    }

    /// How the licence host is.
    ///
    /// # Errors
    /// The connection broke, or the server refuses.
    pub fn status(&self) -> Result<ServerStatus, Error> {
        match self.talk.ask(&ClientMsg::ServerStatus, Instant::now() + ANSWER)? {
            ServerMsg::ServerStatus(status) => Ok(status),
            _ => Err(self.talk.senseless("the question for its status")),
        }
    }

    /// Reads the files again, for all vendors or for one; what changed, in lines for people.
    ///
    /// # Errors
    /// [`Error::Denied`] with what is wrong, one line each: −2 in the files, of which the old ones stay in force; −42 when
    /// they name no such vendor; −97 when its daemon is down.
    pub fn reread(&self, vendor: Option<&VendorName>) -> Result<Vec<String>, Error> {
        self.order(&ClientMsg::Reread { vendor: vendor.cloned() })
    }

    /// Stops the licence host; what is being done, in lines for people.
    ///
    /// # Errors
    /// The connection broke, or the server refuses.
    pub fn down(&self) -> Result<Vec<String>, Error> {
        self.order(&ClientMsg::Down)
    }

    fn order(&self, message: &ClientMsg) -> Result<Vec<String>, Error> {
        match self.talk.ask(message, Instant::now() + WORK)? {
            ServerMsg::Done { lines } => Ok(lines),
            _ => Err(self.talk.senseless("an administrator's order")),
        }
    }
}

fn unopened(path: &Path, error: &std::io::Error) -> Error {
    let path = path.display();
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        let why = format!("you may not open '{path}'; become the licence host's user, or root");
        return Error::Denied(Report::new(Code::NOT_ADMINISTRATOR, why).system(error));
    }
    let why = format!(
        "no licence host serves at '{path}'; is licmgrd running on this machine, with this state directory?"
    );
    Error::Unreachable(Report::new(Code::CANNOT_CONNECT, why).system(error))
}
