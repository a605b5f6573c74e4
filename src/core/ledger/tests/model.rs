//! A second, naive ledger, told only what happened: it counts from the events and says what may and must happen.
//!
//! It shares no code with the ledger: no counters, no indexes, every question is a scan over all leases.

mod count;
mod rules;

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use crate::code::Code;
use crate::id::{CheckoutId, FeatureName, LeaseNumber};
use crate::ledger::tests::bench::{GRACE, MOST_WAITING, SILENCE};
use crate::ledger::{Ask, Change, End, Event, Grant, Holder, Machine, Request, Ticket};
use crate::licence::{Book, Pool, PoolKey, Seats};
use crate::time::LeaseTime;
use crate::version::Version;

pub(super) struct Model {
    pub(super) book: Book,
    /// The words of the lines of the options file.
    pub(super) lines: Vec<Vec<&'static str>>,
    pub(super) lives: BTreeMap<CheckoutId, Life>,
    ended: BTreeSet<CheckoutId>,
    last: LeaseNumber,
}

/// A lease or ticket.
#[derive(Clone)]
pub(super) struct Life {
    number: LeaseNumber,
    pub(super) epoch: u32,
    holder: Holder,
    address: Option<IpAddr>,
    feature: FeatureName,
    version: Version,
    seats: u32,
    machine: Machine,
    phase: Phase,
    deadline: LeaseTime,
    broken: bool,
}

#[derive(Clone, PartialEq)]
enum Phase {
    Waiting,
    Held(PoolKey),
    Lingering(PoolKey),
}

impl Model {
    pub(super) fn new(book: Book) -> Self {
        Self { book, lines: Vec::new(), lives: BTreeMap::new(), ended: BTreeSet::new(), last: LeaseNumber(0) }
    }

