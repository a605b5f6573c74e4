//! What is served of a licence text, on a day, on a host.

mod histories;
mod origins;
mod replacing;

use super::*;
use std::string::ToString;
use std::vec;

use crate::licence::{Signer, check, parse};

fn signer() -> Signer {
    Signer::new(&[0x42; 32])
}

fn host() -> HostFacts {
    HostFacts { key: Some([7; 32]), ethers: vec![[0, 0x50, 0x56, 0x0a, 0x1b, 0x2c]], ..HostFacts::default() }
}

/// Texts, each signed as a file of its own (`1.lic`, `2.lic`, …), compiled for `day` on [`host`].
fn compile(day: &str, texts: &[&str]) -> (Book, Vec<String>) {
    let signed: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| {
            let source = Source::new(format!("/etc/licgate/{number}.lic"), *text);
            let (licence, _) = parse(&source);
            let licence = signer().sign(&licence, &"acme".into());
            let (signed, refused) = check(&source, &licence, &"acme".into(), &signer().public());
            assert_eq!(refused, [], "{text}");
            (source, signed)
        })
        .collect();
    let files: Vec<_> = signed.iter().map(|(source, signed)| (source, signed)).collect();
    let at = Surroundings { today: Date::parse(day).unwrap(), host: &host() };
    let (book, diagnostics) = Book::compile(&"acme".into(), &files, &at);
    let said = diagnostics.iter().map(|(file, Diagnostic { severity, span, message, .. })| {
        let place = signed[*file].0.place(span.start);
        format!("{}.lic:{}:{}: {severity}: {message}", file + 1, place.line, place.column)
    });
    (book, said.collect())
}

/// One line for each pool: `feature version seats[+overdraft]`.
fn pools(book: &Book) -> Vec<String> {
    let shown = book.pools().iter().map(|pool| {
        let seats = match pool.seats {
            Seats::Counted { total, overdraft: 0 } => total.to_string(),
            Seats::Counted { total, overdraft } => format!("{total}+{overdraft}"),
            Seats::Uncounted => "uncounted".to_string(),
        };
        format!("{} {} {seats}", pool.feature, pool.version)
    });
    shown.collect()
}

fn absences(book: &Book) -> Vec<String> {
    let shown = book
        .absences()
        .iter()
        .map(|absence| format!("{} ({}): {}", absence.feature, absence.code.major(), absence.why));
    shown.collect()
}

const SERVER: &str = "SERVER lic1 ANY\nVENDOR acme\n";
const TODAY: &str = "15-jun-2025";

/// The pools of lines in one file with a SERVER line.
fn served(lines: &str) -> Vec<String> {
    pools(&compile(TODAY, &[&format!("{SERVER}{lines}")]).0)
}

#[test]
fn increments_add_up_and_of_features_the_first_counts() {
    assert_eq!(
        served("INCREMENT a acme 1.0 permanent 5\nINCREMENT A acme 1.00 30-jun-2025 3 SN=2 OVERDRAFT=1"),
        ["a 1.0 8+1"]
    );
    let (book, said) = compile(
        TODAY,
        &[&format!(
            "{SERVER}FEATURE a acme 1.0 1-jan-2025 9\nFEATURE a acme 1.0 permanent 5\nFEATURE a acme 2.0 permanent 7"
        )],
    );
    assert_eq!(pools(&book), ["a 1.0 5"]);
    assert_eq!(
        said,
        [
            "1.lic:3:1: warning: \"a\" expired on 1-jan-2025",
            "1.lic:5:1: warning: this line is never used: of several FEATURE lines of \"a\" the first counts"
        ]
    );
}

#[test]
fn a_copy_of_a_line_adds_no_seats() {
    let line = "INCREMENT a acme 1.0 permanent 5 sort=7\n";
    let text = format!("{SERVER}{line}{}", line.replace("sort=7", "sort=9 user_info=\"x\""));
    let (book, said) = compile(TODAY, &[&text, &text]);
    assert_eq!(pools(&book), ["a 1.0 5"]);
    assert_eq!(said.len(), 3);
    assert_eq!(said[0], "1.lic:4:1: warning: this line stands at 1.lic:3 already and counts once");
}

