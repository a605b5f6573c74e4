//! What the session, its commands and its forwards share.

use std::fmt;
use std::future::Future as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};

use russh::client::{Handle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::sync::{Mutex, RwLock, watch};

use super::anchor::Anchor;
use super::watcher::{Shared, Watcher};
use crate::ssh::error::Ended;
use crate::ssh::route::Cut;
use crate::ssh::target::Target;
use crate::tasks::Tasks;

/// After how many refused channels the answers that the library keeps are thrown away.
const KEPT_ANSWERS: u32 = 64;

/// The living part of a session.
pub(in crate::ssh) struct Core {
    /// The host and port of the server.
    pub(in crate::ssh) at: String,
    user: String,
    pub(super) handle: RwLock<Handle<Watcher>>,
    pub(super) ended: watch::Receiver<Option<Ended>>,
    pub(super) shared: Arc<Shared>,
    pub(super) cut: Cut,
    pub(in crate::ssh) tasks: Tasks,
    pub(super) anchor: Mutex<Option<Anchor>>,
    refusals: AtomicU32,
}

/// Why the server did not open a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is not allowed (`AllowTcpForwarding`, `PermitOpen`, a restriction of the key or the account).
    Prohibited,
    /// The server could not connect to the destination: nothing listens there, or it is out of reach.
    ConnectFailed,
    /// Another reason, in the server's words.
    Other(String),
    /// There was no answer in time.
    Silent,
    /// The session is no more.
    Ended,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prohibited => {
                write!(f, "the ssh server does not allow it (AllowTcpForwarding, PermitOpen)")
            }
            Self::ConnectFailed => {
                write!(f, "the ssh server cannot connect there; nothing listens on that port")
            }
            Self::Other(why) => write!(f, "the ssh server refuses: {why}"),
            Self::Silent => write!(f, "the ssh server does not answer"),
            Self::Ended => write!(f, "the ssh session has ended"),
        }
    }
}

impl std::error::Error for Refused {}

impl From<russh::Error> for Refused {
    fn from(error: russh::Error) -> Self {
        match error {
            russh::Error::ChannelOpenFailure(reason) => match reason {
                ChannelOpenFailure::AdministrativelyProhibited => Self::Prohibited,
                ChannelOpenFailure::ConnectFailed => Self::ConnectFailed,
                other => Self::Other(other.description().to_lowercase()),
            },
            _ => Self::Ended,
        }
    }
}

impl Core {
    pub(super) fn new(
        target: &Target,
        handle: Handle<Watcher>,
        ended: watch::Receiver<Option<Ended>>,
        shared: Arc<Shared>,
        cut: Cut,
        tasks: Tasks,
    ) -> Self {
        let (at, user, handle) = (target.at(), target.user.clone(), RwLock::new(handle));
        let (anchor, refusals) = (Mutex::new(None), AtomicU32::new(0));
        Self { at, user, handle, ended, shared, cut, tasks, anchor, refusals }
    }

    /// Waits for the end of the session.
    pub(in crate::ssh) async fn closed(&self) -> Ended {
        closed(&self.ended).await
    }

    /// Opens a channel to a port that the server reaches. The future must not be dropped before it is done while the
    /// session is to live on: the library would leave the channel open for ever.
    pub(in crate::ssh) async fn open_tcp(
        &self,
        host: &str,
        port: u16,
        from: Option<SocketAddr>,
    ) -> Result<Channel<Msg>, Refused> {
        let (from_host, from_port) =
            from.map_or(("127.0.0.1".to_owned(), 0), |from| (from.ip().to_string(), from.port()));
        let opened = {
            let handle = self.handle.read().await;
            handle.channel_open_direct_tcpip(host, port.into(), from_host, from_port.into()).await
        };
        opened.map_err(|error| self.refused(error))
    }

    /// Opens a channel for a command. As [`Self::open_tcp`], it must not be dropped.
    pub(super) async fn open_session(&self) -> Result<Channel<Msg>, Refused> {
        let opened = self.handle.read().await.channel_open_session().await;
        opened.map_err(|error| self.refused(error))
    }

    fn refused(&self, error: russh::Error) -> Refused {
        if self.refusals.fetch_add(1, Ordering::Relaxed) % KEPT_ANSWERS == KEPT_ANSWERS - 1 {
            self.forget_answers();
        }
        error.into()
    }

    /// The library puts each refusal also into a queue that nothing reads once the login is over, so that it grows for ever
    /// where a client keeps asking for a port that is closed. A login empties it while it looks for its own answer; one
    /// on a session that is logged in sends nothing and never gets one, so it is polled once and dropped.
    fn forget_answers(&self) {
        // While other channels are being opened it has to wait for another time.
        let Ok(mut handle) = self.handle.try_write() else { return };
        let again = pin!(handle.authenticate_none(self.user.clone()));
        drop(again.poll(&mut Context::from_waker(Waker::noop())));
    }
}

/// Waits for the reason why a session ended.
pub(in crate::ssh) async fn closed(ended: &watch::Receiver<Option<Ended>>) -> Ended {
    let mut ended = ended.clone();
    let reason = ended.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
    reason.unwrap_or_else(|| Ended::Lost("the ssh library gave up".to_owned()))
}
