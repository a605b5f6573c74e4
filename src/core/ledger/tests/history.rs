//! Random histories: thousands of asks, pauses, rereads and restarts, each checked against the [`Model`].

use core::cell::RefCell;
use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::ToString;
use std::vec::Vec;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::bench::{MOST_WAITING, PATIENCE, policy, version};
use super::coverage::{Reached, all_cells, name, reason, word};
use super::model::{Life, Model};
use super::script::{CLIENTS, Step, Turn, machine, rules, variant};
use crate::id::{CheckoutId, FeatureName};
use crate::ledger::{Ask, Change, Event, Holder, Ledger, Request};
use crate::options::Policy;
use crate::time::{LeaseTime, Now, WallTime};

const HISTORIES: u32 = 1000;
const STEPS: usize = 400;

struct World<'a> {
    ledger: Ledger,
    model: Model,
    now: Now,
    latest: LeaseTime,
    /// What a restart begins with, and what was made durable since.
    base: Vec<Change>,
    journal: Vec<Change>,
    everything: Vec<Change>,
    last_requests: BTreeMap<u8, Request>,
    ids: u64,
    reached: &'a RefCell<Reached>,
}

impl<'a> World<'a> {
    fn new(reached: &'a RefCell<Reached>) -> Self {
        let book = variant(0b10_10_10_10_10_10);
        Self {
            ledger: Ledger::new(book.clone(), Policy::open(&book), PATIENCE, MOST_WAITING),
            model: Model::new(book),
            now: Now { lease: LeaseTime(0), wall: WallTime(1_700_000_000) },
            latest: LeaseTime(0),
            base: Vec::new(),
            journal: Vec::new(),
            everything: Vec::new(),
            last_requests: BTreeMap::new(),
            ids: 0,
            reached,
        }
    }

    fn turn(&mut self, turn: &Turn) {
        match turn.step {
            Step::Checkout { client, feature, version, seats, wait } => {
                let client = self.nearest(client, |state| state == "unknown");
                let request = self.request(client, feature, version, seats, wait);
                self.last_requests.insert(client, request.clone());
                self.ask(&Ask::Checkout(request));
            }
            Step::Again { client } => {
                let request = self.last_requests.get(&client).cloned();
                let lives = |it: &Request| self.model.state(&it.checkout) != "unknown";
                if let Some(request) = request.filter(lives) {
                    self.ask(&Ask::Checkout(request));
                }
            }
            Step::Resume { client } => {
                let (id, _) = self.id(client, 0);
                self.ask(&Ask::Resume(id));
            }
            Step::Heartbeat { client, behind } => {
                let (id, epoch) = self.id(client, behind);
                self.ask(&Ask::Heartbeat(id, epoch));
            }
            Step::Checkin { client, behind } => {
                let (id, epoch) = self.id(client, behind);
                self.ask(&Ask::Checkin(id, epoch));
            }
            Step::Hangup { client, behind } => {
                let (id, epoch) = self.id(client, behind);
                self.ask(&Ask::Hangup(id, epoch));
            }
            Step::Pass { seconds } => self.now.lease = self.latest.after(Duration::from_secs(seconds)),
            Step::Back { seconds } => {
                self.now.lease.0 = self.now.lease.0.saturating_sub(seconds * 1_000_000);
                self.now.wall.0 -= 1000;
            }
            Step::Serve { variant: number } => {
                (self.model.book, self.model.lines) = (variant(number), rules(number));
                self.ledger.serve(self.model.book.clone(), self.policy());
            }
            Step::Compact => {
                self.base = self.ledger.snapshot();
                assert!(self.base.len() <= 2 * self.model.lives.len() + 1, "a snapshot is minimal");
                self.journal.clear();
            }
            Step::Restart => self.restart(),
        }
        self.now.wall.0 += 1;
        if turn.settle {
            self.settle();
        }
        self.compare();
    }

    /// The client's request: a new id if its last one has ended.
    fn request(&mut self, client: u8, feature: usize, asked: usize, seats: u32, wait: bool) -> Request {
        let last = self.last_requests.get(&client).map(|request| request.checkout);
        let checkout = last.filter(|id| self.model.lives.contains_key(id)).unwrap_or_else(|| {
            self.ids += 1;
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&self.ids.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            CheckoutId::new(bytes)
        });
        let holder = Holder {
            user: format!("user{}", client % 4),
            host: format!("node{}", client % 3),
            display: if client.is_multiple_of(5) { ":1" } else { ":0" }.to_string(),
            pid: client.into(),
            project: if client.is_multiple_of(7) { "wing" } else { "" }.to_string(),
            ..Holder::default()
        };
        Request {
            checkout,
            machine: machine(&holder),
            holder,
            address: Some(Ipv4Addr::new(192, 0, 2, client).into()),
            feature: FeatureName::from(["solver", "MESH", "post", "nothing"][feature]),
            version: version(["1.0", "2.0", "2.5", "3.1"][asked]),
            seats,
            wait,
        }
    }

    /// The next client whose checkout is in such a state, from this one on.
    fn nearest(&self, client: u8, is: impl Fn(&str) -> bool) -> u8 {
        let state = |client: u8| {
            let request = self.last_requests.get(&client);
            request.map_or("unknown", |request| self.model.state(&request.checkout))
        };
        let mut clients = (client..CLIENTS).chain(0..client);
        clients.find(|client| is(state(*client))).unwrap_or(client)
    }

    /// The latest checkout of a client, and an epoch that is so many behind. Few speak of what has ended.
    fn id(&self, client: u8, behind: u32) -> (CheckoutId, u32) {
        let client = if client < 3 { client } else { self.nearest(client, |state| state != "unknown") };
        let id = self.last_requests.get(&client).map_or(CheckoutId::new([0; 16]), |request| request.checkout);
        (id, self.model.lives.get(&id).map_or(1, |life| life.epoch) - behind)
    }

