//! What the options file decides. The sentences that the tests quote tell what FlexNet's public manuals say.

use std::string::String;
use std::vec::Vec;

use super::bench::*;
use crate::ledger::{Ask, Change, End, Event, Holder, Request};
use crate::licence::Pool;
use crate::licence::ast::DupGroup;
use crate::time::{Civil, Date, WallTime};

fn zone(_: WallTime) -> Civil {
    Civil { date: Date::parse("21-nov-2026").unwrap(), hour: 9, minute: 12, second: 0 }
}

/// `granted`, `queued`, or code and sentence.
fn answer(bench: &mut Bench, request: &Request) -> String {
    match bench.checkout(request) {
        Ok(Event::Granted(_)) => "granted".into(),
        Ok(Event::Queued { .. }) => "queued".into(),
        Ok(other) => panic!("{other:?}"),
        Err(denial) => std::format!("{} {}", denial.code.major(), denial.sentence(&zone)),
    }
}

/// "EXCLUDE: refuse (−38)."
#[test]
fn who_is_excluded_is_told_by_which_line() {
    let mut bench = Bench::under("# Our rules.\nEXCLUDE solver USER bob\n", [pool("a", "solver", 5)]);
    insta::assert_snapshot!(answer(&mut bench, &waiting(1, "bob")), @r#"-38 user bob is excluded from "solver" by acme.opt:2: EXCLUDE solver USER bob"#);
    assert_eq!(answer(&mut bench, &request(1, "anna")), "granted");
}

/// "INCLUDE: allow; once one exists for a feature, all not named are refused (−39)."
#[test]
fn who_is_not_included_is_told_by_which_line() {
    let mut bench = Bench::under("GROUP cae anna\nINCLUDE solver GROUP cae\n", [pool("a", "solver", 5)]);
    insta::assert_snapshot!(answer(&mut bench, &request(1, "bob")), @r#"-39 no INCLUDE line for "solver" names user bob; the first is acme.opt:2: INCLUDE solver GROUP cae"#);
    assert_eq!(answer(&mut bench, &request(1, "anna")), "granted");
}

/// "Any EXCLUDE match ⇒ deny −38, whatever INCLUDE says."
#[test]
fn a_refused_pool_is_passed_for_the_next() {
    let newer = Pool { version: version("3.0"), ..pool("b", "solver", 1) };
    let options = "INCLUDE solver USER bob\nEXCLUDE solver:VERSION=2.0 USER bob\n";
    let mut bench = Bench::under(options, [pool("a", "solver", 1), newer]);
    assert_eq!(answer(&mut bench, &request(1, "bob")), "granted");
    assert_eq!(bench.ledger.lease(&id(1)).unwrap().pool.unwrap().key.0.as_ref(), "b");
    assert!(
        answer(&mut bench, &request(2, "bob")).starts_with("-4 the only seat"),
        "the other is not for him"
    );
    assert!(answer(&mut bench, &request(3, "anna")).starts_with("-39 "), "that pool came closest");
}

/// "Options affect new requests only; existing checkouts survive a re-read. A client already out keeps its seat if newly
/// EXCLUDEd."
#[test]
fn a_new_policy_rules_over_who_asks_and_who_waits() {
    let mut bench = Bench::new([pool("a", "solver", 1)]);
    bench.checkout(&request(1, "bob")).unwrap();
    for (checkout, user) in [(2, "bob"), (3, "carl"), (4, "anna")] {
        bench.checkout(&waiting(checkout, user)).unwrap();
    }
    bench.rule("EXCLUDE solver USER bob\nINCLUDE solver USER anna\n");
    assert_eq!(bench.ledger.next_deadline(), Some(bench.now.lease), "it has something to say at once");
    let sentence = |checkout| bench.ledger.why_refused(&id(checkout)).map(|denial| denial.sentence(&zone));
    let sentences: Vec<_> = (1..=4).filter_map(sentence).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    user bob is excluded from "solver" by acme.opt:1: EXCLUDE solver USER bob
    no INCLUDE line for "solver" names user carl; the first is acme.opt:2: INCLUDE solver USER anna
    "#);
    let ended = |checkout, why| Event::Ended { checkout: id(checkout), why };
    assert_eq!(bench.settle(), [ended(2, End::Excluded), ended(3, End::NotIncluded)]);
    assert_eq!(
        bench.states(&[1, 2, 3, 4]),
        "1 held 2 unknown 3 unknown 4 waiting",
        "holders keep their seats"
    );
}

#[test]
fn an_end_by_a_rule_survives_the_journal() {
    let now = Bench::new([]).now;
    for why in [End::Excluded, End::NotIncluded, End::Limited] {
        let change = Change { at: now, event: Event::Ended { checkout: id(1), why } };
        let bytes = minicbor::to_vec(&change).unwrap();
        assert_eq!(minicbor::decode::<Change>(&bytes).unwrap(), change);
    }
}

/// "MAX n feature USER bob: at most n seats out for the name."
#[test]
fn a_limit_that_is_reached_is_told_with_its_line() {
    let mut bench = Bench::under("MAX 2 solver USER bob\n", [pool("a", "solver", 9)]);
    for checkout in 1..=2 {
        assert_eq!(answer(&mut bench, &request(checkout, "bob")), "granted");
    }
    insta::assert_snapshot!(answer(&mut bench, &request(3, "bob")), @r#"-87 you asked for 1 seat of "solver", and 2 of at most 2 are out for you by acme.opt:1: MAX 2 solver USER bob"#);
    insta::assert_snapshot!(answer(&mut bench, &Request { seats: 3, ..waiting(3, "bob") }), @r#"-87 you asked for 3 seats of "solver", and at most 2 may be out for you by acme.opt:1: MAX 2 solver USER bob"#);
    assert_eq!(answer(&mut bench, &request(4, "anna")), "granted");
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    assert_eq!(answer(&mut bench, &request(3, "bob")), "granted");
}

/// "On a GROUP the limit is the group's total"; "all of user-, host-, group-, project-MAX must hold at once."
#[test]
fn all_limits_must_hold_and_the_first_that_does_not_is_named() {
    let options = "GROUP cae anna bob\nMAX 3 solver GROUP cae\nMAX 2 solver USER ALL_USERS\n";
    let mut bench = Bench::under(options, [pool("a", "solver", 9)]);
    for (checkout, user) in [(1, "anna"), (2, "anna"), (3, "bob")] {
        assert_eq!(answer(&mut bench, &request(checkout, user)), "granted");
    }
    assert!(answer(&mut bench, &request(4, "anna")).ends_with("acme.opt:2: MAX 3 solver GROUP cae"));
    bench.ask(&Ask::Checkin(id(3), 1)).unwrap();
    assert!(answer(&mut bench, &request(4, "anna")).ends_with("acme.opt:3: MAX 2 solver USER ALL_USERS"));
    assert_eq!(answer(&mut bench, &request(4, "bob")), "granted");
    for checkout in 5..=6 {
        assert_eq!(answer(&mut bench, &request(checkout, "carl")), "granted", "each user by himself");
    }
}

#[test]
fn whom_a_limit_blocks_others_pass() {
    let mut bench = Bench::under("MAX 2 solver USER bob\n", [pool("a", "solver", 3)]);
    bench.checkout(&Request { seats: 2, ..request(1, "bob") }).unwrap();
    bench.checkout(&Request { seats: 2, ..waiting(2, "bob") }).unwrap();
    bench.checkout(&waiting(3, "bob")).unwrap();
    assert_eq!(answer(&mut bench, &request(4, "anna")), "granted");
    assert_eq!(answer(&mut bench, &waiting(5, "carl")), "queued");
    let why = |bench: &Bench, checkout| bench.ledger.why_waiting(&id(checkout)).unwrap().sentence(&zone);
    assert!(why(&bench, 2).ends_with("acme.opt:1: MAX 2 solver USER bob"));
    assert!(why(&bench, 5).starts_with("all 3 seats"));
    bench.ask(&Ask::Checkin(id(4), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.states(&[1, 2, 3, 5]), "1 held 2 waiting 3 waiting 5 held");
    bench.ask(&Ask::Checkin(id(5), 1)).unwrap();
    bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.states(&[2, 3]), "2 held 3 waiting", "he waits for himself now");
    bench.ask(&Ask::Checkin(id(2), 1)).unwrap();
    bench.settle();
    assert_eq!(bench.state(3), "held");
}

#[test]
fn a_smaller_request_passes_a_larger_one_that_its_own_limit_blocks() {
    let mut bench = Bench::under("MAX 2 solver USER bob\n", [pool("a", "solver", 9)]);
    bench.checkout(&request(1, "bob")).unwrap();
    bench.checkout(&Request { seats: 2, ..waiting(2, "bob") }).unwrap();
    assert_eq!(answer(&mut bench, &waiting(3, "bob")), "granted", "there is room for one more of his");
}

/// Whoever shares a seat counts it once, and takes no more when it is out already.
#[test]
fn shared_seats_count_once_against_a_limit() {
    let by_host = DupGroup::By { user: false, host: true, display: false, vendor: false };
    let shared = Pool { dup_group: by_host, ..pool("a", "solver", 9) };
    let mut bench = Bench::under("MAX 1 solver USER bob\n", [shared]);
    bench.checkout(&request(1, "bob")).unwrap();
    assert_eq!(answer(&mut bench, &request(2, "bob")), "granted", "on the same host");
    let mut elsewhere = request(3, "bob");
    elsewhere.holder.host = "node2".into();
    assert!(answer(&mut bench, &elsewhere).starts_with("-87 "));
    let anna = Request {
        checkout: id(4),
        holder: Holder { user: "anna".into(), ..elsewhere.holder.clone() },
        ..elsewhere.clone()
    };
    assert_eq!(answer(&mut bench, &anna), "granted");
    assert_eq!(answer(&mut bench, &elsewhere), "granted", "he takes none, now that she has one there");
}

#[test]
fn a_new_limit_rules_over_who_asks_and_who_waits() {
    let mut bench = Bench::new([pool("a", "solver", 3)]);
    for checkout in 1..=3 {
        bench.checkout(&request(checkout, "bob")).unwrap();
    }
    bench.checkout(&Request { seats: 3, ..waiting(4, "bob") }).unwrap();
    bench.checkout(&waiting(5, "bob")).unwrap();
    bench.checkout(&waiting(6, "anna")).unwrap();
    bench.rule("MAX 2 solver USER bob\n");
    assert_eq!(
        bench.settle(),
        [Event::Ended { checkout: id(4), why: End::Limited }],
        "it can never be served"
    );
    assert_eq!(bench.in_use(0), 3, "holders keep their seats");
    for (returned, states) in [(1, "5 waiting 6 held"), (2, "5 held 6 held")] {
        bench.ask(&Ask::Checkin(id(returned), 1)).unwrap();
        bench.settle();
        assert_eq!(bench.states(&[5, 6]), states, "after {returned} came back");
    }
}
