//! Status pages of a ledger.

use core::time::Duration;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::code::Code;
use crate::id::{CheckoutId, FeatureName, VendorName};
use crate::ledger::{Ask, Holder, Machine, Patience, Request};
use crate::licence::ast::DupGroup;
use crate::licence::{Absence, Book, PoolKey, Proof, Seats};
use crate::options::Policy;
use crate::time::{Date, LeaseTime};
use crate::version::Version;

fn pool(key: &str, feature: &str, total: u32) -> Pool {
    Pool {
        key: PoolKey(key.into()),
        feature: FeatureName::from(feature),
        version: Version::parse("2.0").unwrap(),
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

fn id(number: u16) -> CheckoutId {
    let [high, low] = number.to_be_bytes();
    CheckoutId::new([high, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// At second 1000 + `number` on the wall.
fn at(number: u16) -> Now {
    Now { lease: LeaseTime(u64::from(number)), wall: WallTime(1000 + i64::from(number)) }
}

fn ask(ledger: &mut Ledger, number: u16, ask: &Ask) {
    let change = ledger.decide(at(number), ask).unwrap();
    ledger.apply(&change);
}

fn check_out(ledger: &mut Ledger, number: u16, feature: &str, user: &str) {
    let request = Request {
        checkout: id(number),
        holder: Holder {
            user: user.into(),
            host: "node1".into(),
            display: ":0".into(),
            pid: 7,
            ..Holder::default()
        },
        address: None,
        machine: Machine::default(),
        feature: FeatureName::from(feature),
        version: Version::parse("1.5").unwrap(),
        seats: 1,
        wait: true,
    };
    ask(ledger, number, &Ask::Checkout(request));
}

fn ledger(pools: Vec<Pool>, absences: Vec<Absence>) -> Ledger {
    let patience = Patience { silence: Duration::from_secs(120), grace: Duration::from_secs(20) };
    let book = Book::of(VendorName::from("acme"), pools).with_absences(absences);
    let policy = Policy::open(&book);
    Ledger::new(book, policy, patience, 1000)
}

fn everything() -> StatusAsk {
    StatusAsk { feature: None, users: true, after: None }
}

/// All pages, and how many rows each has.
fn read(ledger: &Ledger, ask: &StatusAsk) -> (Vec<Row>, Vec<usize>) {
    let (mut rows, mut sizes, mut ask) = (Vec::new(), Vec::new(), ask.clone());
    loop {
        let page = page(ledger, at(500), &ask);
        assert!(minicbor::to_vec(&page).unwrap().len() <= limit::FRAME - 128, "it fits into a frame");
        sizes.push(page.rows.len());
        rows.extend(page.rows);
        ask.after = page.next;
        if ask.after.is_none() {
            return (rows, sizes);
        }
    }
}

fn line(row: &Row) -> String {
    match row {
        Row::Feature { name, issued, in_use, waiting } => {
            format!("{name}: {in_use} of {issued:?}, {waiting} wait")
        }
        Row::Absent { name, why, seats } => format!("{name}: {seats:?} not served, {why}"),
        Row::Pool { version, expiry, vendor_string, lock, issued, in_use } => {
            format!("  pool {version} {expiry} {vendor_string:?} {lock:?}: {in_use} of {issued:?}")
        }
        Row::Lease { holder, version, lease, since, seats, linger } => {
            let user = &holder.user;
            format!("    {user} v{version} #{lease} since {}, {seats} seats, linger {linger:?}", since.0)
        }
        Row::Waiting { holder, version, lease, since, seats } => {
            format!("    {} v{version} #{lease} waits since {} for {seats}", holder.user, since.0)
        }
    }
}

fn lines(rows: &[Row]) -> String {
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn small_ledger() -> Ledger {
    let absence = |feature: &str| Absence {
        feature: FeatureName::from(feature),
        code: Code::EXPIRED,
        why: "expired on 30-jun-2025 (acme.lic:4)".into(),
        seats: Some(5),
    };
    let expiry = Expiry::On(Date::new(2027, 12, 31).unwrap());
    let linger = Duration::from_secs(60);
    let hostids = vec![HostId::HostName("node1".into()), HostId::Any];
    let edu = Pool { vendor_string: Some("edu".into()), expiry, linger, ..pool("edu", "solver", 2) };
    let locked = Pool { minimum: 2, hostids, ..pool("locked", "solver", 2) };
    let uncounted = Pool { seats: Seats::Uncounted, ..pool("free", "mesh", 0) };
    let mut ledger =
        ledger(vec![edu, locked, uncounted], vec![absence("post"), absence("post"), absence("solver")]);
    for (number, user) in [(1, "anna"), (2, "bob"), (3, "carl"), (4, "dora"), (5, "emil")] {
        check_out(&mut ledger, number, "solver", user);
    }
    ledger
}

#[test]
fn rows_stand_in_the_order_in_which_they_are_printed() {
    let mut ledger = small_ledger();
    check_out(&mut ledger, 6, "mesh", "fred");
    ask(&mut ledger, 7, &Ask::Checkin(id(1), 1));
    insta::assert_snapshot!(lines(&read(&ledger, &everything()).0), @r#"
    mesh: 1 of None, 0 wait
      pool 2.0 permanent None Floating: 1 of None
        fred v1.5 #6 since 1006, 1 seats, linger None
    solver: 4 of Some(4), 2 wait
      pool 2.0 31-dec-2027 Some("edu") Floating: 2 of Some(2)
        anna v1.5 #1 since 1001, 1 seats, linger Some((59, 60))
        bob v1.5 #2 since 1002, 1 seats, linger None
      pool 2.0 permanent None Nodes("HOSTNAME=node1 ANY"): 2 of Some(2)
        carl v1.5 #3 since 1003, 2 seats, linger None
        dora v1.5 #4 waits since 1004 for 1
        emil v1.5 #5 waits since 1005 for 1
    post: Some(10) not served, expired on 30-jun-2025 (acme.lic:4)
    "#);
    insta::assert_snapshot!(lines(&read(&ledger, &StatusAsk { users: false, ..everything() }).0), @r#"
    mesh: 1 of None, 0 wait
      pool 2.0 permanent None Floating: 1 of None
    solver: 4 of Some(4), 2 wait
      pool 2.0 31-dec-2027 Some("edu") Floating: 2 of Some(2)
      pool 2.0 permanent None Nodes("HOSTNAME=node1 ANY"): 2 of Some(2)
    post: Some(10) not served, expired on 30-jun-2025 (acme.lic:4)
    "#);
    let one = StatusAsk { feature: Some(FeatureName::from("MESH")), ..everything() };
    insta::assert_snapshot!(lines(&read(&ledger, &one).0), @r"
    mesh: 1 of None, 0 wait
      pool 2.0 permanent None Floating: 1 of None
        fred v1.5 #6 since 1006, 1 seats, linger None
    ");
    let unknown = StatusAsk { feature: Some(FeatureName::from("solvr")), ..everything() };
    assert_eq!(page(&ledger, at(9), &unknown), StatusPage { rows: Vec::new(), next: None });
}

#[test]
fn pages_are_short_and_together_hold_everything() {
    let mut ledger = ledger(vec![pool("a", "solver", 500), pool("b", "mesh", 1)], Vec::new());
    (1..=700).for_each(|number| check_out(&mut ledger, number, "solver", "anna"));
    let (rows, sizes) = read(&ledger, &everything());
    assert_eq!(sizes, [128, 128, 128, 128, 128, 64]);
    let numbers = rows.iter().filter_map(|row| match row {
        Row::Lease { lease, .. } | Row::Waiting { lease, .. } => Some(lease.0),
        Row::Feature { .. } | Row::Absent { .. } | Row::Pool { .. } => None,
    });
    assert!(numbers.eq(1..=700));
}

#[test]
fn long_names_make_fewer_rows_and_long_texts_are_cut() {
    let vendor_string = Some("ü".repeat(50_000));
    let mut ledger = ledger(vec![Pool { vendor_string, ..pool("a", "solver", 300) }], Vec::new());
    (1..=300).for_each(|number| check_out(&mut ledger, number, "solver", &"x".repeat(1000)));
    let (rows, sizes) = read(&ledger, &everything());
    assert_eq!(rows.len(), 302);
    assert!(sizes.len() > 4 && sizes.iter().all(|size| *size > 0), "{sizes:?}");
    let Row::Pool { vendor_string: Some(text), .. } = &rows[1] else { panic!("{:?}", rows[1]) };
    assert_eq!(text.len(), TEXT);
}

#[test]
fn a_cursor_may_point_to_what_is_gone() {
    let mut ledger = small_ledger();
    let told = |ledger: &Ledger, part| {
        let after = Some(Cursor { feature: 1, part });
        line(&page(ledger, at(9), &StatusAsk { after, ..everything() }).rows[0])
    };
    let after_anna = Part::Leases { pool: 0, since: WallTime(1001), lease: LeaseNumber(1) };
    let after_dora = Part::Tickets { after: LeaseNumber(4) };
    ask(&mut ledger, 8, &Ask::Checkin(id(4), 1));
    let there = (told(&ledger, after_anna), told(&ledger, after_dora));
    assert_eq!(there.0, "    bob v1.5 #2 since 1002, 1 seats, linger None");
    assert_eq!(there.1, "    emil v1.5 #5 waits since 1005 for 1");
    for number in [u32::MAX, 7] {
        let after = Some(Cursor { feature: number, part: Part::Pool { pool: number } });
        assert_eq!(page(&ledger, at(9), &StatusAsk { after, ..everything() }).next, None);
    }
    let book = Book::of(VendorName::from("acme"), Vec::new());
    let policy = Policy::open(&book);
    ledger.serve(book, policy);
    let (rows, _) =
        read(&ledger, &StatusAsk { after: Some(Cursor { feature: 0, part: after_anna }), ..everything() });
    assert_eq!(lines(&rows), "    emil v1.5 #5 waits since 1005 for 1");
}
