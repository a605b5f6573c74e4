//! A journal for tests: its disk survives the daemon, and it can be told when to crash.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use licgate_core::time::WallTime;
use tokio::sync::OwnedMutexGuard;

use super::{AppendError, Entry, Fault, Journal, JournalError, Loaded, Seq, Snapshot};

/// A handle to a disk; clones see the same one.
#[derive(Clone, Default)]
pub(crate) struct MemoryJournal {
    disk: Arc<Mutex<Disk>>,
    gate: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Disk {
    entries: Vec<Entry>,
    snapshot: Option<Snapshot>,
    /// How many entries each append brought.
    appends: Vec<usize>,
    /// After how many more appends, and how.
    crash: Option<(usize, Crash)>,
}

/// What is left of the append in which the machine dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Nothing: the machine died before the sync.
    Lost,
    /// Everything, but nobody learned of it: the machine died after the sync.
    Kept,
}

impl MemoryJournal {
    /// Lets `appends` more appends pass; in the one after them the machine dies.
    pub(crate) fn crash_after(&self, appends: usize, crash: Crash) {
        self.disk().crash = Some((appends, crash));
    }

    /// The same disk in a machine that works again.
    pub(crate) fn restarted(&self) -> Self {
        self.disk().crash = None;
        self.clone()
    }

    /// Keeps appends waiting until the guard is dropped.
    pub(crate) async fn hold(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.gate).lock_owned().await
    }

    /// How many entries each append brought.
    pub(crate) fn appends(&self) -> Vec<usize> {
        self.disk().appends.clone()
    }

    /// What is durable.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.disk().entries.clone()
    }

    /// The last snapshot.
    pub(crate) fn last_snapshot(&self) -> Option<Snapshot> {
        self.disk().snapshot.clone()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, after: Seq, entries: &[Entry]) -> Result<Seq, AppendError> {
        let _open = self.gate.blocking_lock();
        let mut disk = self.disk();
        let last = Seq(0).plus(disk.entries.len());
        if last != after {
            return Err(AppendError::Behind(last));
        }
        let dies = match &mut disk.crash {
            Some((0, crash)) => Some(*crash),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        if dies != Some(Crash::Lost) {
            disk.entries.extend_from_slice(entries);
            disk.appends.push(entries.len());
        }
        match dies {
            Some(_) => {
                Err(JournalError::new(Fault::Full, Path::new("memory"), "append to", "no room").into())
            }
            None => Ok(after.plus(entries.len())),
        }
    }

    fn load(&mut self) -> Result<Loaded, JournalError> {
        let disk = self.disk();
        let snapshot = disk.snapshot.clone();
        let at = snapshot.as_ref().map_or(0, |snapshot| usize::try_from(snapshot.at.0).unwrap());
        let tail = &disk.entries[at..];
        let clock = snapshot.as_ref().map(|snapshot| snapshot.clock).unwrap_or_default();
        let mut changes = snapshot.map(|snapshot| snapshot.changes).unwrap_or_default();
        changes.extend(tail.iter().map(|entry| entry.change.clone()));
        Ok(Loaded {
            tail: tail.len(),
            last: Seq(0).plus(disk.entries.len()),
            clock: changes.iter().map(|change| change.at.lease).max().unwrap_or_default().max(clock),
            changes,
        })
    }

    fn snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.disk().snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn compact(&mut self, _keep_since: WallTime) -> Result<usize, JournalError> {
        Ok(0)
    }
}