    fn ask(&mut self, ask: &Ask) {
        let (id, what) = self.cell(ask);
        let cell = (self.model.state(&id), what);
        let expected = self.model.answer(ask);
        let answer = self.ledger.decide(self.now, ask);
        let given = answer.as_ref().map_or_else(|denial| word(denial), |change| name(&change.event));
        assert_eq!(given, expected, "the answer to {ask:?} under {:?}", self.model.lines);
        if let (Ask::Checkout(request), Err(denial)) = (ask, &answer) {
            self.model.check_rule(&Life::of(request), denial);
        }
        self.reach(cell);
        self.reach(("answer", given));
        if let Ok(change) = answer {
            self.commit(change, true);
        }
    }

    fn cell(&self, ask: &Ask) -> (CheckoutId, &'static str) {
        let current =
            |id: &CheckoutId, epoch: u32| self.model.lives.get(id).is_none_or(|it| it.epoch == epoch);
        match ask {
            Ask::Checkout(request) => (request.checkout, "Checkout"),
            Ask::Resume(id) => (*id, "Resume"),
            Ask::Heartbeat(id, epoch) if current(id, *epoch) => (*id, "Heartbeat"),
            Ask::Heartbeat(id, _) => (*id, "stale Heartbeat"),
            Ask::Checkin(id, epoch) if current(id, *epoch) => (*id, "Checkin"),
            Ask::Checkin(id, _) => (*id, "stale Checkin"),
            Ask::Hangup(id, epoch) if current(id, *epoch) => (*id, "Hangup"),
            Ask::Hangup(id, _) => (*id, "stale Hangup"),
        }
    }

    fn settle(&mut self) {
        for round in 0.. {
            let Some(change) = self.ledger.due(self.now) else { break };
            assert!(round < 1000, "the ledger never settles");
            let state = |id| self.model.state(id);
            let cell = match &change.event {
                Event::Ended { checkout, why } => (state(checkout), reason(*why)),
                Event::Promoted { checkout, .. } => (state(checkout), "seats free"),
                Event::Moved { checkout, .. } => (state(checkout), "other pool"),
                event => panic!("{} is not for due to say", name(event)),
            };
            self.reach(cell);
            self.commit(change, false);
        }
        self.model.check_settled(self.latest.max(self.now.lease), self.ledger.next_deadline());
    }

    fn commit(&mut self, change: Change, asked: bool) {
        assert!(change.at.lease >= self.latest, "time goes back");
        self.latest = change.at.lease;
        let manner = self.model.note(&change, asked);
        self.reach((manner, name(&change.event)));
        self.ledger.apply(&change);
        if change.event.is_durable() {
            self.journal.push(change.clone());
            self.everything.push(change);
        }
    }

    /// The daemon dies and comes back with what was durable.
    fn restart(&mut self) {
        let bytes = minicbor::to_vec((&self.base, &self.journal)).unwrap();
        let (base, journal): (Vec<Change>, Vec<Change>) = minicbor::decode(&bytes).unwrap();
        let replayed = self.replay(base.iter().chain(&journal));
        self.ledger.wake(self.now);
        assert_same(&self.ledger, &replayed);
        self.ledger = replayed;
        self.latest = self.latest.max(self.now.lease);
        self.model.wake(self.latest);
    }

    fn policy(&self) -> Policy {
        let lines: Vec<_> = self.model.lines.iter().map(|line| line.join(" ")).collect();
        policy(&lines.join("\n"), &self.model.book)
    }

    fn replay<'b>(&self, changes: impl Iterator<Item = &'b Change>) -> Ledger {
        let mut ledger = Ledger::new(self.model.book.clone(), self.policy(), PATIENCE, MOST_WAITING);
        changes.for_each(|change| ledger.apply(change));
        ledger.wake(Now { lease: self.latest.max(self.now.lease), ..self.now });
        ledger
    }

    /// The ledger shows what the model knows.
    fn compare(&self) {
        let mut place = 0;
        while let Some(feature) = self.ledger.feature(place) {
            for (pool, usage) in feature.pools() {
                assert_eq!(usage.in_use, self.model.out(pool), "the seats out of {:?}", pool.key);
            }
            place += 1;
        }
    }

    fn reach(&self, cell: (&'static str, &'static str)) {
        *self.reached.borrow_mut().entry(cell).or_default() += 1;
    }
}

fn assert_same(one: &Ledger, other: &Ledger) {
    assert_eq!(one.snapshot(), other.snapshot());
    assert_eq!(one.next_deadline(), other.next_deadline());
}

#[test]
fn random_histories_keep_every_promise() {
    let reached = RefCell::new(Reached::new());
    let steps = RefCell::new(0);
    let config =
        Config { cases: HISTORIES, failure_persistence: None, max_shrink_time: 30_000, ..Config::default() };
    let turn = (0..100u8, 0..CLIENTS, any::<u16>()).prop_map(Turn::of);
    let histories = proptest::collection::vec(turn, STEPS);
    let outcome = TestRunner::new(config).run(&histories, |turns| {
        let mut world = World::new(&reached);
        turns.iter().for_each(|turn| world.turn(turn));
        world.settle();
        let replayed = world.replay(world.everything.iter());
        world.ledger.wake(world.now);
        assert_same(&world.ledger, &replayed);
        *steps.borrow_mut() += turns.len();
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    assert_eq!(steps.into_inner(), HISTORIES as usize * STEPS);
    let reached: BTreeSet<_> = reached.into_inner().into_keys().collect();
    assert_eq!(reached, all_cells());
}
