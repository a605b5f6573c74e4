//! The state machine of one vendor's seats: who holds what, who waits, and what time forces.
//!
//! [`Ledger::decide`] answers and changes nothing; [`Ledger::due`] says what time, a new book or a seat set free
//! forces; [`Ledger::apply`] is the only mutation, cannot fail, and is all that a replay of the journal does.

mod apply;
mod ask;
mod change;
mod decide;
mod denial;
mod directory;
mod due;
mod eligible;
mod entry;
#[cfg(debug_assertions)]
mod recount;
mod sentence;
mod serve;
mod stock;
#[cfg(test)]
mod tests;
mod view;

pub use ask::{Ask, Holder, Machine, Request};
pub use change::{Change, End, Event, Grant, Ticket};
pub use denial::{Denial, HeldBy, InUse, Why};
pub use view::{FeatureView, LeaseState, LeaseView, Usage};

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use crate::id::{CheckoutId, LeaseNumber};
use crate::licence::{Book, Pool};
use crate::time::{LeaseTime, Now};
use directory::{Directory, PoolIndex};
use entry::Entry;
use stock::Claim;

/// How long a lease lives without a word from its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// While the connection is open.
    pub silence: Duration,
    /// After the connection broke.
    pub grace: Duration,
}

/// All seats of one vendor.
///
/// What it is depends on the book, the leases and tickets, the next number and the clock, and on nothing else: all
/// other fields are indexes that `apply` keeps, so that no request ever looks at more than a few leases.
#[derive(Debug)]
pub struct Ledger {
    book: Book,
    patience: Patience,
    /// The latest time of any change.
    now: Now,
    /// The number of the next lease or ticket.
    next: LeaseNumber,
    entries: BTreeMap<LeaseNumber, Entry>,

    directory: Directory,
    numbers: BTreeMap<CheckoutId, LeaseNumber>,
    deadlines: BTreeSet<(LeaseTime, LeaseNumber)>,
    /// Leases whose pool is gone, and tickets that no pool may serve.
    doomed: BTreeSet<LeaseNumber>,
    /// Pools in which somebody waits who may have seats now.
    ripe: BTreeSet<PoolIndex>,
}

impl Ledger {
    /// An empty ledger that serves from `book`.
    pub fn new(book: Book, patience: Patience) -> Self {
        Self {
            directory: Directory::of(&book),
            book,
            patience,
            now: Now::default(),
            next: LeaseNumber(1),
            entries: BTreeMap::new(),
            numbers: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            doomed: BTreeSet::new(),
            ripe: BTreeSet::new(),
        }
    }

    /// The book that is served from.
    pub fn book(&self) -> &Book {
        &self.book
    }

    fn pool(&self, index: PoolIndex) -> Option<&Pool> {
        self.book.pools().get(index.in_book())
    }

    fn find(&self, checkout: &CheckoutId) -> Option<(LeaseNumber, &Entry)> {
        let number = *self.numbers.get(checkout)?;
        Some((number, self.entries.get(&number)?))
    }

    fn claim(&self, number: LeaseNumber) -> Option<Claim<'_>> {
        Some(self.entries.get(&number)?.claim(number))
    }

    /// The present: lease time never goes back.
    fn at(&self, now: Now) -> Now {
        Now { lease: now.lease.max(self.now.lease), wall: now.wall }
    }
}
