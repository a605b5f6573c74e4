//! The ledger: arbitrary histories, and arbitrary journals.

use std::time::Duration;

use arbitrary::{Result, Unstructured};
use licgate_core::host::{HostFacts, HostId};
use licgate_core::id::{CheckoutId, FeatureName};
use licgate_core::ledger::{Ask, Change, Event, Grant, Ledger, Machine, Patience, Request};
use licgate_core::licence::ast::{DupGroup, Expiry};
use licgate_core::licence::{Book, Pool, PoolKey, Proof, Seats};
use licgate_core::options::Policy;
use licgate_core::report::page;
use licgate_core::time::{LeaseTime, Now, WallTime};
use licgate_core::version::Version;
use licgate_core::wire::{StatusAsk, encode, limit};

use crate::people::{acme, holder, noon};

const PATIENCE: Patience = Patience { silence: Duration::from_secs(120), grace: Duration::from_secs(20) };
const MOST_WAITING: usize = 8;

/// A history of requests, pauses, rereads and restarts: no more seats go out than there are, everything settles, and a replay of
/// the journal is what was live. The ledger's own recount, in debug builds, holds each of its indexes against its leases.
pub fn ledger(data: &[u8]) {
    let _too_short: Result<()> = history(&mut Unstructured::new(data));
}

fn history(input: &mut Unstructured<'_>) -> Result<()> {
    let book = book(input)?;
    let mut world = World {
        ledger: open(book.clone(), MOST_WAITING),
        book,
        now: Now { lease: LeaseTime(0), wall: WallTime(1_700_000_000) },
        latest: LeaseTime(0),
        journal: Vec::new(),
    };
    while !input.is_empty() {
        world.turn(input)?;
    }
    world.restart();
    Ok(())
}

/// An empty ledger without an options file, in which so many may wait.
pub(crate) fn open(book: Book, most_waiting: usize) -> Ledger {
    let policy = Policy::open(&book);
    Ledger::new(book, policy, PATIENCE, most_waiting)
}

struct World {
    ledger: Ledger,
    book: Book,
    now: Now,
    /// When the last change was made.
    latest: LeaseTime,
    /// What a restart begins with.
    journal: Vec<Change>,
}

impl World {
    fn turn(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        match input.int_in_range(0..=15u8)? {
            0..=4 => self.ask(&Ask::Checkout(request(input)?)),
            5 => self.ask(&Ask::Resume(self.speaker(input)?.0)),
            6 => self.ask(&pair(self.speaker(input)?, Ask::Heartbeat)),
            7 | 8 => self.ask(&pair(self.speaker(input)?, Ask::Checkin)),
            9 => self.ask(&pair(self.speaker(input)?, Ask::Hangup)),
            10 => self.now.lease = self.now.lease.after(Duration::from_secs(input.int_in_range(0..=130)?)),
            // Clocks go where they like.
            11 => self.now = Now { lease: LeaseTime(input.arbitrary()?), wall: WallTime(input.arbitrary()?) },
            12 => {
                self.book = book(input)?;
                self.ledger.serve(self.book.clone(), Policy::open(&self.book));
            }
            13 => self.restart(),
            14 => {
                self.journal = self.ledger.snapshot();
                pages(&self.ledger, self.now, EVERYTHING);
            }
            _ => self.settle(),
        }
        Ok(())
    }

    /// A checkout, and the epoch of its latest connection or of the one before.
    fn speaker(&self, input: &mut Unstructured<'_>) -> Result<(CheckoutId, u32)> {
        let id = id(input)?;
        let epoch = self.ledger.lease(&id).map_or(1, |lease| lease.epoch);
        Ok((id, epoch.saturating_sub(u32::from(input.ratio(1, 8)?))))
    }

    fn ask(&mut self, ask: &Ask) {
        match self.ledger.decide(self.now, ask) {
            Ok(change) => self.apply(change),
            Err(denial) => assert!(!denial.sentence(&noon).is_empty()),
        }
    }

