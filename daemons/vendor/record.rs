//! A change's afterlife: what the logs and the journal's audit columns say about it.

use licgate_core::id::{CheckoutId, FeatureName, LeaseNumber};
use licgate_core::ledger::{Ask, Change, Denial, Event, Holder, LeaseState, LeaseView, Ledger};
use licgate_core::report::event::EventRecord;
use licgate_core::report::log::{EventLine, Verb};
use licgate_core::time::WallTime;

use crate::journal::About;

/// The lease or ticket that a change is about, as it was when there was one.
#[derive(Debug)]
pub(super) struct Subject {
    /// For the audit columns.
    pub(super) about: About,
    /// Whether it waits.
    pub(super) place: Place,
    /// Why the options file lets no pool serve it any more.
    pub(super) refused: Option<Denial>,
}

/// Where the subject of a change was before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the queue.
    Queue,
    /// In possession of its seats.
    Seats,
}

impl Subject {
    pub(super) fn find(ledger: &Ledger, checkout: &CheckoutId) -> Option<Self> {
        ledger.lease(checkout).map(|lease| Self::of(lease, ledger.why_refused(checkout)))
    }

    fn of(lease: LeaseView<'_>, refused: Option<Denial>) -> Self {
        Self {
            about: About {
                feature: lease.feature.clone(),
                holder: lease.holder.clone(),
                seats: lease.seats,
                lease: lease.number,
            },
            place: match lease.state {
                LeaseState::Waiting => Place::Queue,
                LeaseState::Held | LeaseState::Lingering { .. } => Place::Seats,
            },
            refused,
        }
    }

    fn note(&self, at: WallTime, verb: Verb) -> Note {
        let About { feature, holder, seats, lease } = self.about.clone();
        Note { at, verb, feature, holder, seats, lease: Some(lease) }
    }
}

/// What logs say of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    /// What happened.
    pub(super) verb: Verb,
    /// When.
    pub(super) at: WallTime,
    feature: FeatureName,
    holder: Holder,
    seats: u32,
    lease: Option<LeaseNumber>,
}

impl Note {
    /// For the debug log.
    pub(super) fn line(&self) -> EventLine<'_> {
        EventLine { verb: self.verb, feature: &self.feature, holder: &self.holder, seats: self.seats }
    }

    /// For the report log.
    pub(super) fn record(&self, hides_users: bool) -> EventRecord<'_> {
        EventRecord::new(self.at, &self.line(), self.lease, hides_users)
    }
}

/// The checkout that an event is about.
pub(super) fn checkout_of(event: &Event) -> Option<CheckoutId> {
    match event {
        Event::Queued { ticket, .. } => Some(ticket.checkout),
        Event::Granted(grant) => Some(grant.ticket.checkout),
        Event::Promoted { checkout, .. }
        | Event::Resumed { checkout, .. }
        | Event::Lingers { checkout, .. }
        | Event::Ended { checkout, .. }
        | Event::Moved { checkout, .. }
        | Event::Heard { checkout }
        | Event::HungUp { checkout } => Some(*checkout),
        Event::Numbered { .. } => None,
    }
}

/// What the logs say of a change. Readers count OUT against IN and QUEUED against DEQUEUED, so each is
/// written exactly when seats or places in the queue change hands; a seat that lingers is still out.
pub(super) fn notes(change: &Change, subject: &Subject) -> Vec<Note> {
    let note = |verb| subject.note(change.at.wall, verb);
    match &change.event {
        Event::Queued { .. } => vec![note(Verb::Queued)],
        Event::Granted(_) => vec![note(Verb::Out)],
        Event::Promoted { .. } => vec![note(Verb::Dequeued(None)), note(Verb::Out)],
        Event::Ended { why, .. } => match subject.place {
            Place::Queue => vec![note(Verb::Dequeued(Some(*why)))],
            Place::Seats => vec![note(Verb::In(*why))],
        },
        Event::Resumed { .. }
        | Event::Lingers { .. }
        | Event::Moved { .. }
        | Event::Heard { .. }
        | Event::HungUp { .. }
        | Event::Numbered { .. } => Vec::new(),
    }
}

/// What the logs say of a refusal; only of refused checkouts.
pub(super) fn refusal(at: WallTime, ask: &Ask, denial: &Denial) -> Option<Note> {
    match ask {
        Ask::Checkout(request) => {
            let verb = Verb::Refused(denial.code);
            let (feature, holder) = (request.feature.clone(), request.holder.clone());
            Some(Note { at, verb, feature, holder, seats: request.seats, lease: None })
        }
        Ask::Resume(_) | Ask::Heartbeat(..) | Ask::Checkin(..) | Ask::Hangup(..) => None,
    }
}
