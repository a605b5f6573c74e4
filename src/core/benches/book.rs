//! A book as a vendor daemon has it: of lines that are signed and checked.

use licgate_core::host::HostFacts;
use licgate_core::id::VendorName;
use licgate_core::licence::{Book, Signer, Surroundings, check, parse};
use licgate_core::text::Source;
use licgate_core::time::Date;

pub(crate) fn today() -> Date {
    Date::parse("15-jun-2025").expect("a date")
}

/// The book of a file with these FEATURE and INCREMENT lines of `acme`.
pub(crate) fn of(lines: &str) -> Book {
    let vendor = VendorName::from("acme");
    let signer = Signer::new(&[0x42; 32]);
    let source = Source::new("acme.lic", format!("SERVER lic1 ANY\nVENDOR acme\n{lines}"));
    let (licence, _) = parse(&source);
    let (signed, refused) = check(&source, &signer.sign(&licence, &vendor), &vendor, &signer.public());
    assert!(refused.is_empty(), "{refused:?}");
    let at = Surroundings { today: today(), host: &HostFacts::default() };
    let (book, remarks) = Book::compile(&vendor, &[(&source, &signed)], &at);
    assert!(remarks.is_empty(), "{remarks:?}");
    book
}
