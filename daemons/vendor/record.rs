//! A change's afterlife: what the logs and the journal's audit columns say about it.

use std::fmt;

use licgate_core::id::{CheckoutId, FeatureName};
use licgate_core::ledger::{Ask, Denial, Event, Holder, LeaseState, LeaseView, Ledger};
use licgate_core::report::log::{EventLine, Verb};

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

    fn note(&self, verb: Verb) -> Note {
        let About { feature, holder, seats, lease: _ } = self.about.clone();
        Note { verb, feature, holder, seats }
    }
}

/// What logs say of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    /// What happened.
    pub(super) verb: Verb,
    feature: FeatureName,
    holder: Holder,
    seats: u32,
}

impl fmt::Display for Note {
    /// The line of the debug log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, feature, holder, seats } = self;
        EventLine { verb: *verb, feature, holder, seats: *seats }.fmt(f)
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

/// What the logs say of an event. Readers count OUT against IN and QUEUED against DEQUEUED, so each is
/// written exactly when seats or places in the queue change hands; a seat that lingers is still out.
pub(super) fn notes(event: &Event, subject: &Subject) -> Vec<Note> {
    match event {
        Event::Queued { .. } => vec![subject.note(Verb::Queued)],
        Event::Granted(_) => vec![subject.note(Verb::Out)],
        Event::Promoted { .. } => vec![subject.note(Verb::Dequeued(None)), subject.note(Verb::Out)],
        Event::Ended { why, .. } => match subject.place {
            Place::Queue => vec![subject.note(Verb::Dequeued(Some(*why)))],
            Place::Seats => vec![subject.note(Verb::In(*why))],
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
pub(super) fn refusal(ask: &Ask, denial: &Denial) -> Option<Note> {
    match ask {
        Ask::Checkout(request) => {
            let verb = Verb::Refused(denial.code);
            let (feature, holder) = (request.feature.clone(), request.holder.clone());
            Some(Note { verb, feature, holder, seats: request.seats })
        }
        Ask::Resume(_) | Ask::Heartbeat(..) | Ask::Checkin(..) | Ask::Hangup(..) => None,
    }
}
