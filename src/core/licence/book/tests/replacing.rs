//! Lines that lift, unfold or replace others.

use super::*;

#[test]
fn upgrades_move_seats_up() {
    for (lines, pools) in [
        // The example of FlexNet's manual.
        ("FEATURE a acme 1 permanent 5\nUPGRADE a acme 1 2 permanent 2", vec!["a 1 3", "a 2 2"]),
        // From the closest line first, then from those before it.
        (
            "INCREMENT a acme 1.0 permanent 5\nINCREMENT a acme 1.5 permanent 1\nUPGRADE a acme 1 2 permanent 3",
            vec!["a 1.0 3", "a 2 3"],
        ),
        // Only what precedes, is of the feature, and lies from `from` to below `to`.
        (
            "INCREMENT a acme 2 permanent 5\nINCREMENT b acme 1 permanent 5\nUPGRADE a acme 1 2 permanent 3\n\
             INCREMENT a acme 1 permanent 5",
            vec!["a 1 5", "a 2 5", "b 1 5"],
        ),
        // What was lifted can be lifted on; nothing is made out of nothing.
        (
            "INCREMENT a acme 1 permanent 5\nUPGRADE a acme 1 2 permanent 2 OVERDRAFT=1\nUPGRADE a acme 2 3 permanent 9",
            vec!["a 1 3", "a 3 2"],
        ),
        // One UPGRADE line, one overdraft.
        (
            "INCREMENT a acme 1 permanent 1\nINCREMENT a acme 1 permanent 2 BORROW\nUPGRADE a acme 1 2 permanent 3 OVERDRAFT=1",
            vec!["a 2 3+1"],
        ),
        ("INCREMENT a acme 1 permanent 5\nUPGRADE a acme 1 2 1-jan-2025 2", vec!["a 1 5"]),
        ("INCREMENT a acme 1 1-jan-2025 5\nUPGRADE a acme 1 2 permanent 2", vec![]),
        (
            "INCREMENT a acme 1 permanent uncounted HOSTID=ANY\nUPGRADE a acme 1 2 permanent 2",
            vec!["a 1 uncounted"],
        ),
        ("INCREMENT a acme 1 permanent 5\nUPGRADE a acme 2 1 permanent 2", vec!["a 1 5"]),
        ("INCREMENT a acme 1 permanent 5\nUPGRADE a acme 1 2 permanent uncounted", vec!["a 1 5"]),
    ] {
        assert_eq!(served(lines), pools, "{lines}");
    }
    let text = format!("{SERVER}INCREMENT a acme 1 30-jun-2025 2\nUPGRADE a acme 1 2 permanent 3");
    let (book, said) = compile(TODAY, &[&text]);
    assert_eq!(book.pools()[0].expiry.to_string(), "30-jun-2025");
    assert_eq!(
        said,
        [
            "1.lic:4:1: warning: \"a\" lacks 1 of 3 seats to lift: no earlier line has more of a version from 1 and below 2"
        ]
    );
}

#[test]
fn a_package_gives_its_features_the_seats_of_the_line_that_enables_it() {
    let package = "PACKAGE kit acme 1.0 COMPONENTS=\"mesh:2.0:3 post\"\n";
    let text = format!("{SERVER}{package}INCREMENT kit acme 1.0 30-jun-2025 4 OVERDRAFT=1 HOSTID=ANY\n");
    let (book, said) = compile(TODAY, &[&text]);
    assert_eq!(pools(&book), ["mesh 2.0 12+3", "post 1.0 4+1"]);
    assert_eq!(said, [""; 0]);
    assert_eq!(
        absences(&book),
        ["kit (-125): is a package: check out one of its features (mesh, post) (1.lic:4)"]
    );
    assert_eq!(book.next_change().unwrap().to_string(), "1-jul-2025");
    let proof = &book.pools()[0].proof;
    assert!(proof.lines[0].starts_with("PACKAGE kit ") && proof.lines[1].starts_with("INCREMENT kit "));

    let elsewhere = format!("{SERVER}{package}");
    let enabling = format!("{SERVER}FEATURE kit acme 1.0 permanent 4");
    assert_eq!(pools(&compile(TODAY, &[&enabling, &elsewhere]).0), ["mesh 2.0 12", "post 1.0 4"]);
    for (lines, absent) in [
        (
            "PACKAGE kit acme 1.0 COMPONENTS=mesh\nINCREMENT kit acme 2.0 permanent 4".to_string(),
            vec![
                "kit (-82): enables no package: no PACKAGE line of version 2.0 was signed for the same SERVER host ids (1.lic:4)",
                "mesh (-82): is part of \"kit\", which no FEATURE or INCREMENT line enables today (1.lic:3)",
            ],
        ),
        (
            "PACKAGE kit acme COMPONENTS=mesh START=1-jul-2025\nINCREMENT kit acme 2.0 permanent 4"
                .to_string(),
            vec![
                "kit (-31): enables a package that starts on 1-jul-2025 (1.lic:4)",
                "mesh (-82): is part of \"kit\", which no FEATURE or INCREMENT line enables today (1.lic:3)",
            ],
        ),
        (
            "PACKAGE kit acme COMPONENTS=mesh OPTIONS=SUITE\nINCREMENT kit acme 2.0 permanent 4".to_string(),
            vec![
                "kit (-18): is a suite, which this version of licgate does not serve (1.lic:3)",
                "kit (-18): enables a package that is a suite, which this version of licgate does not serve (1.lic:4)",
                "mesh (-18): is part of \"kit\", which is a suite, which this version of licgate does not serve (1.lic:3)",
            ],
        ),
    ] {
        let (book, _) = compile(TODAY, &[&format!("{SERVER}{lines}")]);
        assert_eq!(pools(&book), [""; 0], "{lines}");
        assert_eq!(absences(&book), absent);
    }
}

