//! What holds for every licence, whatever its lines.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::licence::ast::{Count, Statement};

/// A line that adds or moves seats.
fn line() -> impl Strategy<Value = String> {
    let attributes = proptest::collection::vec(
        prop_oneof![
            Just("BORROW"),
            Just("DUP_GROUP=UH"),
            Just("VENDOR_STRING=x"),
            Just("HOSTID=ANY"),
            Just("START=20-jun-2025"),
            Just("ISSUED=1-jan-2025"),
            Just("ISSUED=1-jan-2024 SUPERSEDE"),
            Just("SUPERSEDE=b ISSUED=3-jan-2024"),
            Just("OVERDRAFT=1"),
            Just("MINIMUM=2"),
            Just("sort=1"),
            Just("CAPACITY"),
        ],
        0..3,
    );
    let expiry = prop_oneof![4 => Just("permanent"), 2 => Just("18-jun-2025"), 1 => Just("1-jun-2025")];
    let feature = prop_oneof![Just("a"), Just("A"), Just("b"), Just("kit")];
    let count = prop_oneof![9 => (1u32..9).prop_map(|n| n.to_string()), 1 => Just("uncounted".to_string())];
    let seats = (any::<bool>(), feature.clone(), 1u32..4, expiry.clone(), count, attributes.clone())
        .prop_map(|(is_feature, feature, version, expiry, count, attributes)| {
            let keyword = if is_feature { "FEATURE" } else { "INCREMENT" };
            format!("{keyword} {feature} acme {version} {expiry} {count} {}", attributes.join(" "))
        });
    let upgrade = (feature, 1u32..4, 1u32..5, expiry, 1u32..9, attributes.clone()).prop_map(
        |(feature, from, to, expiry, count, attributes)| {
            format!("UPGRADE {feature} acme {from} {to} {expiry} {count} {}", attributes.join(" "))
        },
    );
    let package = (1u32..4, attributes).prop_map(|(version, attributes)| {
        format!("PACKAGE kit acme {version} COMPONENTS=\"a:2 b\" {}", attributes.join(" "))
    });
    prop_oneof![8 => seats, 2 => upgrade, 1 => package]
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(line(), 0..12)
}

fn text(lines: &[String]) -> String {
    // Two equal lines would count once.
    let numbered = lines.iter().enumerate().map(|(number, line)| format!("{line} SN={number}\n"));
    format!("{SERVER}{}", numbered.collect::<String>())
}

/// The seats that the lines name, and the overdrafts, all features together. A package makes two features of one.
fn named(text: &str) -> u64 {
    let (licence, _) = parse(&Source::new("", text));
    let seats = licence.statements.iter().filter_map(|line| {
        // The seats of an UPGRADE are taken from other lines; its overdraft is its own.
        let (seats, name, attributes) = match &line.node {
            Statement::Feature(line) => match line.count.node {
                Count::Counted(seats) => (u64::from(seats), &line.name.node, &line.attributes),
                Count::Uncounted => return None,
            },
            Statement::Upgrade(line) => (0, &line.name.node, &line.attributes),
            Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer | Statement::Package(_) => {
                return None;
            }
        };
        let overdraft = attributes.iter().filter(|part| part.node.name() == "OVERDRAFT").count() as u64;
        let times = if *name == FeatureName::from("kit") { 2 } else { 1 };
        Some(times * (seats + overdraft))
    });
    seats.sum()
}

/// Everything of a book that does not depend on the order of the lines.
fn sums(book: &Book) -> BTreeMap<PoolKey, (String, u32, Duration, String)> {
    let sums = book.pools().iter().map(|pool| {
        let seats = format!("{:?}", pool.seats);
        (pool.key.clone(), (seats, pool.minimum, pool.linger, pool.expiry.to_string()))
    });
    sums.collect()
}