    pub(super) fn state(&self, checkout: &CheckoutId) -> &'static str {
        match self.lives.get(checkout).map(|life| &life.phase) {
            None => "unknown",
            Some(Phase::Waiting) => "waiting",
            Some(Phase::Held(_)) => "held",
            Some(Phase::Lingering(_)) => "lingering",
        }
    }

    /// What the ledger has to answer.
    pub(super) fn answer(&self, ask: &Ask) -> &'static str {
        let (checkout, epoch) = match ask {
            Ask::Checkout(request) => return self.answer_checkout(request),
            Ask::Resume(checkout) => (checkout, None),
            Ask::Heartbeat(checkout, epoch)
            | Ask::Checkin(checkout, epoch)
            | Ask::Hangup(checkout, epoch) => (checkout, Some(*epoch)),
        };
        let Some(life) = self.lives.get(checkout) else { return "unknown" };
        match (&life.phase, epoch, ask) {
            (Phase::Lingering(_), ..) => "unknown",
            (_, Some(epoch), _) if epoch != life.epoch => "stale",
            (_, _, Ask::Heartbeat(..)) => "Heard",
            (_, _, Ask::Hangup(..)) => "HungUp",
            (Phase::Waiting, _, Ask::Checkin(..)) => "Ended",
            (Phase::Held(key), _, Ask::Checkin(..)) => {
                if self.pool(key).is_some_and(|pool| !pool.linger.is_zero()) { "Lingers" } else { "Ended" }
            }
            (_, _, Ask::Resume(_) | Ask::Checkout(_)) => "Resumed",
        }
    }

    fn answer_checkout(&self, request: &Request) -> &'static str {
        if request.seats == 0 {
            return "bad";
        }
        if let Some(life) = self.lives.get(&request.checkout) {
            let same = life.feature == request.feature && life.seats == request.seats;
            return if same && !matches!(life.phase, Phase::Lingering(_)) { "Resumed" } else { "bad" };
        }
        let life = Life::of(request);
        let pools: Vec<_> = self.book.pools().iter().filter(|it| it.feature == request.feature).collect();
        let eligible = self.eligible(&life);
        if pools.is_empty() {
            let absent = self.book.absences().iter().any(|absence| absence.feature == request.feature);
            return if absent { "not served" } else { "no such feature" };
        }
        if eligible.is_empty() {
            return self.why_not(&life, &pools);
        }
        if eligible.iter().any(|pool| self.may_have(&life, pool)) {
            return "Granted";
        }
        match request.wait {
            false if eligible.iter().all(|pool| self.is_blocked(&life, pool)) => "max reached",
            false => "all in use",
            true if self.waiting() < MOST_WAITING => "Queued",
            true => "too many wait",
        }
    }

    fn waiting(&self) -> usize {
        self.lives.values().filter(|life| life.phase == Phase::Waiting).count()
    }

    fn why_not(&self, life: &Life, pools: &[&Pool]) -> &'static str {
        let high: Vec<_> = pools.iter().filter(|pool| pool.version >= life.version).collect();
        let here: Vec<_> = high.iter().filter(|pool| life.has_host_of(pool)).collect();
        let platform = here.iter().any(|pool| life.has_platform_of(pool));
        if let Some(refusal) = self.closest(life, &self.licensed(life)) {
            return refusal;
        }
        match (high.is_empty(), here.is_empty(), platform) {
            (true, ..) => "version",
            (false, true, _) => "host",
            (false, false, false) => "platform",
            (false, false, true) => "never enough",
        }
    }

    /// Checks that the ledger may do this, and notes it. `asked` says whether a client asked for it. Says in which manner
    /// seats were got: `shares` if the group had them out already, `passes by` if moreover others wait.
    pub(super) fn note(&mut self, change: &Change, asked: bool) -> &'static str {
        let now = change.at.lease;
        let mut manner = "";
        match &change.event {
            Event::Queued { ticket, machine } => {
                let life = self.newcomer(ticket, machine, now);
                let eligible = self.eligible(&life);
                assert!(asked && !eligible.is_empty() && self.waiting() < MOST_WAITING);
                assert!(!eligible.iter().any(|pool| self.may_have(&life, pool)), "waits without need");
                self.lives.insert(ticket.checkout, life);
            }
            Event::Granted(Grant { ticket, pool }) => {
                assert!(asked);
                let life = self.newcomer(ticket, &super::script::machine(&ticket.holder), now);
                manner = self.check_grant(&life, pool);
                self.lives.insert(ticket.checkout, Life { phase: Phase::Held(pool.clone()), ..life });
            }
            Event::Promoted { checkout, pool } => {
                let pending = |it: &Life| it.deadline <= now || self.is_orphan(it);
                assert!(!self.lives.values().any(pending), "promoted before all was over that had to be");
                let life = self.lives.remove(checkout).expect("promoted, but unknown");
                assert!(!asked && life.phase == Phase::Waiting);
                manner = self.check_grant(&life, pool);
                self.lives.insert(*checkout, Life { phase: Phase::Held(pool.clone()), ..life });
            }
            Event::Resumed { checkout, epoch } => {
                let life = self.lives.get_mut(checkout).expect("resumed, but unknown");
                assert!(asked && *epoch == life.epoch + 1 && !matches!(life.phase, Phase::Lingering(_)));
                (life.epoch, life.deadline, life.broken) = (*epoch, now.after(SILENCE), false);
            }
            Event::Lingers { checkout, until } => {
                let linger = |key| self.pool(key).map(|pool| pool.linger).unwrap_or_default();
                let Phase::Held(key) = self.lives[checkout].phase.clone() else { panic!("lingers unheld") };
                assert!(asked && *until == now.after(linger(&key)));
                let life = self.lives.get_mut(checkout).unwrap();
                (life.phase, life.deadline) = (Phase::Lingering(key), *until);
            }
            Event::Ended { checkout, why } => {
                let life = self.lives.remove(checkout).expect("ended, but unknown");
                self.check_end(&life, *why, now, asked);
                self.ended.insert(*checkout);
            }
            Event::Moved { checkout, pool } => {
                assert!(!asked);
                let phase = self.check_move(&self.lives[checkout], pool);
                self.lives.get_mut(checkout).unwrap().phase = phase;
            }
            Event::Heard { checkout } => {
                let life = self.lives.get_mut(checkout).expect("heard, but unknown");
                assert!(asked && !matches!(life.phase, Phase::Lingering(_)));
                (life.deadline, life.broken) = (now.after(SILENCE), false);
            }
            Event::HungUp { checkout } => {
                let life = self.lives.get_mut(checkout).expect("hung up, but unknown");
                assert!(asked && !matches!(life.phase, Phase::Lingering(_)));
                (life.deadline, life.broken) = (life.deadline.min(now.after(GRACE)), true);
            }
            Event::Numbered { .. } => panic!("only a snapshot says that"),
        }
        manner
    }

    fn newcomer(&mut self, ticket: &Ticket, machine: &Machine, now: LeaseTime) -> Life {
        assert!(!self.lives.contains_key(&ticket.checkout) && !self.ended.contains(&ticket.checkout));
        assert!(ticket.number > self.last, "a number was used twice");
        assert_eq!(ticket.epoch, 1);
        self.last = ticket.number;
        Life {
            number: ticket.number,
            epoch: 1,
            holder: ticket.holder.clone(),
            address: ticket.address,
            feature: ticket.feature.clone(),
            version: ticket.version.clone(),
            seats: ticket.seats,
            machine: machine.clone(),
            phase: Phase::Waiting,
            deadline: now.after(SILENCE),
            broken: false,
        }
    }

    /// Seats are given from the first pool that may, nobody is passed, and no more go out than there are.
    fn check_grant(&self, life: &Life, key: &PoolKey) -> &'static str {
        let first = self.eligible(life).into_iter().find(|pool| self.may_have(life, pool));
        let pool = first.expect("got seats that it may not have");
        assert_eq!(pool.key, *key, "not the first pool that may serve it");
        let (before, extra) = (self.out(pool), self.extra(life, pool));
        if let (Seats::Counted { total, overdraft }, true) = (pool.seats, extra > 0) {
            assert!(
                before + extra <= u64::from(total) + u64::from(overdraft),
                "more seats out than there are"
            );
        }
        match (extra, self.waits_before(life, pool).is_empty()) {
            (0, true) => "shares",
            (0, false) => "passes by",
            (_, true) => "",
            (_, false) => "passes the blocked",
        }
    }

    /// Only a lease whose pool is gone moves; says how it lives on.
    fn check_move(&self, life: &Life, pool: &PoolKey) -> Phase {
        assert!(self.is_orphan(life), "moved without need");
        assert_eq!(self.refuge(life).expect("moved to where it may not be").key, *pool);
        match life.phase {
            Phase::Waiting => panic!("moved, but waits"),
            Phase::Held(_) => Phase::Held(pool.clone()),
            Phase::Lingering(_) => Phase::Lingering(pool.clone()),
        }
    }

    fn check_end(&self, life: &Life, why: End, now: LeaseTime, asked: bool) {
        let over = life.deadline <= now;
        let orphan = self.is_orphan(life) && self.refuge(life).is_none();
        let expired = |it: &crate::licence::Absence| it.feature == life.feature && it.code == Code::EXPIRED;
        let expired = self.book.absences().iter().any(expired);
        let lingers = matches!(life.phase, Phase::Lingering(_));
        let refused = match life.phase {
            Phase::Waiting => self.closest(life, &self.licensed(life)),
            Phase::Held(_) | Phase::Lingering(_) => None,
        };
        let right = match why {
            End::Returned => asked && !lingers,
            End::Silent => over && !lingers && !life.broken,
            End::HungUp => over && !lingers && life.broken,
            End::Lingered => over && lingers,
            End::Excluded => orphan && refused == Some("excluded"),
            End::NotIncluded => orphan && refused == Some("not included"),
            End::Limited => orphan && refused == Some("above max"),
            End::Expired => orphan && expired && refused.is_none(),
            End::Removed => orphan && !expired && refused.is_none(),
        };
        assert!(right && asked == (why == End::Returned), "ended without reason: {why:?}");
    }

    /// After a restart everybody has a full silence period.
    pub(super) fn wake(&mut self, now: LeaseTime) {
        for life in self.lives.values_mut().filter(|life| !matches!(life.phase, Phase::Lingering(_))) {
            (life.deadline, life.broken) = (now.after(SILENCE), false);
        }
    }

    /// Checks that nothing remains to be done, and when something will.
    pub(super) fn check_settled(&self, now: LeaseTime, next_deadline: Option<LeaseTime>) {
        for life in self.lives.values() {
            assert!(life.deadline > now, "overdue");
            assert!(!self.is_orphan(life), "without a pool");
            let could = |pool: &&Pool| life.phase == Phase::Waiting && self.may_have(life, pool);
            assert!(!self.eligible(life).iter().any(could), "left behind in the queue");
        }
        assert_eq!(next_deadline, self.lives.values().map(|life| life.deadline).min());
    }
}
