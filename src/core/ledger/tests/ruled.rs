//! What the options file decides. The sentences that the tests quote tell what FlexNet's public manuals say.

use std::string::String;
use std::vec::Vec;

use super::bench::*;
use crate::ledger::{Change, End, Event, Request};
use crate::licence::Pool;
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
    for why in [End::Excluded, End::NotIncluded] {
        let change = Change { at: now, event: Event::Ended { checkout: id(1), why } };
        let bytes = minicbor::to_vec(&change).unwrap();
        assert_eq!(minicbor::decode::<Change>(&bytes).unwrap(), change);
    }
}