/// "lines merge into one count iff all of these are equal"
#[test]
fn twelve_attributes_keep_pools_apart_and_nothing_else_does() {
    for (attributes, count) in [
        ("", 1),
        ("SN=2", 1),
        (
            "NOTICE=x ISSUER=y ISSUED=1-jan-2025 START=1-jan-2025 sort=1 LINGER=9 MINIMUM=2 OVERDRAFT=1 TS_OK",
            1,
        ),
        ("DUP_GROUP=NONE", 1),
        ("BORROW", 2),
        ("BORROW=72", 2),
        ("DUP_GROUP=UH", 2),
        ("HOSTID=ANY", 2),
        ("PLATFORMS=i86_n", 2),
        ("VENDOR_STRING=x", 2),
        ("VENDOR_STRING=\"\"", 2),
    ] {
        let lines =
            format!("INCREMENT a acme 1.0 permanent 5\nINCREMENT a acme 1.0 permanent 3 {attributes} DIST=1")
                .replace(" DIST=1", " ISSUER=other")
                .replace("ISSUER=y", "");
        assert_eq!(served(&lines).len(), count, "{attributes}");
    }
    let lists = "INCREMENT a acme 1.0 permanent 5 HOSTID=\"0050560a1b2c ANY\" PLATFORMS=\"x y\"\n\
                 INCREMENT a acme 1.0 permanent 3 HOSTID=\"ANY 0050560A1B2C\" PLATFORMS=\"y x\"";
    assert_eq!(served(lists), ["a 1.0 8"]);
}

#[test]
fn the_strictest_minimum_and_the_longest_linger_of_a_pool_hold() {
    let lines = "INCREMENT a acme 1.0 permanent 5 MINIMUM=2\nINCREMENT a acme 1.0 permanent 3 LINGER=60";
    let (book, _) = compile(TODAY, &[&format!("{SERVER}{lines}")]);
    let pool = &book.pools()[0];
    assert_eq!((pool.minimum, pool.linger), (2, Duration::from_secs(60)));
}

/// The journal holds these keys: they are not to change, ever.
#[test]
fn pool_keys_are_fixed() {
    let (book, _) = compile(
        TODAY,
        &[&format!(
            "{SERVER}INCREMENT Solver acme 02024.060 permanent 5 BORROW=72 DUP_GROUP=UHD VENDOR_STRING=edu \
             HOSTID=\"DEMO ANY\" PLATFORMS=\"x64_lsb i86_n\"\nINCREMENT b acme 1 permanent uncounted HOSTID=ANY"
        )],
    );
    let keys: Vec<_> = book.pools().iter().map(|pool| &*pool.key.0).collect();
    assert_eq!(keys, ["f43d70d5a387efa8d8ec-1.", "7060ec4954f455cc0922-2024.06"]);
}

#[test]
fn a_line_holds_through_its_last_day_and_from_its_start() {
    let text = format!(
        "{SERVER}INCREMENT a acme 1.0 30-jun-2025 5\nINCREMENT a acme 1.0 permanent 3\n\
         INCREMENT a acme 1.0 permanent 2 START=1-jul-2025\nINCREMENT b acme 1.0 30-jun-2025 1"
    );
    let on = |day: &str| {
        let (book, _) = compile(day, &[&text]);
        let next = book.next_change().map(|day| day.to_string()).unwrap_or_default();
        let key = book.pools()[0].key.clone();
        (pools(&book), next, absences(&book), key)
    };
    let (served, next, absent, key) = on("30-jun-2025");
    assert_eq!(served, ["a 1.0 8", "b 1.0 1"]);
    assert_eq!(next, "1-jul-2025");
    assert_eq!(absent, ["a (-31): starts on 1-jul-2025 (1.lic:5)"]);
    let (served, next, absent, later_key) = on("1-jul-2025");
    assert_eq!(served, ["a 1.0 5"]);
    assert_eq!(next, "");
    assert_eq!(
        absent,
        ["a (-10): expired on 30-jun-2025 (1.lic:3)", "b (-10): expired on 30-jun-2025 (1.lic:6)"]
    );
    assert_eq!(key, later_key);
    assert_eq!(on(TODAY).1, "1-jul-2025");
}