    fn apply(&mut self, change: Change) {
        let pool = match &change.event {
            Event::Granted(Grant { pool, .. }) | Event::Promoted { pool, .. } | Event::Moved { pool, .. } => {
                Some(pool.clone())
            }
            _ => None,
        };
        let before = pool.as_ref().map(|key| self.out(key));
        self.latest = self.latest.max(change.at.lease);
        self.ledger.apply(&change);
        if let (Some(key), Some((before, capacity))) = (&pool, before) {
            let (after, _) = self.out(key);
            assert!(after <= before || after <= capacity, "{after} of {capacity} seats are out");
        }
        if change.event.is_durable() {
            self.journal.push(change);
        }
    }

    /// The seats out of a pool, and how many there are.
    fn out(&self, key: &PoolKey) -> (u64, u64) {
        let features = (0..).map_while(|place| self.ledger.feature(place));
        let mut pools = features.flat_map(|feature| feature.pools().collect::<Vec<_>>());
        let (pool, usage) =
            pools.find(|(pool, _)| pool.key == *key).expect("seats come from a pool of the book");
        let capacity = match pool.seats {
            Seats::Counted { total, overdraft } => u64::from(total) + u64::from(overdraft),
            Seats::Uncounted => u64::MAX,
        };
        (usage.in_use, capacity)
    }

    fn settle(&mut self) {
        for round in 0.. {
            let Some(change) = self.ledger.due(self.now) else { break };
            assert!(round < 1000, "it never settles");
            self.apply(change);
        }
        assert!(self.ledger.next_deadline().is_none_or(|next| next > self.now.lease), "overdue");
    }

    /// The daemon dies and comes back with what was durable.
    fn restart(&mut self) {
        let bytes = minicbor::to_vec(&self.journal).expect("a journal is CBOR");
        let journal: Vec<Change> = minicbor::decode(&bytes).expect("what was written is read");
        assert_eq!(journal, self.journal);
        let mut replayed = open(self.book.clone(), MOST_WAITING);
        journal.iter().for_each(|change| replayed.apply(change));
        // The machine's clock does not go back below what the last change was made at.
        self.now.lease = self.now.lease.max(self.latest);
        self.latest = self.now.lease;
        self.ledger.wake(self.now);
        replayed.wake(self.now);
        assert_same(&self.ledger, &replayed);
        self.ledger = replayed;
    }
}

fn assert_same(one: &Ledger, other: &Ledger) {
    assert_eq!(one.snapshot(), other.snapshot());
    assert_eq!(one.next_deadline(), other.next_deadline());
}

fn pair((id, epoch): (CheckoutId, u32), ask: fn(CheckoutId, u32) -> Ask) -> Ask {
    ask(id, epoch)
}

fn id(input: &mut Unstructured<'_>) -> Result<CheckoutId> {
    Ok(CheckoutId::new([input.int_in_range(0..=15)?; 16]))
}

fn request(input: &mut Unstructured<'_>) -> Result<Request> {
    let holder = holder(input.int_in_range(0..=11)?);
    let facts = HostFacts { names: vec![holder.host.clone()], ..HostFacts::default() };
    let platform = if holder.display == ":0" { "x64_lsb" } else { "i86_n" };
    Ok(Request {
        checkout: id(input)?,
        address: None,
        machine: Machine { facts, platform: platform.into() },
        holder,
        feature: FeatureName::from(*input.choose(&["solver", "MESH", "post", "none"])?),
        version: version(input)?,
        seats: *input.choose(&[1, 1, 2, 3, 0, 7, u32::MAX])?,
        wait: input.arbitrary()?,
    })
}

fn version(input: &mut Unstructured<'_>) -> Result<Version> {
    Ok(Version::parse(input.choose(&["1.0", "2.0", "2.5", "3.1"])?).expect("a version"))
}

fn book(input: &mut Unstructured<'_>) -> Result<Book> {
    let pools =
        (0..input.int_in_range(0..=5u8)?).map(|place| pool(place, input)).collect::<Result<Vec<_>>>()?;
    Ok(Book::of(acme(), pools))
}

