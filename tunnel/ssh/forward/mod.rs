//! Forwards: local connections, each carried over a channel of the session to a port that the server reaches.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::timeout;

use super::session::{Core, Refused, Session};
use crate::tasks::Tasks;

mod backlog;
mod pump;
mod stream;

pub(super) use stream::open as open_stream;

/// How long the server may take to connect to the destination. Licence clients give up after about ten seconds.
const OPEN: Duration = Duration::from_secs(30);

/// A port as the ssh server reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Its host, in the server's eyes: `localhost` is the server itself.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What a forward carried, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Bytes from here to the server.
    pub up: u64,
    /// Bytes from the server to here.
    pub down: u64,
    /// How it ended.
    pub end: End,
}

/// How a forward ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides had said all, the local one first.
    Finished,
    /// Both sides had said all, the server first; or the server closed the channel.
    ServerFirst,
    /// The local side broke off.
    LocalGone,
    /// The local side did not read while much was coming.
    Stalled,
    /// The session ended.
    SessionLost,
}

/// Numbers of all forwards since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Forwards that are carried now.
    pub open: usize,
    /// Forwards that the server opened.
    pub opened: u64,
    /// Bytes from here to the server, of forwards that have ended.
    pub up: u64,
    /// Bytes from the server to here, of forwards that have ended.
    pub down: u64,
}

/// Carries local connections over whatever session there is. Clones carry over the same one.
#[derive(Clone)]
pub struct Forwarder {
    session: watch::Sender<Option<Arc<Core>>>,
    slots: Arc<Semaphore>,
    counts: Arc<Counts>,
    tasks: Tasks,
    most: usize,
}

#[derive(Debug, Default)]
struct Counts {
    opened: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    /// Bytes that wait for local readers.
    waiting: Arc<AtomicUsize>,
}

/// Room for one forward. Taken before a connection is accepted, so that too many wait in the kernel and not here.
#[derive(Debug)]
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Forwarder {
    /// Carries at most so many connections at a time; there is no session yet.
    pub fn new(most: usize, tasks: &Tasks) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        let (session, _) = watch::channel(None);
        let slots = Arc::new(Semaphore::new(most));
        Self { session, slots, counts: Arc::default(), tasks: tasks.clone(), most }
    }

    /// From now on connections go over this session; over none, they are refused. Those that are carried already stay with
    /// the session that they began with.
    pub fn carry_over(&self, session: Option<&Session>) {
        self.session.send_replace(session.map(|session| Arc::clone(session.core())));
    }

    /// Waits until one more connection may be carried.
    pub async fn slot(&self) -> Slot {
        match Arc::clone(&self.slots).acquire_owned().await {
            Ok(permit) => Slot { _permit: permit },
            // The semaphore is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Carries a connection to its end. When it cannot be carried, or the session is lost, the local side sees a reset, so that
    /// it tries again. Dropping the future does not end the forward.
    pub async fn forward(&self, slot: Slot, local: TcpStream, to: &Destination) -> Result<Carried, Refused> {
        let core = self.session.borrow().clone();
        let Some(core) = core else {
            pump::reset(local);
            return Err(Refused::Ended);
        };
        let (counts, to) = (Arc::clone(&self.counts), to.clone());
        let (opened, opening) = oneshot::channel();
        let carried = self.tasks.spawn(carry(slot, core, counts, local, to, opened));
        // A task that was dropped at the end of the process says nothing.
        opening.await.unwrap_or(Err(Refused::Ended))?;
        carried.await.ok().flatten().ok_or(Refused::Ended)
    }

    /// The numbers up to now.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            open: self.most - self.slots.available_permits(),
            opened: self.counts.opened.load(Ordering::Relaxed),
            up: self.counts.up.load(Ordering::Relaxed),
            down: self.counts.down.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarder").field("traffic", &self.traffic()).finish_non_exhaustive()
    }
}

/// One forward, from opening to end. It runs in a task of its own that nobody cancels: a channel that is opened and not
/// awaited would stay for ever. Tells whether it was opened, as soon as that is known.
async fn carry(
    slot: Slot,
    core: Arc<Core>,
    counts: Arc<Counts>,
    local: TcpStream,
    to: Destination,
    opened: oneshot::Sender<Result<(), Refused>>,
) -> Option<Carried> {
    // Slow only for a moment where it fails, and it fails only on a connection that is gone.
    drop(local.set_nodelay(true));
    let mut opening = std::pin::pin!(core.open_tcp(&to.host, to.port, local.peer_addr().ok()));
    let channel = match timeout(OPEN, &mut opening).await {
        Ok(Ok(channel)) => channel,
        Ok(Err(why)) => {
            pump::reset(local);
            // Whoever asked may have gone; so below.
            drop(opened.send(Err(why)));
            return None;
        }
        Err(_) => {
            pump::reset(local);
            drop(opened.send(Err(Refused::Silent)));
            if let Ok(channel) = opening.await {
                pump::dismiss(channel).await;
            }
            return None;
        }
    };
    counts.opened.fetch_add(1, Ordering::Relaxed);
    drop(opened.send(Ok(())));
    let carried = pump::pump(channel, local, &counts.waiting).await;
    counts.up.fetch_add(carried.up, Ordering::Relaxed);
    counts.down.fetch_add(carried.down, Ordering::Relaxed);
    drop(slot);
    Some(carried)
}
