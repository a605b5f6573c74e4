//! A ledger's beginnings and turns: another book, the restart after a replay, and the snapshot that shortens the replay.

use alloc::vec::Vec;
use core::mem;

use super::directory::Directory;
use super::eligible::Wish;
use super::entry::{Entry, Line, State};
use super::{Change, Event, Grant, Ledger, Machine, Ticket};
use crate::id::LeaseNumber;
use crate::licence::{Book, PoolKey};
use crate::options::Policy;
use crate::time::Now;

impl Ledger {
    /// Serves from another book from now on, under another policy, which was compiled for it. Pools are known again by their
    /// keys. Holders keep their seats, whatever the policy says of them; those whose pool is gone are moved to another, or
    /// ended where none has seats for them, by the next [`due`](Self::due). A pool that has shrunk lends nothing until enough
    /// seats are back. Which pools may serve a waiting ticket is worked out anew; a ticket with none left is ended.
    pub fn serve(&mut self, book: Book, policy: Policy) {
        let old = mem::replace(self, Self::new(book, policy, self.patience, self.most_waiting));
        (self.now, self.next) = (old.now, old.next);
        let moved = |directory: &mut Directory, pool| match old.directory.stock(pool) {
            Some(stock) => directory.pool_index(&stock.key),
            None => pool,
        };
        for (number, entry) in old.entries {
            let name = old.directory.feature(entry.feature).map(|feature| &feature.name);
            let feature = name.map_or(entry.feature, |name| self.directory.feature_index(name));
            let state = match entry.state {
                State::Waiting { line, machine, .. } => {
                    let client = self.policy.recognise(entry.holder.client(entry.address));
                    let wish = Wish {
                        version: &entry.version,
                        seats: entry.seats,
                        machine: &machine,
                        client: &client,
                    };
                    let pools = self.eligible(feature, wish);
                    State::Waiting { line, machine, pools }
                }
                State::Held { line, pool } => State::Held { line, pool: moved(&mut self.directory, pool) },
                State::Lingering { from, pool } => {
                    State::Lingering { from, pool: moved(&mut self.directory, pool) }
                }
            };
            self.put_in(number, Entry { feature, state, ..entry });
        }
    }

    /// After a replay: gives everybody one full silence period from `now` to be heard, whatever their connections did.
    /// What lingers keeps the time that it had left: nobody is expected to speak for it.
    pub fn wake(&mut self, now: Now) {
        self.now = self.at(now);
        let deadline = self.now.lease.after(self.patience.silence);
        self.deadlines.clear();
        for (number, entry) in &mut self.entries {
            match &mut entry.state {
                State::Waiting { line, .. } | State::Held { line, .. } => {
                    *line = Line::Open;
                    entry.deadline = deadline;
                }
                State::Lingering { .. } => {}
            }
            self.deadlines.insert((entry.deadline, *number));
        }
    }

    /// The fewest changes that, applied to an empty ledger of the same book, make this one again (once it was
    /// [woken](Self::wake)): one or two for each lease or ticket and one for the clock and the numbers.
    pub fn snapshot(&self) -> Vec<Change> {
        let mut changes = Vec::with_capacity(self.entries.len() + 1);
        for (number, entry) in &self.entries {
            let at = Now { lease: self.now.lease, wall: entry.since };
            let Some(ticket) = self.ticket_of(*number, entry) else { continue };
            let key =
                || entry.pools().first().and_then(|pool| Some(self.directory.stock(*pool)?.key.clone()));
            match &entry.state {
                State::Waiting { machine, .. } => {
                    let machine = Machine::clone(machine);
                    changes.push(Change { at, event: Event::Queued { ticket, machine } });
                }
                State::Held { .. } => changes.extend(granted(at, ticket, key())),
                State::Lingering { from, .. } => {
                    changes.extend(granted(at, ticket, key()));
                    let event = Event::Lingers { checkout: entry.checkout, until: entry.deadline };
                    changes.push(Change { at: Now { lease: *from, wall: entry.since }, event });
                }
            }
        }
        changes.push(Change { at: self.now, event: Event::Numbered { next: self.next } });
        changes
    }

    fn ticket_of(&self, number: LeaseNumber, entry: &Entry) -> Option<Ticket> {
        Some(Ticket {
            checkout: entry.checkout,
            number,
            epoch: entry.epoch,
            holder: entry.holder.clone(),
            address: entry.address,
            feature: self.directory.feature(entry.feature)?.name.clone(),
            version: entry.version.clone(),
            seats: entry.seats,
        })
    }
}

fn granted(at: Now, ticket: Ticket, pool: Option<PoolKey>) -> Option<Change> {
    Some(Change { at, event: Event::Granted(Grant { ticket, pool: pool? }) })
}
