//! Licence files: reading, printing, signing, compiling.

use licgate_core::host::HostFacts;
use licgate_core::licence::{Book, Claim, Licence, Surroundings, VendorKey, check, parse};
use licgate_core::text::{Severity, Source};

use crate::people::{HOST_KEY, OTHER_KEY, SIGNER, VENDOR_KEY, acme, host, today};
use crate::text::{assert_within, shown};

/// Any text gives a value and remarks that point into it; the value prints and reads the same again; nothing unsigned is
/// served.
pub fn licence(data: &[u8]) {
    let source = Source::from_bytes("acme.lic", data.to_vec());
    let (licence, remarks) = parse(&source);
    remarks.iter().for_each(|remark| shown(&source, remark));
    licence.statements.iter().for_each(|statement| assert_within(&source, statement.span));
    survives(&licence);
    unsigned(&source, &licence);
    if let Ok(key) = VendorKey::parse(source.text()) {
        assert_eq!(VendorKey::parse(&key.to_string()), Ok(key));
    }
}

fn survives(licence: &Licence) {
    let printed = licence.to_string();
    let (again, _) = parse(&Source::new("again.lic", printed.clone()));
    assert_eq!(again, *licence, "{printed}");
    // Names and versions are compared loosely, spellings are not.
    assert_eq!(again.to_string(), printed);
}

/// Nothing is signed with the key that is asked for, so nothing may be served.
fn unsigned(source: &Source, licence: &Licence) {
    let (vendor, host) = (acme(), host());
    let (checked, remarks) = check(source, licence, &vendor, &OTHER_KEY);
    remarks.iter().for_each(|remark| shown(source, remark));
    let at = Surroundings { today: today(), host: &host };
    let (book, remarks) = Book::compile(&vendor, &[(source, &checked)], &at);
    assert!(book.pools().is_empty(), "served without a signature");
    remarks.iter().for_each(|(_, remark)| shown(source, remark));
    let (_, remarks) = Book::rehearse([&vendor], vec![(source, licence.clone())], &at);
    remarks.iter().for_each(|(_, remark)| shown(source, remark));
}

/// Any licence can be signed, survives that, and what is served then can be proved to a client.
pub fn signed(data: &[u8]) {
    let (licence, _) = parse(&Source::from_bytes("acme.lic", data.to_vec()));
    let (vendor, host) = (acme(), host());
    let signed = SIGNER.sign(&licence, &vendor);
    let source = Source::new("signed.lic", signed.to_string());
    let (read, _) = parse(&source);
    assert_eq!(read, signed, "a signed file survives its printing");
    let (checked, remarks) = check(&source, &read, &vendor, &VENDOR_KEY);
    assert!(!remarks.iter().any(|it| it.severity == Severity::Error), "{remarks:?} in {source:?}");
    let at = Surroundings { today: today(), host: &host };
    let (book, _) = Book::compile(&vendor, &[(&source, &checked)], &at);
    for pool in book.pools() {
        assert!(book.find(&pool.feature).len() <= book.pools().len());
        let client = HostFacts::default();
        let claim = Claim {
            vendor: &vendor,
            feature: &pool.feature,
            version: &pool.version,
            seats: 1,
            today: at.today,
            server_key: HOST_KEY,
            client: &client,
        };
        if pool.hostids.is_empty() {
            assert_eq!(pool.proof.check(&VENDOR_KEY, &claim), Ok(()), "{pool:?}");
        }
    }
}
