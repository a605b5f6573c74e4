//! What the keeper knows, and one turn of its work: no task, no clock, no journal.

use std::collections::BTreeMap;

use licgate_core::id::CheckoutId;
use licgate_core::ledger::{Ask, Change, Denial, End, Event, Ledger, Patience};
use licgate_core::licence::Book;
use licgate_core::options::Policy;
use licgate_core::report;
use licgate_core::time::{LeaseTime, Now, Zone};
use licgate_core::wire::ServerMsg;

use super::{Command, Look};
use crate::journal::{Entry, Loaded};
use crate::vendor::commit::{Batch, Outcome};
use crate::vendor::outbox::Outbox;
use crate::vendor::record::Subject;
use crate::vendor::{answer, news, record};

/// A snapshot is worth its while when the journal has at least so many changes to replay …
const TAIL: usize = 10_000;
/// … and so many times as many as the state takes.
const TAIL_TO_STATE: usize = 4;

/// The ledger, and the connections that its clients are on.
#[derive(Debug)]
pub(in crate::vendor) struct Keeper<Z> {
    ledger: Ledger,
    patience: Patience,
    zone: Z,
    /// Where the client of a lease or ticket listens. Without an entry its connection is gone.
    routes: BTreeMap<CheckoutId, Outbox>,
    /// Changes in the journal since its last snapshot, and with how many the next one is taken.
    tail: usize,
    snapshot_at: usize,
}

impl<Z: Zone> Keeper<Z> {
    /// Goes on where the journal ends. Everybody in it gets a full silence period from `now` to be heard.
    pub(in crate::vendor) fn restore(
        book: Book,
        policy: Policy,
        patience: Patience,
        most_waiting: usize,
        zone: Z,
        loaded: &Loaded,
        now: Now,
    ) -> Self {
        let mut ledger = Ledger::new(book, policy, patience, most_waiting);
        loaded.changes.iter().for_each(|change| ledger.apply(change));
        ledger.wake(now);
        let state = loaded.changes.len() - loaded.tail;
        let snapshot_at = snapshot_at(state);
        Self { ledger, patience, zone, routes: BTreeMap::new(), tail: loaded.tail, snapshot_at }
    }

    /// Obeys `commands` in their order, and does what is due before, between and after them. A look comes last.
    pub(super) fn turn(
        &mut self,
        now: Now,
        commands: impl Iterator<Item = Command>,
        look: Option<Look>,
    ) -> Batch {
        let mut batch = Batch { now, ..Batch::default() };
        self.settle(now, &mut batch);
        for command in commands {
            self.obey(now, command, &mut batch);
            self.settle(now, &mut batch);
        }
        if let Some(Look(ask, from)) = look {
            let page = report::page(&self.ledger, now, &ask);
            batch.outcomes.push(Outcome::Tell(from, ServerMsg::Status(page)));
        }
        self.tail += batch.entries.len();
        if self.tail >= self.snapshot_at {
            let state = self.ledger.snapshot();
            (self.tail, self.snapshot_at) = (0, snapshot_at(state.len()));
            batch.snapshot = Some(state);
        }
        batch
    }

    /// When there will be something to do if nobody asks anything.
    pub(super) fn next_deadline(&self) -> Option<LeaseTime> {
        self.ledger.next_deadline()
    }

    fn settle(&mut self, now: Now, batch: &mut Batch) {
        while let Some(change) = self.ledger.due(now) {
            self.make(change, None, batch);
        }
    }

    fn obey(&mut self, now: Now, command: Command, batch: &mut Batch) {
        match command {
            Command::Ask(ask, from) => match self.ledger.decide(now, &ask) {
                Ok(Change { at, event: Event::Resumed { checkout, epoch: _ } })
                    if self.is_on(&checkout, &from) =>
                {
                    self.repeat(at, checkout, from, batch);
                }
                Ok(change) => self.make(change, Some(&from), batch),
                Err(denial) => self.refuse(&ask, &denial, from, batch),
            },
            Command::Serve(book, policy, report) => {
                let lines = news::news(self.ledger.book(), &book);
                self.ledger.serve(book, policy);
                batch.outcomes.push(Outcome::Served(report, lines));
            }
        }
    }

