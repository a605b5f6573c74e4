//! The state machine of one vendor's seats: who holds what, who waits, and what time forces.
//!
//! [`Ledger::decide`] answers and changes nothing; [`Ledger::due`] says what time, a new book or a seat set free
//! forces; [`Ledger::apply`] is the only mutation, cannot fail, and is all that a replay of the journal does.

mod ask;
mod change;
mod denial;

pub use ask::{Ask, Holder, Request};
pub use change::{Change, End, Event, Grant, Ticket};
pub use denial::{Denial, HeldBy, Why};

use alloc::vec::Vec;
use core::time::Duration;

use crate::id::CheckoutId;
use crate::licence::Book;
use crate::time::{LeaseTime, Now};

/// How long a lease lives without a word from its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// While the connection is open.
    pub silence: Duration,
    /// After the connection broke.
    pub grace: Duration,
}

/// All seats of one vendor.
#[derive(Debug)]
pub struct Ledger {}

impl Ledger {
    /// An empty ledger that serves from `book`.
    pub fn new(_book: Book, _patience: Patience) -> Self {
        todo!()
    }

    /// Serves from another book from now on. Holders keep their seats; those whose pool is gone or shrunk to nothing
    /// are ended by the next [`due`](Self::due).
    pub fn serve(&mut self, _book: Book) {
        todo!()
    }

    /// The book that is served from.
    pub fn book(&self) -> &Book {
        todo!()
    }

    /// The answer to `ask`. A change has to be made durable (if [`Event::is_durable`]) and applied before anybody hears of it.
    pub fn decide(&self, _now: Now, _ask: &Ask) -> Result<Change, Denial> {
        todo!()
    }

    /// What has to happen unasked, one change at a time, until `None`.
    pub fn due(&self, _now: Now) -> Option<Change> {
        todo!()
    }

    /// Makes the change.
    pub fn apply(&mut self, _change: &Change) {
        todo!()
    }

    /// When [`due`](Self::due) will next have something to say if nothing else happens.
    pub fn next_deadline(&self) -> Option<LeaseTime> {
        todo!()
    }

    /// After a replay: gives everybody one full silence period from `now` to be heard.
    pub fn wake(&mut self, _now: Now) {
        todo!()
    }

    /// Changes that, applied to an empty ledger, make this one again.
    pub fn snapshot(&self) -> Vec<Change> {
        todo!()
    }

    /// The lease or waiting ticket of this checkout, for logs and answers.
    pub fn holder(&self, _checkout: &CheckoutId) -> Option<&Holder> {
        todo!()
    }
}
