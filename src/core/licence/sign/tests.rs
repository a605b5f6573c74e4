//! What a signature covers, and what may be edited.

use super::*;
use std::format;
use std::string::ToString;
use std::vec;

use crate::code::Code;
use crate::licence::parse;

#[test]
fn a_public_key_reads_as_it_prints() {
    let key = Signer::new(&[1; 32]).public();
    assert_eq!(VendorKey::parse(&key.to_string()), Ok(key));
    assert_eq!(VendorKey::parse(&key.to_string().to_uppercase()), Ok(key));
    let (zero, one) = ("0".repeat(64), std::format!("01{}", "0".repeat(62)));
    let off_the_curve = std::format!("02{}", "0".repeat(62));
    for text in ["", "ed25519:", "ed25519:12", &key.to_string()[8..]] {
        assert_eq!(VendorKey::parse(text), Err(KeyError), "{text}");
    }
    for digits in [zero, one, off_the_curve] {
        assert_eq!(VendorKey::parse(&std::format!("ed25519:{digits}")), Err(KeyError), "{digits}");
    }
}

#[test]
fn a_private_key_reads_as_it_prints() {
    let signer = Signer::new(&[1; 32]);
    let pem = signer.to_pem();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", pem.lines().next().unwrap());
    assert_eq!(Signer::from_pem(&pem).unwrap().public(), signer.public());
    assert!(SigningKey::from_pkcs8_der(&signer.to_der()).is_ok());
    assert!(Signer::from_pem(&pem.replace("PRIVATE", "PUBLIC")).is_err());
    assert!(Signer::from_pem("").is_err());
}

const LICENCE: &str = "SERVER lic1 KEY=ed25519:0707070707070707070707070707070707070707070707070707070707070707 27000\n\
VENDOR acme /opt/acme/acme OPTIONS=/opt/acme/acme.opt PORT=27010\n\
USE_SERVER\n\
INCREMENT solver acme 2024.06 30-jun-2025 10 VENDOR_STRING=\"edu two\" HOSTID=\"0050560a1b2c ANY\" SN=A-17 sort=20\n\
UPGRADE solver acme 2024.06 2025.06 permanent 2\n\
PACKAGE kit acme 1.0 COMPONENTS=\"mesh:2.0:3 post\"\n\
FEATURE other evil 1.0 permanent 4 SIGN=\"0123\"\n";

fn signer() -> Signer {
    Signer::new(&[0x42; 32])
}

/// [`LICENCE`] as the vendor sends it.
fn sent() -> String {
    signer().sign(&parse(&Source::new("acme.lic", LICENCE)).0, &"acme".into()).to_string()
}

/// How many lines of a text are the vendor's, and what is said of the others.
fn checked(text: &str) -> (usize, Vec<Diagnostic>) {
    let source = Source::new("/etc/acme.lic", text);
    let (signed, said) = check(&source, &parse(&source).0, &"acme".into(), &signer().public());
    let lines = signed.as_ref().statements.iter().filter(|line| Signable::of(&line.node).is_some()).count();
    assert_eq!(signed.refused.len(), said.len());
    assert_eq!(lines + said.len(), 3, "{text}");
    (lines, said)
}

#[test]
fn what_the_vendor_signed_is_kept_and_other_vendors_lines_are_not() {
    let source = Source::new("acme.lic", sent());
    let (signed, said) = check(&source, &parse(&source).0, &"acme".into(), &signer().public());
    assert_eq!(said, []);
    assert_eq!(signed.as_ref().statements.len(), 6, "SERVER, VENDOR, USE_SERVER and three lines");
    assert!(sent().contains("FEATURE other evil 1.0 permanent 4 SIGN=\"0123\"\n"), "left as it was");
}

#[test]
fn signing_again_changes_nothing() {
    let old = sent().replace(" SN=A-17", " 0123456789AB SN=A-17 SIGN2=\"00\" AUTH={ x }");
    assert_ne!(old, sent());
    assert_eq!(signer().sign(&parse(&Source::new("", old)).0, &"acme".into()).to_string(), sent());
}

