//! Which lines a pool says that it has its seats from, and for how long its seats may be borrowed.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::licence::ast::Attribute;

/// The origins of the pool at `place`: `package? day: NAME=value …`, without signatures.
fn origins(book: &Book, place: usize) -> Vec<String> {
    let pool = book.pool(place).unwrap();
    let is_shown = |attribute: &&Attribute| !matches!(attribute, Attribute::Sign(_));
    let shown = pool.origins.iter().map(|origin| {
        let package = origin.package.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        let attributes: String =
            origin.attributes.iter().filter(is_shown).map(|it| format!(" {it}")).collect();
        format!("{package}{}:{attributes}", origin.expiry).replace('"', "")
    });
    shown.collect()
}

fn book(lines: &str) -> Book {
    compile(TODAY, &[&format!("{SERVER}{lines}")]).0
}

#[test]
fn a_pool_has_the_texts_of_its_lines_and_their_days() {
    let book = book(
        "INCREMENT a acme 1.0 permanent 5 ISSUER=i NOTICE=n SN=1 VENDOR_STRING=v dist_info=d user_info=u asset_info=s\n\
         INCREMENT a acme 1.0 30-jun-2025 3 VENDOR_STRING=v ISSUER=j\n\
         INCREMENT a acme 1.0 1-jan-2025 2 VENDOR_STRING=v ISSUER=old",
    );
    assert_eq!(
        origins(&book, 0),
        ["permanent: ISSUER=i NOTICE=n dist_info=d user_info=u asset_info=s", "30-jun-2025: ISSUER=j"]
    );
    let signatures = book.pools()[0].origins.iter().flat_map(|it| &it.attributes);
    assert_eq!(signatures.filter(|it| matches!(it, Attribute::Sign(_))).count(), 2);
}

#[test]
fn a_component_has_the_texts_of_both_lines_and_the_day_of_the_enabling_one() {
    let book = book(
        "PACKAGE kit acme 1.0 COMPONENTS=\"a b\" ISSUER=p\n\
         INCREMENT kit acme 1.0 30-jun-2025 2 NOTICE=k\nINCREMENT a acme 1.0 permanent 3 NOTICE=own",
    );
    assert_eq!(origins(&book, 0), ["kit 30-jun-2025: ISSUER=p NOTICE=k", "permanent: NOTICE=own"]);
    assert_eq!(origins(&book, 1), ["kit 30-jun-2025: ISSUER=p NOTICE=k"]);
}

#[test]
fn lifted_seats_come_from_the_upgrade_and_end_with_the_first_of_both_lines() {
    let book = book(
        "INCREMENT a acme 1.0 30-jun-2025 5 NOTICE=old\nUPGRADE a acme 1.0 2.0 31-dec-2025 3 NOTICE=new",
    );
    assert_eq!(pools(&book), ["a 1.0 2", "a 2.0 3"]);
    assert_eq!(origins(&book, 0), ["30-jun-2025: NOTICE=old"]);
    assert_eq!(origins(&book, 1), ["30-jun-2025: NOTICE=new"]);
}

/// "BORROW[=n]: … default 168 hours, or one week."
#[test]
fn seats_may_be_borrowed_for_as_long_as_their_lines_say() {
    let book = book(
        "INCREMENT a acme 1.0 permanent 1 BORROW\nINCREMENT b acme 1.0 permanent 1 BORROW=72\n\
         INCREMENT c acme 1.0 permanent 1\nPACKAGE kit acme 1.0 COMPONENTS=d\n\
         INCREMENT kit acme 1.0 permanent 1 BORROW=24\n\
         INCREMENT e acme 1.0 permanent 2 BORROW=12\nUPGRADE e acme 1.0 2.0 permanent 1",
    );
    let hours =
        book.pools().iter().map(|pool| format!("{} {}: {:?}", pool.feature, pool.version, pool.borrow));
    assert_eq!(
        hours.collect::<Vec<_>>(),
        [
            "a 1.0: Some(168)",
            "b 1.0: Some(72)",
            "c 1.0: None",
            "d 1.0: Some(24)",
            "e 1.0: Some(12)",
            "e 2.0: None"
        ]
    );
}