proptest! {
    #[test]
    fn no_book_has_more_seats_than_its_lines_name(lines in lines()) {
        let text = text(&lines);
        let (book, _) = compile(TODAY, &[&text]);
        let served: u64 = book.pools().iter().map(|pool| match pool.seats {
            Seats::Counted { total, overdraft } => u64::from(total) + u64::from(overdraft),
            Seats::Uncounted => 0,
        }).sum();
        prop_assert!(served <= named(&text), "{served} seats of\n{text}");
    }

    #[test]
    fn increments_add_up_in_any_order(lines in lines().prop_map(|lines| {
        let is_increment = |line: &String| line.starts_with("INCREMENT") && !line.contains(" kit ");
        lines.into_iter().filter(is_increment).collect::<Vec<_>>()
    }), turn in 0usize..12) {
        let numbered: Vec<_> = lines.iter().enumerate().map(|(number, line)| format!("{line} SN={number}")).collect();
        let mut turned = numbered.clone();
        turned.rotate_left(turn % numbered.len().max(1));
        turned.reverse();
        let book = |lines: &[String]| compile(TODAY, &[&format!("{SERVER}{}", lines.join("\n"))]).0;
        prop_assert_eq!(sums(&book(&numbered)), sums(&book(&turned)));
    }

    #[test]
    fn pools_of_a_feature_stand_together_and_have_different_keys(lines in lines()) {
        let (book, _) = compile(TODAY, &[&text(&lines)]);
        let mut keys: Vec<_> = book.pools().iter().map(|pool| &pool.key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), book.pools().len());
        for (index, pool) in book.pools().iter().enumerate() {
            prop_assert!(book.find(&pool.feature).contains(&index));
            prop_assert_ne!(pool.seats, Seats::Counted { total: 0, overdraft: 0 });
        }
    }

    #[test]
    fn a_book_is_right_until_the_day_that_it_says(lines in lines()) {
        let text = text(&lines);
        let shown = |book: &Book| (sums(book), format!("{:?}", book.absences()));
        let (book, _) = compile(TODAY, &[&text]);
        let mut day = Date::parse(TODAY).unwrap();
        for _ in 0..8 {
            day = day.next();
            if book.next_change() == Some(day) {
                return Ok(());
            }
            let (later, _) = compile(&day.to_string(), &[&text]);
            prop_assert_eq!(shown(&later), shown(&book), "on {}\n{}", day, text);
        }
        prop_assert_eq!(book.next_change(), None);
    }

    #[test]
    fn nothing_that_can_be_parsed_makes_compile_panic(
        lines in lines(),
        edits in proptest::collection::vec((0usize..100, 0usize..8, word()), 1..6),
    ) {
        let mut words: Vec<Vec<_>> =
            lines.iter().map(|line| line.split_whitespace().collect()).filter(|line: &Vec<_>| !line.is_empty()).collect();
        for (line, place, word) in edits {
            if words.is_empty() {
                break;
            }
            let line = line % words.len();
            let place = place % words[line].len();
            words[line][place] = word;
        }
        let lines: Vec<_> = words.iter().map(|line| line.join(" ")).collect();
        let (book, _) = compile(TODAY, &[&text(&lines), &text(&lines[..lines.len() / 2])]);
        prop_assert!(book.pools().iter().all(|pool| pool.minimum > 0));
    }
}

/// A word that has no business where it is put, or is at the end of what is allowed.
fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "",
        "0",
        "4294967295",
        "4294967296",
        ".",
        "9999999999",
        "1-jan-0001",
        "31-dec-9999",
        "1-jan-0",
        "permanent",
        "kit",
        "acme",
        "other",
        "SERVER",
        "USE_SERVER",
        "SUPERSEDE_SIGN=\"a:00\"",
        "SUPERSEDE=\"a b kit\" ISSUED=1-jan-2025",
        "COMPONENTS=\"kit:1:4294967295 a::2 a\"",
        "OVERDRAFT=4294967295",
        "MINIMUM=0",
        "LINGER=4294967295",
        "HOSTID=DEMO",
        "DUP_GROUP=SITE",
        "START=31-dec-9999",
        "OPTIONS=SUITE",
        "sort=255",
        "\\\n",
        "#",
        "\"",
        "\u{a0}",
    ])
}
