//! Rereads, restarts and snapshots.

use core::time::Duration;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::bench::*;
use crate::code::Code;
use crate::host::HostId;
use crate::id::{FeatureName, LeaseNumber};
use crate::ledger::{Ask, Change, End, Event, LeaseState, LeaseView, Ledger, Request};
use crate::licence::{Absence, Pool};
use crate::time::LeaseTime;

fn ended(checkout: u8, why: End) -> Event {
    Event::Ended { checkout: id(checkout), why }
}

#[test]
fn a_pool_that_shrank_keeps_its_holders_and_lends_nothing() {
    let mut bench = Bench::new([pool("a", "solver", 3)]);
    for checkout in 1..=4 {
        bench.checkout(&waiting(checkout, "anna")).unwrap();
    }
    bench.serve(book([pool("a", "solver", 1)]));
    assert!(bench.settle().is_empty());
    assert_eq!(bench.in_use(0), 3);
    for (checkout, state) in [(1, "waiting"), (2, "waiting"), (3, "held")] {
        bench.ask(&Ask::Checkin(id(checkout), 1)).unwrap();
        bench.settle();
        assert_eq!(bench.state(4), state, "after {checkout} came back");
    }
}

#[test]
fn who_has_no_pool_any_more_is_told_why() {
    let mut bench = Bench::new([pool("a", "solver", 1), pool("b", "mesh", 1)]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&waiting(2, "bob")).unwrap();
    bench.checkout(&Request { feature: FeatureName::from("mesh"), ..request(3, "carl") }).unwrap();
    let feature = FeatureName::from("Solver");
    bench.serve(book([]).with_absences(vec![Absence {
        feature,
        code: Code::EXPIRED,
        why: "so".into(),
        seats: None,
    }]));
    assert_eq!(bench.ledger.next_deadline(), Some(LeaseTime(0)), "it has something to say at once");
    let events = bench.settle();
    assert_eq!(events, [ended(1, End::Expired), ended(2, End::Expired), ended(3, End::Removed)]);
}

#[test]
fn a_reread_finds_new_pools_for_those_who_wait() {
    let mut bench = Bench::new([pool("a", "solver", 1)]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&waiting(2, "bob")).unwrap();
    bench.checkout(&Request { machine: Default::default(), ..waiting(3, "carl") }).unwrap();
    let locked = Pool { hostids: vec![HostId::HostName("node9".into())], ..pool("locked", "solver", 9) };
    let newer = Pool { version: version("3.0"), ..pool("newer", "solver", 1) };
    bench.serve(book([pool("a", "solver", 1), locked, newer]));
    let events = bench.settle();
    assert_eq!(events.len(), 1);
    assert_eq!(bench.ledger.lease(&id(2)).unwrap().pool.unwrap().key.0.as_ref(), "newer");
    assert_eq!(bench.state(3), "waiting");
}

/// Gives `holders` each a seat of the pool, turns to the other book, and says what becomes of them.
fn renewed(old: Pool, holders: u8, new: impl Into<Vec<Pool>>) -> Vec<String> {
    let mut bench = Bench::new([old]);
    (1..=holders).for_each(|checkout| drop(bench.checkout(&request(checkout, "anna")).unwrap()));
    bench.serve(book(new));
    bench.settle();
    let pool = |lease: LeaseView<'_>| lease.pool.unwrap().key.0.to_string();
    (1..=holders).map(|it| bench.ledger.lease(&id(it)).map_or("none".into(), pool)).collect()
}

#[test]
fn holders_of_a_pool_that_is_gone_move_to_one_that_can_serve_them() {
    let newer = |key: &str, total| Pool { version: version("3.0"), ..pool(key, "solver", total) };
    let old = || Pool { version: version("2.5"), ..pool("f-2.5", "solver", 3) };
    let node = || vec![HostId::HostName("node1".into())];
    // The renewed pool goes first, then one for all machines, in the order of the book; but only as many as there are seats.
    assert_eq!(renewed(old(), 2, [newer("e-3.0", 9), newer("f-3.0", 9)]), ["f-3.0", "f-3.0"]);
    assert_eq!(renewed(old(), 3, [newer("e-3.0", 1), newer("f-3.0", 1)]), ["f-3.0", "e-3.0", "none"]);
    // A lower version will do if it was asked for, a lower one than that will not.
    assert_eq!(renewed(old(), 1, [pool("f-2", "solver", 1)]), ["f-2"]);
    assert_eq!(renewed(old(), 1, [Pool { version: version("1.9"), ..pool("f-1.9", "solver", 1) }]), ["none"]);
    // A lock is for the same machines only if it is the same.
    let locked = |key: &str| Pool { hostids: node(), ..newer(key, 1) };
    assert_eq!(renewed(old(), 1, [locked("g-3.0")]), ["none"]);
    assert_eq!(renewed(old(), 1, [locked("f-3.0")]), ["f-3.0"]);
    let windows = Pool { platforms: vec!["x64_n6".into()], ..newer("g-3.0", 1) };
    assert_eq!(renewed(old(), 1, [windows]), ["none"]);
    assert_eq!(renewed(old(), 1, [newer("other", 0)]), ["none"]);
}