#[test]
fn a_pool_expires_when_its_first_line_does_and_is_proved_by_its_last() {
    let text = format!("{SERVER}INCREMENT a acme 1.0 30-jun-2025 5\nINCREMENT a acme 1.0 31-dec-2025 3");
    let (book, _) = compile(TODAY, &[&text]);
    let pool = &book.pools()[0];
    assert_eq!(pool.expiry.to_string(), "30-jun-2025");
    assert_eq!(pool.proof.lines.len(), 1);
    assert!(
        pool.proof.lines[0].starts_with("INCREMENT a acme 1.0 31-dec-2025 3 SIGN="),
        "{}",
        pool.proof.lines[0]
    );
    assert_eq!(pool.proof.server_hostids, ["ANY"]);
}

/// flexnet: "Sort order"
#[test]
fn pools_are_tried_in_flexnets_order() {
    let first = format!(
        "{SERVER}\
         INCREMENT a acme 2.0 permanent 1\n\
         INCREMENT a acme 1.0 permanent 2\n\
         INCREMENT a acme 3.0 permanent uncounted HOSTID=ANY\n\
         FEATURE a acme 9.0 permanent 3\n\
         INCREMENT a acme 1.0 permanent 4 VENDOR_STRING=b\n\
         INCREMENT a acme 1.0 permanent 5 VENDOR_STRING=a\n\
         INCREMENT a acme 8.0 permanent 6 sort=99\n\
         INCREMENT a acme 0.1 permanent 7 sort=101\n\
         INCREMENT a acme 2.0 permanent 8 BORROW ISSUED=1-jan-2024\n\
         INCREMENT a acme 2.0 permanent 9 DUP_GROUP=U START=2-jan-2024\n\
         INCREMENT a acme 2.0 permanent 10 DUP_GROUP=H\n"
    );
    let second = format!("{SERVER}INCREMENT a acme 0.1 permanent 11 PLATFORMS=x\n");
    let seats: Vec<_> = pools(&compile(TODAY, &[&first, &second]).0)
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().to_string())
        .collect();
    assert_eq!(seats, ["6", "3", "uncounted", "2", "9", "8", "1", "10", "5", "4", "7", "11"]);
}

#[test]
fn pools_of_a_feature_are_found_whatever_the_case() {
    let (book, _) = compile(
        TODAY,
        &[&format!(
            "{SERVER}INCREMENT b acme 1.0 permanent 1\nINCREMENT a acme 1.0 permanent 2\nINCREMENT B acme 2.0 permanent 3"
        )],
    );
    assert_eq!(pools(&book), ["a 1.0 2", "b 1.0 1", "B 2.0 3"]);
    assert_eq!((book.find(&"B".into()), book.find(&"a".into())), (1..3, 0..1));
    assert!(book.find(&"aa".into()).is_empty());
    assert_eq!(book.pool(2).map(|pool| pool.version.as_str()), Some("2.0"));
    assert!(book.pool(3).is_none());
    assert_eq!(book.vendor(), &"acme".into());
}

