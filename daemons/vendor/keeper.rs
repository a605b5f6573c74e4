//! The keeper: the one task that owns the ledger.
//!
//! It takes what desks ask out of a bounded inbox, decides and applies each in memory in turn, so that the next one
//! sees it, and hands what came of it to the committer, which lets it out once it is durable.

mod state;

use std::time::Duration;

use licgate_core::ledger::Ask;
use licgate_core::licence::Book;
use licgate_core::options::Policy;
use licgate_core::time::{LeaseTime, Now, Zone};
use licgate_core::wire::StatusAsk;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::commit::Batch;
use super::outbox::Outbox;
pub(super) use state::Keeper;

/// Commands that may wait for the keeper; then desks wait, and so do their clients.
const INBOX: usize = 1024;

/// Looks that may wait for the keeper; then whoever wants to look waits, and nobody else does.
const LOOKS: usize = 16;

/// Commands in one turn.
const TURN: usize = 256;

/// How long the keeper sleeps at most, as long as there is a deadline.
const NAP: Duration = Duration::from_secs(5);

/// The shortest sleep: a timer is not exact, and nobody waits for a deadline that closely.
const BLINK: Duration = Duration::from_millis(1);

/// What passes at most on the lease clock between two turns. When more has passed, the daemon itself was stopped
/// (suspended, swapped out, frozen), and what its clients sent in that time has not been read yet: such time counts for
/// nobody.
const STEP: Duration = Duration::from_secs(10);

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Command {
    /// A client asks; it is answered through the outbox, except for [`Ask::Hangup`].
    Ask(Ask, Outbox),
    /// Serve from this book and under this policy from now on, and tell what changed.
    Serve(Book, Policy, oneshot::Sender<Vec<String>>),
}

/// Somebody wants a page of status.
#[derive(Debug)]
pub(super) struct Look(pub(super) StatusAsk, pub(super) Outbox);

/// Where the keeper hears from desks.
///
/// Looks come in by a door of their own, and one of them is answered behind the commands of each turn: however many
/// look, a command waits for one page at most.
#[derive(Debug)]
pub(super) struct Doors {
    /// For commands.
    pub(super) inbox: mpsc::Receiver<Command>,
    /// For looks.
    pub(super) looks: mpsc::Receiver<Look>,
}

/// The desks' side of the [`Doors`].
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// For commands.
    pub(super) inbox: mpsc::Sender<Command>,
    /// For looks.
    pub(super) looks: mpsc::Sender<Look>,
}

/// A way to a keeper.
pub(super) fn doors() -> (Way, Doors) {
    let ((asks, inbox), (sender, looks)) = (mpsc::channel(INBOX), mpsc::channel(LOOKS));
    (Way { inbox: asks, looks: sender }, Doors { inbox, looks })
}

/// Keeps until `stopping`, and then answers what is in the inbox already; or until the committer has ended.
pub(super) async fn keep<Z: Zone>(
    mut keeper: Keeper<Z>,
    clock: impl Fn() -> Now + Send,
    Doors { mut inbox, mut looks }: Doors,
    commits: mpsc::Sender<Batch>,
    stopping: CancellationToken,
) {
    let mut clock = Pulse::new(clock);
    let (mut commands, mut look) = (Vec::with_capacity(TURN), None);
    // The first turn finds what fell due at the start.
    let mut open = true;
    while open {
        let Ok(commit) = commits.reserve().await else { return };
        let page = look.take().or_else(|| looks.try_recv().ok());
        let batch = keeper.turn(clock.now(), commands.drain(..), page);
        if !batch.is_empty() {
            commit.send(batch);
        }
        let rest = clock.until(keeper.next_deadline());
        open = tokio::select! {
            biased;
            () = stopping.cancelled(), if !inbox.is_closed() => {
                inbox.close();
                true
            }
            count = inbox.recv_many(&mut commands, TURN) => count > 0,
            Some(next) = looks.recv() => {
                look = Some(next);
                true
            }
            () = rest => true,
        };
    }
}

/// The lease clock, which does not leap.
struct Pulse<C> {
    clock: C,
    read: LeaseTime,
    shown: LeaseTime,
}

impl<C: Fn() -> Now> Pulse<C> {
    fn new(clock: C) -> Self {
        let read = clock().lease;
        Self { clock, read, shown: read }
    }

    fn now(&mut self) -> Now {
        let now = (self.clock)();
        self.shown = self.shown.after(now.lease.since(self.read).min(STEP));
        self.read = now.lease;
        Now { lease: self.shown, wall: now.wall }
    }

    /// A rest until the deadline, but not for long; for ever when there is none.
    fn until(&self, deadline: Option<LeaseTime>) -> impl Future<Output = ()> + use<C> {
        let nap = deadline.map(|deadline| deadline.since(self.shown).clamp(BLINK, NAP));
        async move {
            match nap {
                Some(nap) => sleep(nap).await,
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests;