fn pool(place: u8, input: &mut Unstructured<'_>) -> Result<Pool> {
    let version = version(input)?;
    let count = |input: &mut Unstructured<'_>| input.choose(&[1, 2, 3, 0, 8, u32::MAX]).copied();
    let by = |input: &mut Unstructured<'_>| {
        let [user, host, display, vendor] = input.arbitrary()?;
        Ok(DupGroup::By { user: user || !(host || display || vendor), host, display, vendor })
    };
    Ok(Pool {
        key: PoolKey(format!("{place}-{version}").into()),
        feature: FeatureName::from(*input.choose(&["solver", "mesh", "post"])?),
        version,
        seats: if input.ratio(1, 6)? {
            Seats::Uncounted
        } else {
            Seats::Counted {
                total: count(input)?,
                overdraft: if input.ratio(1, 4)? { count(input)? } else { 0 },
            }
        },
        dup_group: match input.int_in_range(0..=3u8)? {
            0 | 1 => DupGroup::None,
            2 => DupGroup::Site,
            _ => by(input)?,
        },
        hostids: if input.ratio(1, 5)? { vec![HostId::HostName("node1".into())] } else { Vec::new() },
        platforms: if input.ratio(1, 5)? { vec!["x64_lsb".into()] } else { Vec::new() },
        minimum: *input.choose(&[1, 1, 1, 2, 7, 0, u32::MAX])?,
        linger: Duration::from_secs(*input.choose(&[0, 0, 30, 1, u64::from(u32::MAX)])?),
        borrow: None,
        expiry: Expiry::Never,
        vendor_string: None,
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
        origins: Vec::new(),
    })
}

/// A book with a pool of each kind.
pub(crate) fn usual_book() -> Book {
    let seeds: Vec<u8> = (0..200u8).map(|number| number.wrapping_mul(37)).collect();
    book(&mut Unstructured::new(&[&[4], &*seeds].concat())).expect("a book of many bytes")
}

/// Does what is due, and tells who got seats.
pub(crate) fn settle(ledger: &mut Ledger, now: Now) -> Vec<CheckoutId> {
    let mut promoted = Vec::new();
    for round in 0.. {
        let Some(change) = ledger.due(now) else { break };
        assert!(round < 10_000, "it never settles");
        ledger.apply(&change);
        if let Event::Promoted { checkout, .. } = change.event {
            promoted.push(checkout);
        }
    }
    promoted
}

/// All that status tells.
const EVERYTHING: StatusAsk = StatusAsk { feature: None, users: true, after: None };

/// Turns all pages of status. Each fits into a frame, and they come to an end.
pub(crate) fn pages(ledger: &Ledger, now: Now, mut ask: StatusAsk) {
    for count in 0.. {
        let page = page(ledger, now, &ask);
        assert!(page.rows.len() <= limit::ROWS && encode(&page, &mut Vec::new()).is_ok());
        assert!(count < 1000, "the pages have no end");
        ask.after = page.next;
        if ask.after.is_none() {
            return;
        }
    }
}

/// A journal of nonsense: nothing in it makes the ledger panic or never settle, and its snapshot makes it again.
pub fn journal(data: &[u8]) {
    let mut decoder = minicbor::Decoder::new(data);
    let mut ledger = open(usual_book(), MOST_WAITING);
    while let Ok(change) = decoder.decode::<Change>() {
        let bytes = minicbor::to_vec(&change).expect("a change is CBOR");
        assert_eq!(minicbor::decode::<Change>(&bytes).ok(), Some(change.clone()));
        ledger.apply(&change);
    }
    let now = Now { lease: LeaseTime(0), wall: WallTime(0) };
    ledger.wake(now);
    let mut again = open(usual_book(), MOST_WAITING);
    ledger.snapshot().iter().for_each(|change| again.apply(change));
    again.wake(now);
    assert_same(&ledger, &again);
    drop(settle(&mut ledger, now));
    pages(&ledger, now, EVERYTHING);
}
