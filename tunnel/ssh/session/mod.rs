//! An authenticated ssh session: commands, forwards, pings.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, client};
use tokio::io::DuplexStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::auth;
use super::error::{Cause, Ended, Handshake, SshError};
use super::grace::Grace;
use super::prompt::Prompt;
use super::route::{self, Line, Resolve};
use super::target::{Route, Target};
use crate::clock::Stopwatch;
use crate::tasks::Tasks;

mod anchor;
mod config;
mod core;
mod exec;
mod watcher;

pub use self::core::Refused;
pub(super) use self::core::{Core, closed};
pub use config::Known;
pub(super) use config::WINDOW;
pub use exec::{ExecError, Limits, Output};

/// How long a server may take to an encrypted connection, from the first byte. What a person takes to judge its key is no part.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// How long the good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// A judgement that comes later.
pub type Judgement<'a> = Pin<Box<dyn Future<Output = Result<(), Cause>> + Send + 'a>>;

/// Someone who knows the keys of hosts.
pub trait HostKeys: Send + Sync {
    /// What is known about the host, so that it is asked for a key that can be judged.
    fn known(&self, target: &Target) -> Known;

    /// Whether the host may be the one it says it is. May ask the user, as long as it takes. The host has proved already
    /// that it holds the key; of a certificate nothing else has been checked.
    fn judge<'a>(&'a self, target: &'a Target, key: &'a PublicKeyOrCertificate) -> Judgement<'a>;
}

/// What opening a session needs beside the target.
#[derive(Clone)]
pub struct Means {
    /// Knows addresses.
    pub resolve: Arc<dyn Resolve>,
    /// Knows host keys.
    pub host_keys: Arc<dyn HostKeys>,
    /// Asks the user.
    pub prompt: Arc<dyn Prompt>,
    /// Where tasks run.
    pub tasks: Tasks,
}

/// A session with a server that let us in. Dropping it breaks the connection, with all commands and forwards.
pub struct Session {
    core: Arc<Core>,
}

impl Session {
    /// Reaches the target, by way of its jump hosts, makes sure that it is the right host, and logs in; the same at each
    /// jump host. Dropping the future leaves nothing behind.
    pub async fn open(target: &Target, means: &Means) -> Result<Self, SshError> {
        let line = match &target.route {
            Route::Direct => route::direct(target, &*means.resolve).await?,
            Route::Command(line) => route::command(line)?,
            Route::Jump(hops) => match hops.split_first() {
                None => route::direct(target, &*means.resolve).await?,
                Some((first, rest)) => {
                    let mut hop = Box::pin(Self::open(first, means)).await?;
                    for next in rest {
                        hop = Self::over(route::through(hop, next).await?, next, means).await?;
                    }
                    route::through(hop, target).await?
                }
            },
        };
        Self::over(line, target, means).await
    }

    async fn over(line: Line, target: &Target, means: &Means) -> Result<Self, SshError> {
        let Line { stream, cut, round_trip } = line;
        let at = target.at();
        let mut grace = Grace::new(HANDSHAKE, HANDSHAKE);
        let (ended_sender, ended) = watch::channel(None);
        let shared = Arc::new(watcher::Shared::default());
        let abandoned = CancellationToken::new();
        let unless_abandoned = abandoned.clone().drop_guard();
        let watcher = watcher::Watcher {
            target: target.clone(),
            means: means.clone(),
            pause: grace.pause(),
            abandoned,
            shared: Arc::clone(&shared),
            ended: ended_sender,
        };
        let config = Arc::new(config::config(&means.host_keys.known(target), round_trip));
        let Some(connected) = grace.wait(client::connect_stream(config, stream, watcher)).await else {
            return Err(SshError::Handshake { at, why: Handshake::Silent(HANDSHAKE) });
        };
        let mut handle = connected.map_err(|error| match shared.take_refusal() {
            Some(why) => SshError::HostKey { at: at.clone(), why },
            None => SshError::Handshake { at: at.clone(), why: error.into() },
        })?;
        drop(unless_abandoned.disarm());
        auth::login(&mut handle, target, means, &ended).await.map_err(|why| SshError::Login {
            user: target.user.clone(),
            at: at.clone(),
            why,
        })?;
        let core = Arc::new(Core::new(target, handle, ended, shared, cut, means.tasks.clone()));
        anchor::cast(&core);
        Ok(Self { core })
    }

    /// The host and port of the server.
    pub fn at(&self) -> &str {
        &self.core.at
    }

    /// Runs a command with empty standard input and gives what it wrote. Bounded in bytes and time; whatever happens, its
    /// channel is closed.
    pub async fn exec(&self, command: &str, limits: Limits) -> Result<Output, ExecError> {
        exec::exec(&self.core, command, limits).await
    }

    /// The time that an answer of the server takes; `None` when none came within `deadline`, or the session ended.
    pub async fn ping(&self, deadline: Duration) -> Option<Duration> {
        let watch = Stopwatch::start();
        let pong = async { self.core.handle.read().await.send_ping().await };
        match timeout(deadline, pong).await {
            // The library takes a session that ended for an answer.
            Ok(Ok(())) if self.core.ended.borrow().is_none() => Some(watch.elapsed()),
            _ => None,
        }
    }

    /// A stream to a port that the server reaches, for a few words with whoever is there. Whoever has it has to read: what comes
    /// for a full pipe that nobody reads for a second is thrown away. Dropped, it leaves nothing behind.
    pub async fn connect(&self, host: &str, port: u16) -> Result<DuplexStream, Refused> {
        super::forward::open_stream(&self.core, host, port).await
    }

    /// Waits for the end of the session and says what brought it.
    pub async fn closed(&self) -> Ended {
        self.core.closed().await
    }

    /// Takes leave of the server, and breaks the connection if that takes too long.
    pub async fn close(self) {
        self.core.shared.ending(Ended::Closed);
        let goodbye = async {
            let handle = self.core.handle.read().await;
            if handle.disconnect(russh::Disconnect::ByApplication, "", "").await.is_ok() {
                self.core.closed().await;
            }
        };
        // Whether or not it came in time: dropping the session cuts the line.
        drop(timeout(GOODBYE, goodbye).await);
    }

    /// Gives up a server that does not answer: breaks the connection at once.
    pub fn cut(&self) {
        self.core.shared.ending(Ended::Silent);
        self.core.cut.now();
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// A stream for another session, which ends together with this one: dropped before, it would lose memory. It is opened in a
    /// task that nobody cancels, so that nothing is left of it, here or there, also when nobody waits for it any more.
    pub(super) async fn stream_to(
        &self,
        host: &str,
        port: u16,
    ) -> Result<russh::ChannelStream<client::Msg>, Refused> {
        let (core, host) = (Arc::clone(&self.core), host.to_owned());
        let opened = self.core.tasks.spawn(async move {
            // Dropped where nobody wants it, the stream closes its channel.
            core.open_tcp(&host, port, None).await.map(Channel::into_stream)
        });
        match timeout(HANDSHAKE, opened).await {
            Ok(opened) => opened.unwrap_or(Err(Refused::Ended)),
            Err(_) => Err(Refused::Silent),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.core.shared.ending(Ended::Closed);
        self.core.cut.now();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("at", &self.core.at).finish_non_exhaustive()
    }
}
