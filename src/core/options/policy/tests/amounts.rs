//! How many seats, for how long, and for whom they are kept.

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use super::{book, limits, policy, pool, solver, terms};
use crate::licence::{Pool, Seats};
use crate::options::policy::{Limit, Reservation};

/// "MAX: the first matching specific line, then the ALL_ form"; "All of user-, host-, group-, project-MAX must hold at once."
#[test]
fn all_kinds_of_max_lines_apply_and_the_first_of_each_name() {
    let text = "GROUP cae bob anna\nGROUP fea bob\nHOST_GROUP nodes node1\n\
        MAX 2 solver USER bob\nMAX 9 solver USER bob\nMAX 3 solver GROUP cae\nMAX 4 solver GROUP fea\n\
        MAX 5 solver HOST node1\nMAX 6 solver HOST_GROUP nodes\nMAX 7 solver PROJECT wing\n\
        MAX 8 solver DISPLAY :0\nMAX 1 solver INTERNET 10.0.0.*\nMAX 1 solver USER ALL_USERS\n";
    let policy = policy(text, &solver());
    let bob = limits(&policy, "bob@node1/:0#wing,10.0.0.1", 0);
    assert_eq!(bob, [(4, 2), (6, 3), (7, 4), (8, 5), (9, 6), (10, 7), (11, 8), (12, 1)]);
    assert_eq!(limits(&policy, "anna@node2", 0), [(6, 3), (13, 1)]);
    assert_eq!(limits(&policy, "zoe@node2", 0), [(13, 1)]);
}

/// "Never position a MAX line that restricts USER user_name … after a MAX line that restricts USER ALL_USERS for the same
/// feature. … The positioning invalidates the restriction in the later line."
#[test]
fn a_line_behind_that_for_all_is_void() {
    let text = "GROUP cae bob\nMAX 1 solver USER ALL_USERS\nMAX 2 solver USER bob\n\
        MAX 3 solver GROUP ALL_GROUPS\nMAX 4 solver GROUP cae\nMAX 5 solver HOST ALL_HOSTS\nMAX 6 solver HOST node1";
    assert_eq!(limits(&policy(text, &solver()), "bob@node1", 0), [(2, 1), (4, 3), (6, 5)]);
}

/// "On a GROUP the limit is the group's total"; ALL_USERS means each user by himself, ALL_GROUPS each group.
#[test]
fn seats_are_counted_together_by_the_name_on_the_line() {
    let text = "GROUP cae anna bob\nGROUP fea carl\nHOST_GROUP nodes n1 n2\nMAX 3 solver GROUP cae\n\
        MAX 2 solver HOST_GROUP ALL_HOST_GROUPS\nMAX 1 solver USER ALL_USERS\nMAX 4 solver HOST ALL_HOSTS\n\
        MAX 5 solver GROUP ALL_GROUPS\nMAX 6 solver INTERNET 10.0.0.*\n";
    let book = book(vec![pool("solver", "1.0"), pool("solver", "2.0")]);
    let policy = policy(text, &book);
    let counters = |who: &str, pool| {
        let limits = terms(&policy, who, pool).limits;
        let line = |limit: &Limit| policy.rule(limit.counter.rule).unwrap().line;
        limits.iter().map(|limit| (line(limit), limit.counter.clone())).collect::<Vec<_>>()
    };
    let shared = |left: &str, right: &str| -> Vec<u32> {
        let right = counters(right, 1);
        counters(left, 0)
            .into_iter()
            .filter(|counter| right.contains(counter))
            .map(|(line, _)| line)
            .collect()
    };
    let sorted = |mut lines: Vec<u32>| {
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(shared("anna@n1,10.0.0.1", "bob@n2,10.0.0.2")), [4, 5, 9]);
    assert_eq!(sorted(shared("anna@n1", "anna@n1")), [4, 5, 6, 7]);
    assert_eq!(sorted(shared("anna@n1", "carl@n3")), [] as [u32; 0]);
    assert_eq!(sorted(shared("carl@n1", "carl@n3")), [6, 8]);
}

/// "RESERVE: one line = one name; lines add up; sum above the pool is cut off."
#[test]
fn reservations_add_up_by_name_to_at_most_the_pool() {
    let text = "GROUP cae bob anna\nRESERVE 2 solver GROUP cae\nRESERVE 3 solver USER bob\n\
        RESERVE 1 solver GROUP cae\nRESERVE 7 solver HOST node9\nRESERVE 1 solver USER zoe\n";
    let policy = policy(text, &solver());
    let all = &policy.pool(0).unwrap().reservations;
    let line = |it: &Reservation| policy.rule(it.rule).unwrap().line;
    assert_eq!(all.iter().map(|it| (line(it), it.seats)).collect::<Vec<_>>(), [(3, 3), (5, 4), (2, 3)]);
    let own = |who| terms(&policy, who, 0).reservations;
    // His own before his group's.
    assert_eq!(own("bob@x"), [0, 2]);
    assert_eq!(own("anna@node9"), [1, 2]);
    assert_eq!(own("zoe@x"), [] as [usize; 0]);
}