#[test]
fn a_file_is_served_on_the_host_that_it_is_for() {
    let key = HostId::Key([7; 32]).to_string();
    let other = HostId::Key([8; 32]).to_string();
    let lines = "INCREMENT a acme 1.0 permanent 5\nFEATURE u acme 1.0 permanent uncounted HOSTID=ANY\n";
    for (servers, is_served) in [
        (format!("SERVER lic1 {key}"), true),
        ("SERVER lic1 0050560a1b2c".to_string(), true),
        (format!("SERVER lic1 \"{other} {key}\""), true),
        (format!("SERVER lic1 {other}"), false),
        ("SERVER lic1 0050560a1b2d".to_string(), false),
        (format!("SERVER lic1 \"{other} 0050560a1b2c\""), false),
        (format!("SERVER a {key} 1\nSERVER b {other} 1\nSERVER c ANY 1"), true),
        (format!("SERVER a {other} 1\nSERVER b {key} 1\nSERVER c ANY 1"), false),
        (String::new(), false),
    ] {
        let (book, _) = compile(TODAY, &[&format!("{servers}\nVENDOR acme\n{lines}")]);
        let expected = if is_served { vec!["a 1.0 5", "u 1.0 uncounted"] } else { vec!["u 1.0 uncounted"] };
        assert_eq!(pools(&book), expected, "{servers}");
    }
    let (book, said) = compile(TODAY, &[&format!("SERVER lic1 0050560A1B2D\nVENDOR acme\n{lines}"), lines]);
    let own = format!("{key} 0050560a1b2c");
    assert_eq!(
        said,
        [
            format!("1.lic:1:13: error: this file is for the licence host 0050560a1b2d; this host is {own}"),
            "2.lic:1:1: error: \"a\" is counted, but its file has no SERVER line".to_string(),
            "2.lic:2:1: warning: this line is never used: of several FEATURE lines of \"u\" the first counts"
                .to_string(),
        ]
    );
    assert_eq!(
        absences(&book)[..2],
        [
            "a (-9): is for another licence host, 0050560a1b2d (1.lic:3)",
            "a (-3): is counted, but its file has no SERVER line (2.lic:1)",
        ]
    );
}

#[test]
fn a_line_with_a_term_that_is_not_enforced_is_not_served() {
    for attribute in [
        "CAPACITY",
        "METERED",
        "USER_BASED",
        "HOST_BASED=2",
        "FLOAT_OK",
        "TZ=SERVERTZ",
        "VM_PLATFORMS=PHYSICAL",
        "SUITE_DUP_GROUP=U",
        "NEW_ONE=1",
        "LINGER=soon",
        "OVERDRAFT=1 OVERDRAFT=2",
    ] {
        let text = format!("{SERVER}INCREMENT a acme 1.0 permanent 5 {attribute}");
        let (book, said) = compile(TODAY, &[&text]);
        assert_eq!(pools(&book), [""; 0], "{attribute}");
        assert_eq!(book.absent(&"A".into()).len(), 1, "{attribute}");
        assert!(said[0].contains("so the line is not served"), "{said:?}");
    }
    assert_eq!(served("INCREMENT a acme 1.0 permanent uncounted"), [""; 0]);
    let (book, said) = compile(TODAY, &[&format!("{SERVER}INCREMENT a acme 1.0 permanent 5 METERED")]);
    assert_eq!(
        said,
        [
            "1.lic:3:34: error: \"a\" has METERED, which this version of licgate does not enforce, so the line is not served"
        ]
    );
    assert_eq!(
        absences(&book),
        ["a (-18): has METERED, which this version of licgate does not enforce (1.lic:3)"]
    );
}

#[test]
fn a_feature_that_is_not_served_is_told_with_its_seats() {
    let text = format!(
        "{SERVER}INCREMENT a acme 1.0 1-jan-2025 5\nINCREMENT a acme 1.0 permanent 2 METERED\n\
         FEATURE b acme 1.0 1-jan-2025 uncounted HOSTID=ANY\nUPGRADE c acme 1.0 2.0 permanent 7\n"
    );
    let (book, _) = compile(TODAY, &[&text]);
    let told: Vec<_> = book.absences().iter().map(|it| (it.feature.as_str(), it.seats)).collect();
    assert_eq!(told, [("a", Some(2)), ("a", Some(5)), ("b", None), ("c", None)]);
}

#[test]
fn other_vendors_lines_are_not_in_the_book() {
    assert_eq!(served("INCREMENT a other 1.0 permanent 5\nINCREMENT b acme 1.0 permanent 1"), ["b 1.0 1"]);
}