#[test]
fn what_enables_a_package_is_no_feature_when_the_package_line_is_left_out() {
    let enabling = "INCREMENT kit acme 1.0 permanent 4\nINCREMENT a acme 1.0 permanent 1\n";
    let absent = "kit (-82): enables a package of which no PACKAGE line can be used";
    let elsewhere = "SERVER lic2 HOSTNAME=lic2\nPACKAGE kit acme COMPONENTS=mesh";
    let (book, said) = compile(TODAY, &[&format!("{SERVER}{enabling}"), elsewhere]);
    assert_eq!(pools(&book), ["a 1.0 1"]);
    assert_eq!(absences(&book)[1], format!("{absent} (1.lic:3)"));
    assert_eq!(said[0], "1.lic:3:1: error: \"kit\" enables a package of which no PACKAGE line can be used");
    let superseded = "PACKAGE kit acme COMPONENTS=mesh ISSUED=1-jan-2024\n\
                      PACKAGE kit2 acme COMPONENTS=mesh ISSUED=2-jan-2024 SUPERSEDE=kit\n";
    assert_eq!(served(&format!("{superseded}{enabling}")), ["a 1.0 1"]);

    let (licence, _) =
        parse(&Source::new("", format!("{SERVER}PACKAGE kit acme COMPONENTS=mesh\n{enabling}")));
    let text = signer().sign(&licence, &"acme".into()).to_string().replace("mesh", "a");
    let source = Source::new("acme.lic", text);
    let (signed, refused) = check(&source, &parse(&source).0, &"acme".into(), &signer().public());
    assert_eq!(refused.len(), 1);
    let at = Surroundings { today: Date::parse(TODAY).unwrap(), host: &host() };
    let (book, _) = Book::compile(&"acme".into(), &[(&source, &signed)], &at);
    assert_eq!(pools(&book), ["a 1.0 1"]);
    assert_eq!(absences(&book)[1], format!("{absent} (acme.lic:4)"));
}

#[test]
fn newer_lines_supersede_older_ones() {
    for (lines, pools) in [
        (
            "INCREMENT a acme 1 permanent 1 ISSUED=1-jan-2024\nINCREMENT a acme 1 permanent 2 ISSUED=2-jan-2024 SUPERSEDE",
            vec!["a 1 2"],
        ),
        // Lines without a date are older than any; the same day is not earlier; the order does not matter.
        (
            "INCREMENT a acme 1 permanent 2 ISSUED=2-jan-2024 SUPERSEDE\nINCREMENT a acme 1 permanent 1\n\
             INCREMENT a acme 1 permanent 4 ISSUED=2-jan-2024",
            vec!["a 1 6"],
        ),
        (
            "INCREMENT a acme 1 permanent 1\nINCREMENT b acme 1 permanent 1\nINCREMENT c acme 1 permanent 1\n\
             INCREMENT d acme 1 permanent 2 ISSUED=2-jan-2024 SUPERSEDE=\"a B\"",
            vec!["c 1 1", "d 1 2"],
        ),
        // What has been replaced does not come back, but what starts later replaces nothing yet.
        (
            "INCREMENT a acme 1 permanent 1\nINCREMENT a acme 1 1-jan-2025 2 ISSUED=2-jan-2024 SUPERSEDE",
            vec![],
        ),
        (
            "INCREMENT a acme 1 permanent 1\nINCREMENT a acme 1 permanent 2 ISSUED=2-jan-2024 START=1-jul-2025 SUPERSEDE",
            vec!["a 1 1"],
        ),
        ("INCREMENT a acme 1 permanent 1\nINCREMENT a acme 1 permanent 2 SUPERSEDE", vec!["a 1 1"]),
        (
            "PACKAGE k acme COMPONENTS=a\nPACKAGE k acme COMPONENTS=b SUPERSEDE ISSUED=1-jan-2024\n\
             INCREMENT k acme 1 permanent 1",
            vec!["b 1 1"],
        ),
    ] {
        assert_eq!(served(lines), pools, "{lines}");
    }
}

#[test]
fn a_line_can_name_the_signatures_that_it_supersedes() {
    let old = "INCREMENT a acme 1 permanent 1\nINCREMENT a acme 1 permanent 2\n";
    let (licence, _) = parse(&Source::new("", format!("{SERVER}{old}")));
    let signed = signer().sign(&licence, &"acme".into());
    let signature = signed.statements.iter().find_map(|line| {
        let line = sign::Signable::of(&line.node)?;
        if let crate::licence::ast::Attribute::Sign(text) = &line.attributes.last()?.node {
            return Some(text.clone());
        }
        None
    });
    let new = format!("INCREMENT a acme 1 permanent 4 SUPERSEDE_SIGN=\"a:{}\"", signature.unwrap());
    assert_eq!(served(&format!("{old}{new}")), ["a 1 6"]);
}
