//! The state machine of one vendor's seats: who holds what, who waits, and what time forces.
//!
//! [`Ledger::decide`] answers and changes nothing; [`Ledger::due`] says what time, a new book or a seat set free
//! forces; [`Ledger::apply`] is the only mutation, cannot fail, and is all that a replay of the journal does.
//!
//! # Life of a lease
//! A checkout that has to wait is a *ticket*; once it holds seats it is a *lease*. What happens to it, by what it is:
//!
//! | | unknown | waiting | held | lingering |
//! |---|---|---|---|---|
//! | check out | granted, queued or denied | resumed ¹ | resumed ¹ | denied: was given back |
//! | resume | denied: unknown | resumed | resumed | denied: unknown |
//! | heartbeat ² | denied: unknown | heard | heard | denied: unknown |
//! | check in ² | denied: unknown | ended: left the queue | lingers if the pool does, else ended | denied: unknown |
//! | hang-up ² | denied: unknown | has the grace period | has the grace period | denied: unknown |
//! | silence or grace over | | ended | ended | |
//! | linger time over | | | | ended |
//! | seats set free | | promoted if it is next | | |
//! | pool gone | | ended if no other will do | moved, else ended ³ | moved, else ended ³ |
//! | new policy | | ended if no pool is allowed it | | |
//!
//! ¹ If it asks for the same feature and as many seats, else it is denied. ² With another epoch than the latest it is
//! denied as stale, and nothing happens. ³ To the pool that differs in nothing but the version (the licence was renewed), else to
//! the first that is for all machines; but to none without seats for it, nor of a version below the one that it asked for.
//!
//! To its client a lingering lease is gone. A client that is heard after its connection broke, resumed or not, has
//! the full silence period again. Whoever resumes gets a higher epoch, which makes older connections stale.
//!
//! # Who gets seats
//! A feature's pools are tried in the order of the book; those that the [`Policy`] keeps from a client are none of its
//! pools. The policy in force rules over who asks and who waits, never over who holds seats already. A request takes all its seats from one pool; in a pool with
//! DUP_GROUP it shares the seats that its group has out there, and takes only what it needs above them. Who takes
//! none at all is served at once, since he takes nothing from anybody. Whoever would take more seats than a MAX line allows
//! him is passed by all others until seats that it counts are back. Seats go to the first in the pool's queue whom no MAX
//! line blocks, or to a newcomer if there is none; so a large request is never starved by small ones. A
//! ticket stands in the queues of all its eligible pools and is promoted by the first that can.

mod apply;
mod ask;
mod change;
mod decide;
mod denial;
mod directory;
mod due;
mod eligible;
mod entry;
mod limits;
#[cfg(debug_assertions)]
mod recount;
mod sentence;
mod serve;
mod stock;
mod tally;
#[cfg(test)]
mod tests;
mod view;

pub use ask::{Ask, Holder, Machine, Request};
pub use change::{Change, End, Event, Grant, Ticket};
pub use denial::{Denial, HeldBy, InUse, Ruling, Why};
pub use view::{FeatureView, LeaseState, LeaseView, Usage};

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use crate::id::{CheckoutId, LeaseNumber};
use crate::licence::{Book, Pool};
use crate::options::Policy;
use crate::time::{LeaseTime, Now};
use directory::{Directory, PoolIndex};
use entry::Entry;
use limits::Counters;
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
/// What it is depends on the book, the policy, the leases and tickets, the next number and the clock, and on nothing else: all
/// other fields are indexes that `apply` keeps, so that no request ever looks at more than a few leases.
#[derive(Debug)]
pub struct Ledger {
    book: Book,
    policy: Policy,
    patience: Patience,
    most_waiting: usize,
    /// The latest time of any change.
    now: Now,
    /// The number of the next lease or ticket.
    next: LeaseNumber,
    entries: BTreeMap<LeaseNumber, Entry>,

    directory: Directory,
    counters: Counters,
    numbers: BTreeMap<CheckoutId, LeaseNumber>,
    /// How many tickets there are.
    waiting: usize,
    deadlines: BTreeSet<(LeaseTime, LeaseNumber)>,
    /// Leases whose pool is gone, and tickets that no pool may serve.
    doomed: BTreeSet<LeaseNumber>,
    /// Pools in which somebody waits who may have seats now.
    ripe: BTreeSet<PoolIndex>,
}

impl Ledger {
    /// An empty ledger that serves from `book` under `policy`, which was compiled for it, and lets at most `most_waiting`
    /// requests wait.
    pub fn new(book: Book, policy: Policy, patience: Patience, most_waiting: usize) -> Self {
        Self {
            directory: Directory::of(&book),
            counters: Counters::default(),
            book,
            policy,
            patience,
            most_waiting,
            now: Now::default(),
            next: LeaseNumber(1),
            entries: BTreeMap::new(),
            numbers: BTreeMap::new(),
            waiting: 0,
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
