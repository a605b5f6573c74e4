//! What a refusal says.

use core::time::Duration;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::bench::*;
use crate::code::Code;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::ledger::{Ask, Denial, End, Request};
use crate::licence::{Absence, Pool};
use crate::time::{Civil, Date, WallTime};

/// The calendar of the bench: its clock begins at 9:12 on Monday, the 28th of September 2026.
fn zone(time: WallTime) -> Civil {
    let seconds = time.0 - START + 9 * 3600 + 12 * 60;
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let small = |number: i64| u8::try_from(number).unwrap();
    Civil {
        date: (0..days).fold(Date::parse("28-sep-2026").unwrap(), |date, _| date.next()),
        hour: small(seconds / 3600),
        minute: small(seconds / 60 % 60),
        second: small(seconds % 60),
    }
}

fn text(denial: &Denial) -> String {
    std::format!("{} {}", denial.code.major(), denial.sentence(&zone))
}

#[test]
fn refusals_name_the_thing() {
    let node = Pool {
        version: version("2.5"),
        hostids: vec![HostId::HostName("node9".into()), HostId::Ether([0, 0x50, 0x56, 0x0a, 0x1b, 0x2c])],
        ..pool("node", "mesh", 5)
    };
    let platforms = vec!["i86_n".into(), "x64_lsb".into()];
    let linux = Pool { platforms, version: version("2.2"), ..pool("linux", "mesh", 3) };
    let mut bench = Bench::new([pool("a", "solver", 2), linux, node]);
    let absence = |feature: &str, code, why: &str| Absence {
        feature: FeatureName::from(feature),
        code,
        why: why.into(),
        seats: None,
    };
    let absences = vec![absence("post", Code::EXPIRED, "expired on 30-jun-2025 (acme.lic:4)")];
    let book = bench.ledger.book().clone();
    bench.serve(book.with_absences(absences));
    bench.checkout(&request(1, "anna")).unwrap();

    let ask = |feature: &str, asked: &str, seats| Request {
        feature: FeatureName::from(feature),
        version: version(asked),
        seats,
        ..request(9, "zoe")
    };
    let mut on_linux = ask("mesh", "2.1", 6);
    on_linux.machine.platform = "x64_lsb amd64".into();
    let asks = [
        Ask::Checkout(ask("solvr", "2.0", 1)),
        Ask::Checkout(ask("post", "2.0", 1)),
        Ask::Checkout(ask("mesh", "3.0", 1)),
        Ask::Checkout(ask("mesh", "2.5", 1)),
        Ask::Checkout(ask("mesh", "2.1", 1)),
        Ask::Checkout(on_linux),
        Ask::Checkout(ask("solver", "2.0", 3)),
        Ask::Checkout(ask("solver", "2.0", 2)),
        Ask::Checkout(ask("solver", "2.0", 0)),
        Ask::Checkout(Request { checkout: id(1), ..ask("solver", "2.0", 2) }),
        Ask::Heartbeat(id(1), 9),
        Ask::Resume(id(7)),
    ];
    let lines: Vec<_> = asks.iter().map(|ask| text(&bench.ask(ask).unwrap_err())).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    -5 the licence files name no feature "solvr"
    -10 "post" is not served: expired on 30-jun-2025 (acme.lic:4)
    -25 the highest version of "mesh" that is served is 2.5, you asked for 3.0
    -9 "mesh" is locked to machines with the host id HOSTNAME=node9 0050560a1b2c, which yours is not
    -89 "mesh" is for the platform i86_n x64_lsb only, which yours is not
    -26 you asked for 6 seats of "mesh", there are never more than 3
    -26 you asked for 3 seats of "solver", there are never more than 2
    -4 you asked for 2 seats of "solver" 2.0, 1 is free: anna@node1 since 09:12
    -42 a checkout is for at least one seat
    -42 this checkout id stands for other seats; choose a new one
    -42 this checkout has gone over to a newer connection of its client
    -41 the licence server knows no such checkout: it was given back or ended unheard; check out again
    "#);
}

