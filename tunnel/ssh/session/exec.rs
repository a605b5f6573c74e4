//! Commands on the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, Sig};
use tokio::time::{sleep, timeout};

use super::anchor;
use super::core::{Core, Refused};

/// How long to wait before asking again for a channel.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(300),
];

/// Bounds of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most that it may write, standard output and standard error together.
    pub bytes: usize,
    /// The longest that it may take.
    pub time: Duration,
}

/// What a command left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit status; `None` when a signal ended it or the server does not say.
    pub status: Option<u32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Why a command gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecError {
    /// The server opens no channel for it.
    NoChannel(Refused),
    /// The server does not run commands for this account.
    Forbidden,
    /// It wrote more than so many bytes.
    TooMuch(usize),
    /// It took longer than this.
    TooLong(Duration),
    /// The session ended before the command did.
    Ended,
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // OpenSSH's words for it are those of a forward that finds nobody.
            Self::NoChannel(Refused::Prohibited | Refused::ConnectFailed) => {
                write!(f, "no command can be run on the server: it opens no session for one (MaxSessions)")
            }
            Self::NoChannel(why) => write!(f, "no command can be run on the server: {why}"),
            Self::Forbidden => write!(f, "the server runs no commands for this account"),
            Self::TooMuch(bytes) => write!(f, "the command on the server wrote more than {bytes} bytes"),
            Self::TooLong(time) => {
                write!(f, "the command on the server took longer than {} s", time.as_secs())
            }
            Self::Ended => write!(f, "the ssh session ended before the command on the server did"),
        }
    }
}

impl std::error::Error for ExecError {}

/// Runs a command in a task of its own, so that its channel is closed also when nobody waits for it any more.
pub(super) async fn exec(core: &Arc<Core>, command: &str, limits: Limits) -> Result<Output, ExecError> {
    let (session, command) = (Arc::clone(core), command.to_owned());
    let done = core.tasks.spawn(async move { run(&session, &command, limits).await });
    match timeout(limits.time, done).await {
        Ok(done) => done.unwrap_or(Err(ExecError::Ended)),
        Err(_) => Err(ExecError::TooLong(limits.time)),
    }
}

async fn run(core: &Core, command: &str, limits: Limits) -> Result<Output, ExecError> {
    let mut channel = open(core).await.map_err(ExecError::NoChannel)?;
    let collected = timeout(limits.time, collect(&mut channel, command, limits.bytes)).await;
    let collected = collected.unwrap_or(Err(ExecError::TooLong(limits.time)));
    if collected.is_err() {
        // A command that goes on would keep its place on the server. A session that has ended has no channels.
        drop(channel.signal(Sig::TERM).await);
        drop(channel.close().await);
    }
    collected
}

/// A channel for a command. The server counts one that has just ended for a moment longer, and ours that stays; both are in the
/// way where few are allowed.
async fn open(core: &Core) -> Result<Channel<Msg>, Refused> {
    for pause in PAUSES {
        match core.open_session().await {
            Err(Refused::ConnectFailed | Refused::Other(_)) if anchor::weigh(core).await => {}
            Err(Refused::ConnectFailed | Refused::Other(_)) => sleep(pause).await,
            opened => return opened,
        }
    }
    core.open_session().await
}

async fn collect(channel: &mut Channel<Msg>, command: &str, most: usize) -> Result<Output, ExecError> {
    let ended = |_| ExecError::Ended;
    channel.exec(true, command).await.map_err(ended)?;
    channel.eof().await.map_err(ended)?;
    let mut output = Output::default();
    let mut left = most;
    let mut keep = |to: &mut Vec<u8>, data: &Bytes| {
        left = left.checked_sub(data.len()).ok_or(ExecError::TooMuch(most))?;
        to.extend_from_slice(data);
        Ok(())
    };
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => keep(&mut output.stdout, &data)?,
            ChannelMsg::ExtendedData { data, .. } => keep(&mut output.stderr, &data)?,
            ChannelMsg::ExitStatus { exit_status } => output.status = Some(exit_status),
            ChannelMsg::Failure => return Err(ExecError::Forbidden),
            ChannelMsg::Close => return Ok(output),
            _ => {}
        }
    }
    Err(ExecError::Ended)
}
