//! Where a vendor daemon's changes become durable before anybody hears of them.
//!
//! A journal is an ordered list of changes with a position, [`Seq`]. Appending compares the position first, so that
//! several daemons could share one journal: whoever finds it moved on is [`AppendError::Behind`], takes back what it
//! had not made durable, loads, and decides anew.

mod error;
#[cfg(test)]
mod memory;
mod sqlite;

use licgate_core::id::{FeatureName, LeaseNumber};
use licgate_core::ledger::{Change, Holder};
use licgate_core::time::{LeaseTime, WallTime};

pub use error::{AppendError, Fault, JournalError};
#[cfg(test)]
pub(crate) use memory::{Crash, MemoryJournal};
pub use sqlite::SqliteJournal;

/// A position in a journal: how many changes were ever appended to it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after `count` more changes.
    #[must_use]
    pub fn plus(self, count: usize) -> Self {
        Self(self.0.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)))
    }
}

/// A change on its way into the journal, with what a reader of the journal wants to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What is replayed.
    pub change: Change,
    /// For the audit columns: most changes name only a checkout id.
    pub about: Option<About>,
}

/// The lease or ticket that a change is about.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The feature.
    pub feature: FeatureName,
    /// Who.
    pub holder: Holder,
    /// How many seats.
    pub seats: u32,
    /// Its number.
    pub lease: LeaseNumber,
}

/// What a journal holds.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Loaded {
    /// To be applied to an empty ledger in this order: the last snapshot, then everything after it.
    pub changes: Vec<Change>,
    /// How many of them come after the snapshot.
    pub tail: usize,
    /// The position after the last of them.
    pub last: Seq,
    /// The latest point on the lease clock that the journal knows. The clock goes on from here.
    pub clock: LeaseTime,
}

/// The whole state at one position, so that what came before it need not be replayed any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The state after this many changes.
    pub at: Seq,
    /// When it was taken: the lease clock.
    pub clock: LeaseTime,
    /// When it was taken: the wall clock.
    pub wall: WallTime,
    /// Changes that make this state of an empty ledger.
    pub changes: Vec<Change>,
}

/// A durable list of changes. Blocking: it belongs to a thread of its own.
pub trait Journal: Send {
    /// Makes `entries` durable behind position `after`, all of them or none, and returns the new position.
    /// After an [`AppendError::Failed`] nobody knows which: only loading tells.
    fn append(&mut self, after: Seq, entries: &[Entry]) -> Result<Seq, AppendError>;

    /// Everything that is to be replayed.
    fn load(&mut self) -> Result<Loaded, JournalError>;

    /// Keeps a snapshot in place of the last one. The changes before it stay, for audits, until [`compact`](Self::compact).
    fn snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError>;

    /// Forgets changes that lie before the last snapshot and before `keep_since`, a bounded number at a time. Returns
    /// how many; 0 when there is nothing left to forget.
    fn compact(&mut self, keep_since: WallTime) -> Result<usize, JournalError>;
}
