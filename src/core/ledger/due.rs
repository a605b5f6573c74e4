//! What happens unasked: leases whose pool is gone move or end, silence and linger time run out, seats set free go to the queue.

use super::entry::{Entry, Line, State};
use super::{Change, End, Event, Ledger};
use crate::code::Code;
use crate::time::{LeaseTime, Now};

impl Ledger {
    /// What has to happen unasked, one change at a time, until `None`: first who has no pool any more moves to another or
    /// goes, then goes who was not heard in time, and what that sets free goes to those who wait.
    pub fn due(&self, now: Now) -> Option<Change> {
        let at = self.at(now);
        let event = self.orphaned().or_else(|| self.overdue(at.lease)).or_else(|| self.promotion())?;
        Some(Change { at, event })
    }

    /// When [`due`](Self::due) will next have something to say if nothing else happens; not after the present when it
    /// has something to say already. `None` only when there is neither lease nor ticket.
    pub fn next_deadline(&self) -> Option<LeaseTime> {
        if !self.doomed.is_empty() || !self.ripe.is_empty() {
            return Some(self.now.lease);
        }
        self.deadlines.first().map(|(time, _)| *time)
    }

    fn orphaned(&self) -> Option<Event> {
        let number = *self.doomed.first()?;
        let entry = self.entries.get(&number)?;
        if let Some(pool) = self.refuge(number, entry) {
            return Some(Event::Moved { checkout: entry.checkout, pool: pool.clone() });
        }
        let feature = self.directory.feature(entry.feature)?;
        let expired = self.book.absent(&feature.name).iter().any(|absence| absence.code == Code::EXPIRED);
        let why = match self.refusal(entry) {
            Some((refused, _)) => refused,
            None if expired => End::Expired,
            None => End::Removed,
        };
        Some(end(entry, why))
    }

    fn overdue(&self, now: LeaseTime) -> Option<Event> {
        let (_, number) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now)?;
        let entry = self.entries.get(number)?;
        let why = match &entry.state {
            State::Waiting { line, .. } | State::Held { line, .. } => match line {
                Line::Open => End::Silent,
                Line::Broken => End::HungUp,
            },
            State::Lingering { .. } => End::Lingered,
        };
        Some(end(entry, why))
    }

    fn promotion(&self) -> Option<Event> {
        let stock = self.directory.stock(*self.ripe.first()?)?;
        let entry = self.entries.get(&stock.next(|head| self.claim(head))?)?;
        Some(Event::Promoted { checkout: entry.checkout, pool: stock.key.clone() })
    }
}

fn end(entry: &Entry, why: End) -> Event {
    Event::Ended { checkout: entry.checkout, why }
}