/// "Only editable things in a file: host names, ports, daemon path, options path, daemon port, …, and lowercase attributes"
#[test]
fn what_administrators_may_edit_breaks_no_signature() {
    let mut edits = 0;
    for (from, to) in [
        ("SERVER lic1", "SERVER other.example.com"),
        (" 27000", " 28000"),
        (" 27000", ""),
        (" 27000", " 27000 PRIMARY_IS_MASTER HEARTBEAT_INTERVAL=60"),
        ("/opt/acme/acme ", "/srv/acme "),
        ("/opt/acme/acme.opt", "/etc/acme.opt"),
        ("PORT=27010", "PORT=5"),
        ("VENDOR ", "daemon "),
        ("USE_SERVER\n", ""),
        ("sort=20", "sort=1"),
        (" sort=20", ""),
        ("sort=20", "sort=20 user_info=\"x\" asset_info=\"y\" vendor_info=z dist_info=1"),
        ("INCREMENT", "increment"),
        ("HOSTID=", "HostId="),
        ("0050560a1b2c", "0050560A1B2C"),
        ("key=ED25519", "KEY=ed25519"),
        (" SN=", "    SN="),
        (" SN=", " \\\n\tSN="),
        ("\"edu two\"", "\"edu \\\n  two\""),
        ("\n", "\r\n"),
        ("30-jun-2025", "30-JUN-2025"),
        ("permanent", "1-jan-0"),
        ("SN=A-17", "SN=\"A-17\""),
        ("UPGRADE", "# remark\n\nUPGRADE"),
    ] {
        let text = sent().replace(from, to);
        assert_eq!(checked(&text), (3, vec![]), "{from} -> {to}");
        edits += 1;
    }
    let text = sent();
    let lower = text.lines().map(|line| match line.split_once("SIGN=") {
        Some((head, signature)) => format!("{head}SIGN={}\n", signature.to_lowercase().replace(' ', "")),
        None => format!("{line}\n"),
    });
    assert_eq!(checked(&lower.collect::<String>()), (3, vec![]));
    assert_eq!(edits, 24);
}

#[test]
fn any_other_edit_is_refused() {
    let mut edits = 0;
    // What is edited, and how many of the three lines stay good.
    for (from, to, good) in [
        ("06 30-jun-2025 10", "06 30-jun-2025 11", 2),
        ("acme 2024.06 30", "acme 2025.06 30", 2),
        ("30-jun-2025", "30-jun-2026", 2),
        ("30-jun-2025", "permanent", 2),
        ("INCREMENT solver", "INCREMENT solvex", 2),
        ("INCREMENT solver", "INCREMENT Solver", 2),
        ("0050560a1b2c", "0050560a1b2d", 2),
        (" ANY\"", "\"", 2),
        (" HOSTID=\"0050560a1b2c ANY\"", "", 2),
        ("INCREMENT", "FEATURE", 2),
        ("edu two", "edutwo", 2),
        ("SN=A-17", "SN=A-17 BORROW", 2),
        ("SN=A-17 sort", "sort", 2),
        ("2025.06 permanent 2", "2025.06 permanent 3", 2),
        ("UPGRADE solver acme 2024.06", "UPGRADE solver acme 2024.05", 2),
        ("mesh:2.0:3", "mesh:2.0:4", 2),
        (" post", " post more", 2),
        ("mesh:2.0:3 post", "post mesh:2.0:3", 2),
        ("\" SIGN", "\" OPTIONS=SUITE SIGN", 2),
        ("kit acme 1.0", "kit acme", 2),
        ("KEY=ed25519:0707", "KEY=ed25519:0708", 0),
        ("SERVER lic1 KEY", "SERVER lic1 ANY\nSERVER lic2 KEY", 0),
        ("SERVER", "# SERVER", 0),
    ] {
        let text = sent().replace(from, to);
        assert_ne!(text, sent(), "{from}");
        let (lines, said) = checked(&text);
        assert_eq!(lines, good, "{from} -> {to}");
        assert!(said.iter().all(|remark| remark.code == Some(Code::BAD_SIGNATURE)), "{from} -> {to}");
        edits += 1;
    }
    assert_eq!(edits, 23);
    let other = Signer::new(&[1; 32]).public();
    let source = Source::new("acme.lic", sent());
    assert_eq!(check(&source, &parse(&source).0, &"acme".into(), &other).1.len(), 3);
}

#[test]
fn people_are_told_why_a_line_is_not_taken() {
    let signed = sent();
    let unsigned = signed.lines().nth(3).unwrap().split(" SIGN").next().unwrap();
    let text = format!(
        "{}\n{unsigned}\n{unsigned} SIGN=\"0123 4567 89AB\"\n{unsigned} SIGN=\"{}\"\n",
        signed.lines().next().unwrap(),
        "00".repeat(64)
    );
    let source = Source::new("/etc/licgate/acme.lic", text);
    let (licence, said) = check(&source, &parse(&source).0, &"acme".into(), &signer().public());
    let said: String = said.iter().map(|remark| format!("{}\n  {}\n", remark.message, remark.hint)).collect();
    insta::assert_snapshot!(said, @r#"
    INCREMENT "solver" has no SIGN=
      use the line as the vendor sent it; the vendor signs files with `licsign sign`
    the SIGN= of INCREMENT "solver" is not one of licgate's
      a line signed by another publisher's software can only be served by that publisher's own vendor daemon
    the signature of INCREMENT "solver" does not fit
      host names, ports, paths and lower-case attributes may be edited, nothing else: restore the line and the SERVER host id as the vendor sent them, and check that the vendor key is this vendor's
    "#);
    let refused: String =
        licence.refused.iter().map(|one| format!("{} {}\n", one.code.major(), one.why)).collect();
    insta::assert_snapshot!(refused, @"
    -114 is not signed (acme.lic:2)
    -8 is signed by another publisher's software, whose own vendor daemon alone can serve it (acme.lic:3)
    -8 has a wrong signature: the line or a SERVER host id was edited after it was signed (acme.lic:4)
    ");
}