#[test]
fn holders_move_before_anybody_who_waits_gets_their_seats() {
    let mut bench = Bench::new([pool("a-2", "solver", 2)]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&request(2, "bob")).unwrap();
    bench.checkout(&waiting(3, "carl")).unwrap();
    bench.serve(book([Pool { version: version("2.1"), ..pool("a-2.1", "solver", 2) }]));
    bench.settle();
    assert_eq!(bench.states(&[1, 2, 3]), "1 held 2 held 3 waiting");
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.states(&[1, 2, 3]), "1 unknown 2 held 3 held");
}

/// A ledger with something in every state, whose newest number has ended.
fn busy() -> Bench {
    let linger = Duration::from_secs(300);
    let mut bench = Bench::new([Pool { linger, ..pool("a", "solver", 2) }]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&request(2, "bob")).unwrap();
    bench.checkout(&waiting(3, "carl")).unwrap();
    bench.checkout(&waiting(4, "dora")).unwrap();
    bench.pass(Duration::from_secs(100));
    bench.ask(&Ask::Checkin(id(2), 1)).unwrap();
    bench.ask(&Ask::Resume(id(1))).unwrap();
    bench.ask(&Ask::Resume(id(3))).unwrap();
    bench.ask(&Ask::Hangup(id(1), 2)).unwrap();
    bench.ask(&Ask::Checkin(id(4), 1)).unwrap();
    bench
}

fn restored(bench: &Bench, changes: &[Change]) -> Bench {
    let book = bench.ledger.book().clone();
    let policy = policy("", &book);
    let mut ledger = Ledger::new(book, policy, PATIENCE, MOST_WAITING);
    changes.iter().for_each(|change| ledger.apply(change));
    ledger.wake(bench.now);
    Bench { ledger, now: bench.now }
}

#[test]
fn a_snapshot_is_short_and_makes_the_same_ledger_again() {
    let mut bench = busy();
    let snapshot = bench.ledger.snapshot();
    assert_eq!(snapshot.len(), 5, "granted; granted and lingering; queued; the numbers");
    let mut restored = restored(&bench, &snapshot);
    bench.ledger.wake(bench.now);
    assert_eq!(restored.ledger.snapshot(), bench.ledger.snapshot());
    assert_eq!(restored.ledger.next_deadline(), bench.ledger.next_deadline());
    assert_eq!(restored.states(&[1, 2, 3, 4]), "1 held 2 lingering 3 waiting 4 unknown");
    restored.checkout(&waiting(5, "emil")).unwrap();
    assert_eq!(restored.ledger.lease(&id(5)).unwrap().number, LeaseNumber(5));
}

#[test]
fn after_a_restart_everybody_has_time_to_be_heard_and_lingering_goes_on() {
    let mut bench = busy();
    let LeaseState::Lingering { from, until } = bench.ledger.lease(&id(2)).unwrap().state else { panic!() };
    assert_eq!((from, until), (LeaseTime(100_000_000), LeaseTime(400_000_000)));
    bench.pass(Duration::from_secs(10));
    let mut bench = restored(&bench, &bench.ledger.snapshot());
    assert!(bench.pass(SILENCE - Duration::from_secs(1)).is_empty());
    let events = bench.pass(Duration::from_secs(1));
    assert_eq!(events, [ended(1, End::Silent), ended(3, End::Silent)]);
    assert!(bench.pass(Duration::from_secs(400 - 110 - 120 - 1)).is_empty());
    assert_eq!(bench.pass(Duration::from_secs(1)), [ended(2, End::Lingered)]);
}

#[test]
fn an_event_survives_the_journal() {
    for change in busy().ledger.snapshot() {
        let bytes = minicbor::to_vec(&change).unwrap();
        assert_eq!(minicbor::decode::<Change>(&bytes).unwrap(), change);
    }
}
