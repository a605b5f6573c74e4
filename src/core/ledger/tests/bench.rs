//! A small vocabulary: a ledger on a bench, with people who check out and in.

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

use crate::id::{CheckoutId, FeatureName, VendorName};
use crate::ledger::{Ask, Denial, Event, Holder, Ledger, Machine, Patience, Request};
use crate::licence::ast::{DupGroup, Expiry};
use crate::licence::{Book, Pool, PoolKey, Proof, Seats};
use crate::options::{Policy, parse};
use crate::text::{Severity, Source};
use crate::time::{LeaseTime, Now, WallTime};
use crate::version::Version;

pub(super) const SILENCE: Duration = Duration::from_secs(120);
pub(super) const PATIENCE: Patience = Patience { silence: SILENCE, grace: GRACE };
pub(super) const GRACE: Duration = Duration::from_secs(20);

/// How many requests may wait in a ledger on the bench.
pub(super) const MOST_WAITING: usize = 8;

/// When the wall clock of a bench begins.
pub(super) const START: i64 = 1_000_000_000;

/// A floating pool of version 2.0; its key is also its name.
pub(super) fn pool(key: &str, feature: &str, total: u32) -> Pool {
    Pool {
        key: PoolKey(key.into()),
        feature: FeatureName::from(feature),
        version: version("2.0"),
        seats: Seats::Counted { total, overdraft: 0 },
        dup_group: DupGroup::None,
        hostids: Vec::new(),
        platforms: Vec::new(),
        minimum: 1,
        linger: Duration::ZERO,
        borrow: None,
        expiry: Expiry::Never,
        vendor_string: None,
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
        origins: Vec::new(),
    }
}

pub(super) fn book(pools: impl Into<Vec<Pool>>) -> Book {
    Book::of(VendorName::from("acme"), pools.into())
}

/// The policy of an options file without a mistake.
pub(super) fn policy(options: &str, book: &Book) -> Policy {
    let source = Source::new("/etc/licgate/acme.opt", options);
    let (options, remarks) = parse(&source);
    assert!(remarks.iter().all(|remark| remark.severity < Severity::Error), "{remarks:?}");
    Policy::compile(&source, &options, book)
}

pub(super) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(super) fn id(byte: u8) -> CheckoutId {
    CheckoutId::new([byte; 16])
}

/// One seat of "solver" 2.0 for `user`, who does not wait.
pub(super) fn request(checkout: u8, user: &str) -> Request {
    Request {
        checkout: id(checkout),
        holder: Holder {
            user: user.into(),
            host: "node1".into(),
            display: ":0".into(),
            pid: 7,
            ..Holder::default()
        },
        address: None,
        machine: Machine::default(),
        feature: FeatureName::from("solver"),
        version: version("2.0"),
        seats: 1,
        wait: false,
    }
}

pub(super) fn waiting(checkout: u8, user: &str) -> Request {
    Request { wait: true, ..request(checkout, user) }
}

/// A ledger and a clock.
pub(super) struct Bench {
    pub(super) ledger: Ledger,
    pub(super) now: Now,
}

impl Bench {
    pub(super) fn new(pools: impl Into<Vec<Pool>>) -> Self {
        Self::under("", pools)
    }

    /// With this options file.
    pub(super) fn under(options: &str, pools: impl Into<Vec<Pool>>) -> Self {
        let book = book(pools);
        let policy = policy(options, &book);
        let ledger = Ledger::new(book, policy, PATIENCE, MOST_WAITING);
        Self { ledger, now: Now { lease: LeaseTime(0), wall: WallTime(START) } }
    }

    /// Turns to another book, without an options file.
    pub(super) fn serve(&mut self, book: Book) {
        let policy = Policy::open(&book);
        self.ledger.serve(book, policy);
    }

    /// Turns to another options file.
    pub(super) fn rule(&mut self, options: &str) {
        let book = self.ledger.book().clone();
        let policy = policy(options, &book);
        self.ledger.serve(book, policy);
    }

    /// Decides and applies.
    pub(super) fn ask(&mut self, ask: &Ask) -> Result<Event, Denial> {
        let change = self.ledger.decide(self.now, ask)?;
        self.ledger.apply(&change);
        Ok(change.event)
    }

    pub(super) fn checkout(&mut self, request: &Request) -> Result<Event, Denial> {
        self.ask(&Ask::Checkout(request.clone()))
    }

    /// What happens unasked, until nothing more does.
    pub(super) fn settle(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(change) = self.ledger.due(self.now) {
            self.ledger.apply(&change);
            events.push(change.event);
            assert!(events.len() < 10_000, "the ledger never settles");
        }
        if let Some(deadline) = self.ledger.next_deadline() {
            assert!(deadline > self.now.lease);
        }
        events
    }

    pub(super) fn pass(&mut self, time: Duration) -> Vec<Event> {
        self.now.lease = self.now.lease.after(time);
        self.now.wall.0 += i64::try_from(time.as_secs()).unwrap();
        self.settle()
    }

    /// `held`, `waiting`, `lingering` or `unknown`.
    pub(super) fn state(&self, checkout: u8) -> &'static str {
        use crate::ledger::LeaseState;
        match self.ledger.lease(&id(checkout)).map(|lease| lease.state) {
            None => "unknown",
            Some(LeaseState::Waiting) => "waiting",
            Some(LeaseState::Held) => "held",
            Some(LeaseState::Lingering { .. }) => "lingering",
        }
    }

    pub(super) fn in_use(&self, pool: u32) -> u64 {
        self.ledger.feature(0).unwrap().pool(pool).unwrap().1.in_use
    }

    /// Everybody's state, for short assertions: `1 held 2 waiting`.
    pub(super) fn states(&self, checkouts: &[u8]) -> String {
        let words: Vec<_> = checkouts.iter().map(|it| format!("{it} {}", self.state(*it))).collect();
        words.join(" ")
    }
}
