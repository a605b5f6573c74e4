//! Who gets a seat from which pool, and who waits.

use core::time::Duration;
use std::vec;

use super::bench::*;
use crate::host::HostId;
use crate::ledger::{Ask, End, Event, Grant, Request};
use crate::licence::ast::DupGroup;
use crate::licence::{Pool, Seats};

const USER: DupGroup = DupGroup::By { user: true, host: false, display: false, vendor: false };

/// The key of the pool that a checkout of `request` gets its seats from.
fn granted_from(bench: &mut Bench, request: &Request) -> std::string::String {
    match bench.checkout(request) {
        Ok(Event::Granted(Grant { pool, .. })) => pool.0.into(),
        other => panic!("not granted: {other:?}"),
    }
}

fn seats(seats: u32, request: Request) -> Request {
    Request { seats, ..request }
}

#[test]
fn seats_go_out_wait_and_come_back() {
    let mut bench = Bench::new([pool("a", "solver", 2)]);
    for (checkout, user) in [(1, "anna"), (2, "bob"), (3, "carl"), (4, "dora")] {
        bench.checkout(&waiting(checkout, user)).unwrap();
    }
    assert_eq!(bench.states(&[1, 2, 3, 4]), "1 held 2 held 3 waiting 4 waiting");
    assert_eq!((bench.ledger.position(&id(3)), bench.ledger.position(&id(4))), (Some(1), Some(2)));
    assert!(bench.settle().is_empty());
    bench.ask(&Ask::Checkin(id(2), 1)).unwrap();
    assert_eq!(bench.settle().len(), 1);
    assert_eq!(bench.states(&[1, 2, 3, 4]), "1 held 2 unknown 3 held 4 waiting");
    assert_eq!((bench.ledger.position(&id(3)), bench.ledger.position(&id(4))), (None, Some(1)));
    let ended = bench.pass(SILENCE + Duration::from_secs(1));
    assert!(ended.contains(&Event::Ended { checkout: id(1), why: End::Silent }));
    assert_eq!(bench.in_use(0), 0);
    assert_eq!(bench.ledger.next_deadline(), None);
}

#[test]
fn pools_are_tried_in_the_books_order() {
    let locked = Pool { hostids: vec![HostId::HostName("node9".into())], ..pool("locked", "solver", 9) };
    let old = Pool { version: version("1.0"), ..pool("old", "solver", 9) };
    let large = Pool { version: version("3.0"), ..pool("large", "solver", 3) };
    let mut bench = Bench::new([old, locked, pool("small", "solver", 1), large]);
    assert_eq!(granted_from(&mut bench, &request(1, "anna")), "small");
    assert_eq!(granted_from(&mut bench, &request(2, "anna")), "large");
    let mut own = request(3, "anna");
    own.machine.facts.names.push("node9".into());
    assert_eq!(granted_from(&mut bench, &own), "locked");
    let modest = Request { version: version("0.5"), ..request(4, "anna") };
    assert_eq!(granted_from(&mut bench, &modest), "old");
}

#[test]
fn a_request_takes_all_its_seats_from_one_pool() {
    let mut bench = Bench::new([pool("a", "solver", 2), pool("b", "solver", 2)]);
    bench.checkout(&request(1, "anna")).unwrap();
    assert_eq!(granted_from(&mut bench, &seats(2, request(2, "bob"))), "b");
    assert_eq!(bench.checkout(&seats(2, request(3, "carl"))).unwrap_err().code.major(), -4);
    assert_eq!(bench.checkout(&seats(3, request(4, "dora"))).unwrap_err().code.major(), -26);
}

#[test]
fn minimum_and_overdraft_are_counted() {
    let overdraft = Seats::Counted { total: 3, overdraft: 1 };
    let mut bench = Bench::new([Pool { minimum: 2, seats: overdraft, ..pool("a", "solver", 0) }]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&seats(2, request(2, "bob"))).unwrap();
    assert_eq!(bench.in_use(0), 4);
    assert_eq!(bench.ledger.lease(&id(1)).unwrap().seats, 2);
    assert_eq!(bench.checkout(&request(3, "carl")).unwrap_err().code.major(), -4);
    assert_eq!(bench.checkout(&seats(5, request(3, "carl"))).unwrap_err().code.major(), -26);
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    assert_eq!(bench.in_use(0), 2);
}

#[test]
fn a_group_has_out_what_its_largest_member_takes() {
    let mut bench = Bench::new([Pool { dup_group: USER, ..pool("a", "solver", 4) }]);
    let steps = [(1, "anna", 1, 1), (2, "anna", 3, 3), (3, "anna", 2, 3), (4, "bob", 1, 4), (5, "bob", 1, 4)];
    for (checkout, user, count, out) in steps {
        bench.checkout(&seats(count, request(checkout, user))).unwrap();
        assert_eq!(bench.in_use(0), out, "after {checkout}");
    }
    for (checkout, out) in [(2, 3), (4, 3), (3, 2), (1, 1), (5, 0)] {
        bench.ask(&Ask::Checkin(id(checkout), 1)).unwrap();
        assert_eq!(bench.in_use(0), out, "after {checkout} came back");
    }
}

