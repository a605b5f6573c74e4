//! The unprivileged side of the helper: starts it, talks to it with deadlines, and lets it go.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::edit::Conflict;
use super::lend::{SUBCOMMAND, Way};
use super::line::OwnerId;
use super::protocol::{LONGEST, Reply, Request, Wish, line_of};
use crate::loopback::Loopback;

/// How long a person may take over a password: longer than `sudo` waits by itself (5 min), which nobody can make leave the
/// terminal.
const ASKING: Duration = Duration::from_secs(330);
/// How long the helper may take to start, when nobody is asked.
const STARTING: Duration = Duration::from_secs(10);
/// How long an answer may take: longer than the helper waits for the lock of the hosts file.
const ANSWERING: Duration = Duration::from_secs(30);
/// So much of what a lender says is kept.
const COMPLAINT: u64 = 4096;

/// A helper that runs. Dropped, or when this process ends in any way, it takes out all that it put in, and ends.
#[derive(Debug)]
pub struct Helper {
    child: Child,
    /// Gone after a failure: what is said after a missed answer would be answered by that one.
    pipe: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

/// What came of starting it.
#[derive(Debug)]
pub enum Started {
    /// It runs.
    Running(Box<Helper>),
    /// Nobody lends us the rights; what the lender said, or nothing.
    NoPrivilege(String),
}

/// What came of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// The names lead to the address, and these lines of others contradict that.
    Done(Vec<Conflict>),
    /// Nothing was changed, for want of rights.
    NoPrivilege,
    /// Nothing was changed: why, and what to do.
    Refused(String),
}

impl Helper {
    /// Starts `program` as the helper and waits until it is ready, or until no rights are to be had.
    pub async fn start(program: &Path, way: &Way) -> io::Result<Started> {
        let Some(words) = way.command(program, &[SUBCOMMAND]) else {
            return Ok(Started::NoPrivilege(String::new()));
        };
        let [first, rest @ ..] = words.as_slice() else { return Ok(Started::NoPrivilege(String::new())) };
        let mut command = Command::new(first);
        command.args(rest);
        Self::start_command(command, way).await
    }

    /// The same with the command at hand.
    async fn start_command(mut command: Command, way: &Way) -> io::Result<Started> {
        // A lender that may not ask says why in words that belong into our message.
        let is_silent = matches!(way, Way::Lent { may_ask: false, .. });
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(if is_silent { Stdio::piped() } else { Stdio::inherit() });
        let mut child = command.spawn()?;
        let complaint = child.stderr.take();
        let pipe = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        let mut helper = Self { child, pipe };
        let limit = if matches!(way, Way::Lent { may_ask: true, .. }) { ASKING } else { STARTING };
        match helper.hear(limit).await {
            Ok(Reply::Ready) => Ok(Started::Running(Box::new(helper))),
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the helper answers before it is asked")),
            // It ended without a word: the lender did not start it.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let said = match complaint {
                    Some(complaint) => heard(complaint).await,
                    None => String::new(),
                };
                Ok(Started::NoPrivilege(said))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes an address usable, before a listener is bound to it; `false` for want of rights. Only macOS needs it.
    pub async fn alias(&mut self, address: Loopback) -> io::Result<bool> {
        match self.ask(&Request::Alias(address)).await? {
            Reply::Aliased => Ok(true),
            Reply::Refused { .. } => Ok(false),
            Reply::Ready | Reply::Put(_) | Reply::Taken => Err(self.confused()),
        }
    }

    /// Points names at an address.
    pub async fn put(&mut self, wish: Wish) -> io::Result<Put> {
        match self.ask(&Request::Put(wish)).await? {
            Reply::Put(conflicts) => Ok(Put::Done(conflicts)),
            Reply::Refused { wants_privilege: true, .. } => Ok(Put::NoPrivilege),
            Reply::Refused { why, .. } => Ok(Put::Refused(why)),
            Reply::Ready | Reply::Aliased | Reply::Taken => Err(self.confused()),
        }
    }

    /// Takes a block out again.
    pub async fn take(&mut self, id: OwnerId) -> io::Result<()> {
        match self.ask(&Request::Take(id)).await? {
            Reply::Taken => Ok(()),
            Reply::Refused { why, .. } => Err(io::Error::other(why)),
            Reply::Ready | Reply::Aliased | Reply::Put(_) => Err(self.confused()),
        }
    }

    /// Lets it take everything out, and waits until it has; whether it could.
    pub async fn close(mut self) -> io::Result<bool> {
        self.pipe = None;
        let status = timeout(ANSWERING, self.child.wait()).await.map_err(io::Error::from)??;
        Ok(status.success())
    }

    async fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        let line = line_of(request)?;
        let Some((input, _)) = &mut self.pipe else { return Err(gone()) };
        if let Err(error) =
            timeout(ANSWERING, input.write_all(&line)).await.map_err(io::Error::from).flatten()
        {
            self.pipe = None;
            return Err(error);
        }
        self.hear(ANSWERING).await
    }

    async fn hear(&mut self, limit: Duration) -> io::Result<Reply> {
        let Some((_, output)) = &mut self.pipe else { return Err(gone()) };
        let mut line = Vec::new();
        let mut bounded = output.take(LONGEST);
        let read = timeout(limit, bounded.read_until(b'\n', &mut line)).await;
        let reply = match read.map_err(io::Error::from).flatten() {
            Ok(0) => Err(gone()),
            Ok(_) => serde_json::from_slice(&line).map_err(io::Error::from),
            Err(error) => Err(error),
        };
        if reply.is_err() {
            self.pipe = None;
        }
        reply
    }

    fn confused(&mut self) -> io::Error {
        self.pipe = None;
        io::Error::new(io::ErrorKind::InvalidData, "the helper answers what it was not asked")
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the helper has ended")
}

/// What a lender said before it ended.
async fn heard(complaint: impl AsyncRead + Unpin) -> String {
    let mut said = Vec::new();
    // What was read before a failure will do.
    drop(timeout(STARTING, complaint.take(COMPLAINT).read_to_end(&mut said)).await);
    String::from_utf8_lossy(&said).trim().into()
}

#[cfg(all(test, unix))]
mod tests;
