//! The only mutation of a ledger: it cannot fail, and what makes no sense changes nothing.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use super::directory::PoolIndex;
use super::eligible::Wish;
use super::entry::{Entry, Line, State};
use super::limits::Counters;
use super::{Change, Event, Grant, Ledger, Machine, Ticket};
use crate::id::{CheckoutId, LeaseNumber};
use crate::licence::PoolKey;
use crate::time::{LeaseTime, Now, WallTime};

impl Ledger {
    /// Makes the change.
    pub fn apply(&mut self, change: &Change) {
        let at = self.at(change.at);
        self.now = at;
        match &change.event {
            Event::Queued { ticket, machine } => self.queue(at, ticket, machine),
            Event::Granted(Grant { ticket, pool }) => self.grant(at, ticket, pool),
            Event::Promoted { checkout, pool } => self.promote(at.wall, checkout, pool),
            Event::Resumed { checkout, epoch } => self.resume(at.lease, checkout, *epoch),
            Event::Lingers { checkout, until } => self.linger(change.at.lease, checkout, *until),
            Event::Ended { checkout, why: _ } => self.end(checkout),
            Event::Moved { checkout, pool } => self.relocate(checkout, pool),
            Event::Heard { checkout } => self.hear(at.lease, checkout),
            Event::HungUp { checkout } => self.hang_up(at.lease, checkout),
            Event::Numbered { next } => self.next = self.next.max(*next),
        }
        #[cfg(debug_assertions)]
        self.recount_if_small();
    }
}

/// What each event does to a lease or ticket.
impl Ledger {
    fn queue(&mut self, at: Now, ticket: &Ticket, machine: &Machine) {
        let feature = self.directory.feature_index(&ticket.feature);
        let client = self.policy.recognise(ticket.holder.client(ticket.address));
        let wish = Wish { version: &ticket.version, seats: ticket.seats, machine, client: &client };
        let pools = self.eligible(feature, wish);
        let state = State::Waiting { line: Line::Open, machine: Box::new(machine.clone()), pools };
        self.enter(at, ticket, state);
    }

    fn grant(&mut self, at: Now, ticket: &Ticket, pool: &PoolKey) {
        let pool = self.directory.pool_index(pool);
        self.enter(at, ticket, State::Held { line: Line::Open, pool });
    }

    fn enter(&mut self, at: Now, ticket: &Ticket, state: State) {
        if let Some(number) = self.numbers.get(&ticket.checkout) {
            self.take_out(*number);
        }
        self.take_out(ticket.number);
        self.next = self.next.max(LeaseNumber(ticket.number.0.saturating_add(1)));
        let entry = Entry {
            checkout: ticket.checkout,
            epoch: ticket.epoch,
            feature: self.directory.feature_index(&ticket.feature),
            seats: ticket.seats,
            version: ticket.version.clone(),
            holder: ticket.holder.clone(),
            address: ticket.address,
            since: at.wall,
            deadline: at.lease.after(self.patience.silence),
            state,
        };
        self.put_in(ticket.number, entry);
    }

    /// A ticket becomes a lease. Its deadline stays: being promoted says nothing about its client.
    fn promote(&mut self, since: WallTime, checkout: &CheckoutId, pool: &PoolKey) {
        let pool = self.directory.pool_index(pool);
        self.change(checkout, |entry| match entry.state {
            State::Waiting { line, .. } => Entry { since, state: State::Held { line, pool }, ..entry },
            State::Held { .. } | State::Lingering { .. } => entry,
        });
    }

    /// A lease has its seats from another pool. All else stays: its client has nothing to do with it.
    fn relocate(&mut self, checkout: &CheckoutId, pool: &PoolKey) {
        let pool = self.directory.pool_index(pool);
        self.change(checkout, |entry| match entry.state {
            State::Held { line, .. } => Entry { state: State::Held { line, pool }, ..entry },
            State::Lingering { from, .. } => Entry { state: State::Lingering { from, pool }, ..entry },
            State::Waiting { .. } => entry,
        });
    }

    fn linger(&mut self, from: LeaseTime, checkout: &CheckoutId, until: LeaseTime) {
        self.change(checkout, |entry| match entry.state {
            State::Held { pool, .. } => {
                Entry { deadline: until, state: State::Lingering { from, pool }, ..entry }
            }
            State::Waiting { .. } | State::Lingering { .. } => entry,
        });
    }

    fn end(&mut self, checkout: &CheckoutId) {
        if let Some(number) = self.numbers.get(checkout) {
            self.take_out(*number);
        }
    }