#[test]
fn refusals_say_who_has_the_seats_and_since_when() {
    let mut bench = Bench::new([pool("a", "solver", 1), pool("b", "solver", 4)]);
    let mut lines = Vec::new();
    let mut deny = |bench: &mut Bench, seats| {
        let denial = bench.checkout(&Request { seats, ..request(99, "zoe") }).unwrap_err();
        lines.push(text(&denial));
    };
    bench.checkout(&request(1, "anna")).unwrap();
    bench.pass(Duration::from_secs(60));
    bench.checkout(&Request { seats: 2, ..request(2, "bob") }).unwrap();
    deny(&mut bench, 3);
    bench.checkout(&request(3, "carl")).unwrap();
    bench.checkout(&request(4, "dora")).unwrap();
    deny(&mut bench, 1);
    bench.checkout(&Request { seats: 3, ..waiting(5, "emil") }).unwrap();
    for checkout in 1..=5 {
        bench.ask(&Ask::Heartbeat(id(checkout), 1)).unwrap();
    }
    bench.ask(&Ask::Checkin(id(3), 1)).unwrap();
    bench.now.wall.0 += 86_400;
    deny(&mut bench, 2);
    deny(&mut bench, 1);
    bench.checkout(&waiting(7, "gina")).unwrap();
    lines.push(text(&bench.ledger.why_waiting(&id(7)).unwrap()));
    lines.push(text(&bench.ledger.why_waiting(&id(5)).unwrap()));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    -4 you asked for 3 seats of "solver" 2.0, 2 are free: bob@node1 since 09:13 (2 seats)
    -4 all 5 seats of "solver" 2.0 are in use: anna@node1 since 09:12, bob@node1 since 09:13 (2 seats), carl@node1 since 09:13, and 1 more
    -4 you asked for 2 seats of "solver" 2.0, 1 is free: bob@node1 since Mon 9/28 9:13 (2 seats), dora@node1 since Mon 9/28 9:13; 1 request waits already
    -4 1 seat of "solver" 2.0 is free, but others wait for them: anna@node1 since Mon 9/28 9:12, bob@node1 since Mon 9/28 9:13 (2 seats), dora@node1 since Mon 9/28 9:13; 1 request waits already
    -35 1 seat of "solver" 2.0 is free, but others wait for them: anna@node1 since Mon 9/28 9:12, bob@node1 since Mon 9/28 9:13 (2 seats), dora@node1 since Mon 9/28 9:13; 1 request waits already
    -35 you asked for 3 seats of "solver" 2.0, 1 is free: bob@node1 since Mon 9/28 9:13 (2 seats), dora@node1 since Mon 9/28 9:13
    "#);
}

#[test]
fn no_more_may_wait_than_are_allowed() {
    let mut bench = Bench::new([pool("a", "solver", 1), pool("b", "mesh", 1)]);
    bench.checkout(&request(0, "anna")).unwrap();
    for number in 1..=8 {
        bench.checkout(&waiting(number, "bob")).unwrap();
    }
    insta::assert_snapshot!(text(&bench.checkout(&waiting(9, "carl")).unwrap_err()), @r#"-24 no seat of "solver" is free, and 8 requests wait at this server already, which is all that may; try again later, or let its administrator raise `connections` in licgate.toml"#);
    let mesh = Request { feature: FeatureName::from("mesh"), ..waiting(10, "carl") };
    assert!(bench.checkout(&mesh).is_ok(), "who gets seats at once does not wait");
    assert!(bench.ask(&Ask::Resume(id(8))).is_ok(), "nobody who waits already is sent away");
    let book = bench.ledger.book().clone();
    bench.serve(book);
    assert!(bench.checkout(&waiting(9, "carl")).is_err(), "a reread makes no room");
    bench.ask(&Ask::Checkin(id(3), 1)).unwrap();
    bench.checkout(&waiting(9, "carl")).unwrap();
    assert!(bench.checkout(&waiting(11, "dora")).is_err());
    bench.ask(&Ask::Checkin(id(0), 1)).unwrap();
    bench.settle();
    bench.checkout(&waiting(11, "dora")).unwrap();
}

#[test]
fn ends_are_told_in_words() {
    let ends = [
        End::Returned,
        End::Silent,
        End::HungUp,
        End::Lingered,
        End::Expired,
        End::Removed,
        End::Excluded,
        End::NotIncluded,
        End::Limited,
    ];
    let feature = FeatureName::from("solver");
    let lines = ends.map(|end| std::format!("{} {}", end.code().major(), end.sentence(&feature)));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    -41 "solver" was given back
    -41 "solver" was taken back: its client was not heard in time
    -41 "solver" was taken back: its client did not reconnect in time
    -41 "solver" was given back and its linger time is over
    -10 the licence for "solver" has expired
    -92 "solver" is no longer in the licence files as it was when you got it
    -38 the options file excludes you from "solver" now
    -39 the options file includes you no longer for "solver"
    -87 the options file allows you fewer seats of "solver" now
    "#);
}
