//! The committer: owns the journal in a thread of its own, and lets nothing out before it is durable.
//!
//! While one commit is under way the keeper goes on deciding; whatever has gathered by its end goes into the next
//! commit as a whole (group commit).

use std::time::Duration;

use licgate_core::ledger::Change;
use licgate_core::time::{Now, WallTime};
use licgate_core::wire::ServerMsg;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::logs::Logs;
use super::outbox::Outbox;
use super::record::Note;
use crate::journal::{AppendError, Entry, Journal, Seq, Snapshot};

/// Batches that may wait for a commit to end; then the keeper waits too.
pub(super) const BATCHES: usize = 16;

/// What one turn of the keeper brought about.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// When.
    pub(super) now: Now,
    /// To be durable before anything below is done.
    pub(super) entries: Vec<Entry>,
    /// What is to be done then, in this order.
    pub(super) outcomes: Vec<Outcome>,
    /// The state after these entries, when it is time for a snapshot.
    pub(super) snapshot: Option<Vec<Change>>,
}

/// What the world hears.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A message to a client.
    Tell(Outbox, ServerMsg),
    /// A note in the logs.
    Log(Note),
    /// The new book is in force; lines on what it changed.
    Served(oneshot::Sender<Vec<String>>, Vec<String>),
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.outcomes.is_empty() && self.snapshot.is_none()
    }
}

/// Commits batches until the keeper ends. An error is the end of the daemon: what was not committed, nobody hears.
pub(super) fn commit(
    mut journal: Box<dyn Journal>,
    mut last: Seq,
    history: Duration,
    mut batches: mpsc::Receiver<Batch>,
    logs: &Logs,
) -> Result<(), AppendError> {
    let (mut gathered, mut forgetting) = (Vec::new(), false);
    while batches.blocking_recv_many(&mut gathered, BATCHES) > 0 {
        let wall = gathered.iter().map(|batch| batch.now.wall).max().unwrap_or_default();
        if let Some(snapshot) = commit_one(&mut *journal, &mut last, gathered.drain(..), logs)? {
            forgetting = keep(&mut *journal, &snapshot);
        }
        if forgetting {
            forgetting = forget(&mut *journal, before(wall, history));
        }
    }
    Ok(())
}

/// One commit for all `batches`; gives the last snapshot among them.
fn commit_one(
    journal: &mut dyn Journal,
    last: &mut Seq,
    batches: impl Iterator<Item = Batch>,
    logs: &Logs,
) -> Result<Option<Snapshot>, AppendError> {
    let (mut entries, mut outcomes, mut snapshot) = (Vec::new(), Vec::new(), None);
    for batch in batches {
        entries.extend(batch.entries);
        outcomes.extend(batch.outcomes);
        let at = last.plus(entries.len());
        let taken = |changes| Snapshot { at, clock: batch.now.lease, wall: batch.now.wall, changes };
        snapshot = batch.snapshot.map(taken).or(snapshot);
    }
    if !entries.is_empty() {
        *last = journal.append(*last, &entries)?;
    }
    outcomes.into_iter().for_each(|outcome| release(outcome, logs));
    Ok(snapshot)
}

fn release(outcome: Outcome, logs: &Logs) {
    match outcome {
        Outcome::Tell(outbox, message) => outbox.tell(message),
        Outcome::Log(note) => logs.note(&note),
        // Whoever asked for the reread may have gone.
        Outcome::Served(report, lines) => drop(report.send(lines)),
    }
}

/// Writes a snapshot. It only shortens the next start, so a failure ends nothing.
fn keep(journal: &mut dyn Journal, snapshot: &Snapshot) -> bool {
    match journal.snapshot(snapshot) {
        Ok(()) => {
            debug!(changes = snapshot.changes.len(), "kept a snapshot");
            true
        }
        Err(error) => {
            warn!(%error, "no snapshot, the next start will take longer");
            false
        }
    }
}

/// Forgets some old history; whether there is more of it.
fn forget(journal: &mut dyn Journal, since: WallTime) -> bool {
    journal.compact(since).unwrap_or_else(|error| {
        warn!(%error, "cannot forget old history, the journal grows");
        0
    }) > 0
}

fn before(wall: WallTime, history: Duration) -> WallTime {
    WallTime(wall.0.saturating_sub(i64::try_from(history.as_secs()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests;