#[test]
fn groups_agree_in_everything_that_is_named() {
    let by = |user, host, display, vendor| DupGroup::By { user, host, display, vendor };
    let anna = |checkout| request(checkout, "anna");
    let mut others = [request(2, "bob"), anna(3), anna(4), anna(5)];
    others[1].holder.host = "node2".into();
    others[2].holder.display = ":1".into();
    others[3].holder.data = "x".into();
    let table = [
        (DupGroup::None, 5),
        (DupGroup::Site, 1),
        (by(true, false, false, false), 2),
        (by(false, true, false, false), 2),
        (by(false, false, true, false), 2),
        (by(false, false, false, true), 2),
        (by(true, true, true, true), 5),
    ];
    for (dup_group, out) in table {
        let mut bench = Bench::new([Pool { dup_group, ..pool("a", "solver", 9) }]);
        bench.checkout(&anna(1)).unwrap();
        for other in &others {
            bench.checkout(other).unwrap();
        }
        assert_eq!(bench.in_use(0), out, "{dup_group:?}");
    }
}

#[test]
fn small_requests_do_not_starve_a_large_one() {
    let mut bench = Bench::new([pool("a", "solver", 4)]);
    for checkout in 1..=4 {
        bench.checkout(&request(checkout, "anna")).unwrap();
    }
    bench.checkout(&seats(3, waiting(5, "bob"))).unwrap();
    for (free, newcomer) in [(1, 6), (2, 7)] {
        bench.ask(&Ask::Checkin(id(free), 1)).unwrap();
        assert!(bench.settle().is_empty());
        assert_eq!(bench.checkout(&request(newcomer, "carl")).unwrap_err().code.major(), -4);
        bench.checkout(&waiting(newcomer, "carl")).unwrap();
    }
    bench.ask(&Ask::Checkin(id(3), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.states(&[5, 6, 7]), "5 held 6 waiting 7 waiting");
}

#[test]
fn who_needs_no_seat_of_his_own_passes_the_queue() {
    let mut bench = Bench::new([Pool { dup_group: USER, ..pool("a", "solver", 1) }]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.checkout(&waiting(2, "bob")).unwrap();
    bench.checkout(&waiting(3, "carl")).unwrap();
    bench.checkout(&waiting(4, "bob")).unwrap();
    bench.checkout(&request(5, "anna")).unwrap();
    assert_eq!(bench.states(&[2, 3, 4, 5]), "2 waiting 3 waiting 4 waiting 5 held");
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    assert!(bench.settle().is_empty());
    bench.ask(&Ask::Checkin(id(5), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.states(&[2, 3, 4]), "2 held 3 waiting 4 held");
}

#[test]
fn a_ticket_is_served_by_whichever_of_its_pools_is_free_first() {
    let mut bench = Bench::new([pool("a", "solver", 1), pool("b", "solver", 1)]);
    for checkout in 1..=4 {
        bench.checkout(&waiting(checkout, "anna")).unwrap();
    }
    bench.ask(&Ask::Checkin(id(2), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.ledger.lease(&id(3)).unwrap().pool.unwrap().key.0.as_ref(), "b");
    assert_eq!(bench.state(4), "waiting");
}

#[test]
fn uncounted_pools_grant_always() {
    let mut bench = Bench::new([Pool { seats: Seats::Uncounted, ..pool("a", "solver", 0) }]);
    for checkout in 1..=200 {
        bench.checkout(&seats(1_000_000, request(checkout, "anna"))).unwrap();
    }
    let feature = bench.ledger.feature(0).unwrap();
    assert_eq!(feature.pool(0).unwrap().1.issued, None);
    assert_eq!(feature.pool(0).unwrap().1.in_use, 200_000_000);
}

#[test]
fn a_lingering_seat_stays_out_but_its_group_may_share_it() {
    let linger = Duration::from_secs(60);
    let mut bench = Bench::new([Pool { linger, dup_group: USER, ..pool("a", "solver", 1) }]);
    bench.checkout(&request(1, "anna")).unwrap();
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    assert_eq!(bench.checkout(&request(2, "bob")).unwrap_err().code.major(), -4);
    bench.checkout(&request(3, "anna")).unwrap();
    assert_eq!(bench.pass(linger), [Event::Ended { checkout: id(1), why: End::Lingered }]);
    assert_eq!(bench.in_use(0), 1);
}

#[test]
fn a_clock_that_goes_back_changes_nothing() {
    let mut bench = Bench::new([pool("a", "solver", 1)]);
    bench.pass(Duration::from_secs(1000));
    bench.checkout(&request(1, "anna")).unwrap();
    let deadline = bench.ledger.next_deadline();
    bench.now.lease.0 = 0;
    bench.ask(&Ask::Heartbeat(id(1), 1)).unwrap();
    assert_eq!(bench.ledger.next_deadline(), deadline);
}