#[test]
fn a_reservation_takes_its_seats_from_the_first_pools_that_have_them() {
    let uncounted = Pool { seats: Seats::Uncounted, ..pool("solver", "3.0") };
    let book = book(vec![uncounted, pool("solver", "1.0"), pool("solver", "2.0")]);
    let policy =
        policy("RESERVE 8 solver USER a\nRESERVE 5 solver USER b\nRESERVE 1 solver:VERSION=2 USER c", &book);
    let seats = |pool| -> Vec<_> {
        policy
            .pool(pool)
            .unwrap()
            .reservations
            .iter()
            .map(|it| (policy.rule(it.rule).unwrap().line, it.seats))
            .collect()
    };
    assert_eq!(seats(0), []);
    assert_eq!(seats(1), [(1, 8), (2, 2)]);
    assert_eq!(seats(2), [(2, 3), (3, 1)]);
}

/// "MAX_OVERDRAFT caps OVERDRAFT"; "LINGER: publisher may set a minimum."
#[test]
fn overdraft_is_capped_and_linger_is_lengthened() {
    let lingering = Pool { linger: Duration::from_secs(600), ..pool("solver", "2.0") };
    let book = book(vec![lingering]);
    for (text, overdraft, linger) in [
        ("", 3, 600),
        ("MAX_OVERDRAFT solver 1\nLINGER solver 60", 1, 600),
        ("MAX_OVERDRAFT solver 9\nLINGER solver 3600", 3, 3600),
        ("MAX_OVERDRAFT solver 0\nMAX_OVERDRAFT solver 2\nLINGER solver 900\nLINGER solver 700", 2, 700),
        ("MAX_OVERDRAFT mesher 0\nLINGER solver:VERSION=1 900", 3, 600),
    ] {
        let policy = policy(text, &book);
        let terms = policy.pool(0).unwrap();
        assert_eq!((terms.overdraft, terms.linger), (overdraft, Duration::from_secs(linger)), "{text}");
    }
}

/// "TIMEOUT: effective = max(value, publisher minimum — default minimum 900 s) … Last matching wins."
#[test]
fn the_last_timeout_counts_and_none_is_below_fifteen_minutes() {
    for (text, seconds) in [
        ("", None),
        ("TIMEOUT solver 3600", Some(3600)),
        ("TIMEOUT solver 60", Some(900)),
        ("TIMEOUT solver 3600\nTIMEOUTALL 1800", Some(1800)),
        ("TIMEOUTALL 1800\nTIMEOUT solver 3600", Some(3600)),
        ("TIMEOUTALL 1800\nTIMEOUT mesher 3600", Some(1800)),
    ] {
        let policy = policy(text, &solver());
        assert_eq!(policy.pool(0).unwrap().timeout, seconds.map(Duration::from_secs), "{text}");
    }
}

/// "MAX_BORROW_HOURS shortens the line's BORROW hours; never lengthens; last line wins"; "BORROW_LOWWATER: n licences can
/// never be borrowed."
#[test]
fn borrowing_is_shortened_but_never_lengthened() {
    let lent = Pool { borrow: Some(168), ..pool("solver", "2.0") };
    let lent = book(vec![lent]);
    for (text, hours, hours_line, low_water) in [
        ("", 168, None, None),
        ("MAX_BORROW_HOURS solver 24\nBORROW_LOWWATER solver 3", 24, Some(1), Some((3, 2))),
        ("MAX_BORROW_HOURS solver 24\nMAX_BORROW_HOURS solver 48", 48, Some(2), None),
        ("MAX_BORROW_HOURS solver 24\nMAX_BORROW_HOURS solver 999", 168, None, None),
    ] {
        let policy = policy(text, &lent);
        let line = |rule| policy.rule(rule).unwrap().line;
        let terms = policy.pool(0).unwrap().borrow.unwrap();
        let found = (
            terms.hours,
            terms.hours_rule.map(line),
            terms.low_water.map(|(seats, rule)| (seats, line(rule))),
        );
        assert_eq!(found, (hours, hours_line, low_water), "{text}");
    }
    let never = policy("MAX_BORROW_HOURS solver 24\nBORROW_LOWWATER solver 3", &solver());
    assert_eq!(never.pool(0).unwrap().borrow, None);
}