    fn is_on(&self, checkout: &CheckoutId, line: &Outbox) -> bool {
        self.routes.get(checkout).is_some_and(|route| route.is_same(line))
    }

    /// A client that comes back on the connection that it is on already hears how it stands; nothing has changed, and
    /// nothing is written.
    fn repeat(&mut self, at: Now, checkout: CheckoutId, from: Outbox, batch: &mut Batch) {
        self.ledger.apply(&Change { at, event: Event::Heard { checkout } });
        let told = self.standing(checkout).map(|standing| Outcome::Tell(from, standing));
        batch.outcomes.extend(told);
    }

    /// Applies a change and notes what has to be written, logged and told because of it.
    fn make(&mut self, change: Change, asker: Option<&Outbox>, batch: &mut Batch) {
        let Some(checkout) = record::checkout_of(&change.event) else { return };
        if !change.event.is_durable() {
            self.ledger.apply(&change);
            self.hear(&change.event, checkout, asker, batch);
            return;
        }
        let before = Subject::find(&self.ledger, &checkout);
        self.ledger.apply(&change);
        let subject = before.or_else(|| Subject::find(&self.ledger, &checkout));
        if let Some(subject) = &subject {
            batch.outcomes.extend(record::notes(&change, subject).into_iter().map(Outcome::Log));
            self.tell(&change.event, checkout, subject, asker, batch);
        }
        batch.entries.push(Entry { change, about: subject.map(|subject| subject.about) });
    }

    fn hear(&mut self, event: &Event, checkout: CheckoutId, asker: Option<&Outbox>, batch: &mut Batch) {
        if matches!(event, Event::HungUp { .. }) {
            self.routes.remove(&checkout);
        } else if let Some(asker) = asker {
            let alive = ServerMsg::Alive { checkout, position: self.ledger.position(&checkout) };
            batch.outcomes.push(Outcome::Tell(asker.clone(), alive));
        }
    }

    fn tell(
        &mut self,
        event: &Event,
        checkout: CheckoutId,
        subject: &Subject,
        asker: Option<&Outbox>,
        batch: &mut Batch,
    ) {
        let (outbox, message) = match event {
            Event::Queued { .. } | Event::Granted(_) | Event::Resumed { .. } => {
                // A client that comes back takes its lease along to its new connection.
                self.routes.extend(asker.map(|asker| (checkout, asker.clone())));
                (asker.cloned(), self.standing(checkout))
            }
            Event::Promoted { .. } => (self.routes.get(&checkout).cloned(), self.standing(checkout)),
            Event::Lingers { .. } | Event::Ended { why: End::Returned, .. } => {
                self.routes.remove(&checkout);
                (asker.cloned(), Some(ServerMsg::Returned { checkout }))
            }
            Event::Ended { why, .. } => {
                let gone = match &subject.refused {
                    Some(denial) => answer::refused(checkout, denial, &self.zone),
                    None => answer::gone(checkout, *why, &subject.about.feature),
                };
                (self.routes.remove(&checkout), Some(gone))
            }
            Event::Moved { .. } | Event::Heard { .. } | Event::HungUp { .. } | Event::Numbered { .. } => {
                return;
            }
        };
        if let (Some(outbox), Some(message)) = (outbox, message) {
            batch.outcomes.push(Outcome::Tell(outbox, message));
        }
    }

    fn standing(&self, checkout: CheckoutId) -> Option<ServerMsg> {
        answer::standing(&self.ledger, &checkout, self.patience.silence, &self.zone)
    }

    fn refuse(&self, ask: &Ask, denial: &Denial, from: Outbox, batch: &mut Batch) {
        let checkout = match ask {
            Ask::Checkout(request) => request.checkout,
            Ask::Resume(checkout) | Ask::Heartbeat(checkout, _) | Ask::Checkin(checkout, _) => *checkout,
            // Nobody is left to hear it.
            Ask::Hangup(..) => return,
        };
        batch.outcomes.extend(record::refusal(batch.now.wall, ask, denial).map(Outcome::Log));
        let denied = answer::denied(checkout, denial, &self.zone);
        batch.outcomes.push(Outcome::Tell(from, denied));
    }
}

fn snapshot_at(state: usize) -> usize {
    TAIL.max(state.saturating_mul(TAIL_TO_STATE))
}

#[cfg(test)]
mod tests;