    fn resume(&mut self, now: LeaseTime, checkout: &CheckoutId, epoch: u32) {
        let Some(number) = self.numbers.get(checkout) else { return };
        let Some(entry) = self.entries.get_mut(number) else { return };
        match entry.state {
            State::Waiting { .. } | State::Held { .. } => entry.epoch = epoch,
            State::Lingering { .. } => {}
        }
        self.hear(now, checkout);
    }

    fn hear(&mut self, now: LeaseTime, checkout: &CheckoutId) {
        let deadline = now.after(self.patience.silence);
        self.reschedule(checkout, Line::Open, |_| deadline);
    }

    fn hang_up(&mut self, now: LeaseTime, checkout: &CheckoutId) {
        let deadline = now.after(self.patience.grace);
        self.reschedule(checkout, Line::Broken, |before| before.min(deadline));
    }

    /// Moves the deadline of a lease or ticket whose client was, or was not, heard.
    fn reschedule(
        &mut self,
        checkout: &CheckoutId,
        heard: Line,
        deadline: impl FnOnce(LeaseTime) -> LeaseTime,
    ) {
        let Some(number) = self.numbers.get(checkout) else { return };
        let Some(entry) = self.entries.get_mut(number) else { return };
        match &mut entry.state {
            State::Waiting { line, .. } | State::Held { line, .. } => *line = heard,
            State::Lingering { .. } => return,
        }
        self.deadlines.remove(&(entry.deadline, *number));
        entry.deadline = deadline(entry.deadline);
        self.deadlines.insert((entry.deadline, *number));
    }

    /// Takes a lease or ticket out of all indexes, changes it and puts it back.
    fn change(&mut self, checkout: &CheckoutId, change: impl FnOnce(Entry) -> Entry) {
        let Some(number) = self.numbers.get(checkout).copied() else { return };
        if let Some(entry) = self.take_out(number) {
            self.put_in(number, change(entry));
        }
    }
}

/// The indexes.
impl Ledger {
    pub(super) fn put_in(&mut self, number: LeaseNumber, entry: Entry) {
        let (claim, classes) = (entry.claim(number), self.classes(number, &entry));
        for class in &classes {
            let Some(stock) = self.directory.stock_mut(class.pool) else { continue };
            match entry.state {
                State::Waiting { .. } => stock.line_up(claim, class),
                State::Held { .. } | State::Lingering { .. } => stock.lend(entry.since, claim),
            }
        }
        if let State::Waiting { .. } = entry.state {
            self.waiting += 1;
            if let Some(feature) = self.directory.feature_mut(entry.feature) {
                feature.tickets.insert(number);
            }
        }
        if !entry.pools().iter().any(|pool| self.book.pools().get(pool.in_book()).is_some()) {
            self.doomed.insert(number);
        }
        self.deadlines.insert((entry.deadline, number));
        self.numbers.insert(entry.checkout, number);
        let pools = self.recount_limits(&entry.state, classes, Counters::add);
        self.entries.insert(number, entry);
        self.ripen(&pools);
    }

    fn take_out(&mut self, number: LeaseNumber) -> Option<Entry> {
        let entry = self.entries.remove(&number)?;
        let (claim, classes) = (entry.claim(number), self.classes(number, &entry));
        for class in &classes {
            let Some(stock) = self.directory.stock_mut(class.pool) else { continue };
            match entry.state {
                State::Waiting { .. } => stock.step_out(claim, class),
                State::Held { .. } | State::Lingering { .. } => stock.take_back(entry.since, claim),
            }
        }
        if let State::Waiting { .. } = entry.state {
            self.waiting -= 1;
            if let Some(feature) = self.directory.feature_mut(entry.feature) {
                feature.tickets.remove(&number);
            }
        }
        self.doomed.remove(&number);
        self.deadlines.remove(&(entry.deadline, number));
        self.numbers.remove(&entry.checkout);
        let pools = self.recount_limits(&entry.state, classes, Counters::remove);
        self.ripen(&pools);
        Some(entry)
    }

    /// Looks anew who could be promoted from these pools.
    fn ripen(&mut self, pools: &BTreeSet<PoolIndex>) {
        for index in pools {
            let next = self.directory.stock(*index).and_then(|stock| stock.next(|head| self.claim(head)));
            match next {
                Some(_) => self.ripe.insert(*index),
                None => self.ripe.remove(index),
            };
        }
    }
}
