//! Certificates of hosts.

use russh::keys::ssh_key::certificate::{Builder, CertType};

use super::*;

/// What of a certificate is not as in the good one.
struct Odd {
    kind: CertType,
    principals: &'static [&'static str],
    from: u64,
    until: u64,
    option: Option<&'static str>,
}

const GOOD: Odd =
    Odd { kind: CertType::Host, principals: &["lic1"], from: NOW - 9, until: NOW + 9, option: None };

/// The key of seed 1, signed by that of seed 100.
fn certificate(odd: &Odd) -> Certificate {
    let mut builder = Builder::new([5; 16], key(1).key_data().clone(), odd.from, odd.until).unwrap();
    builder.cert_type(odd.kind).unwrap();
    for principal in odd.principals {
        builder.valid_principal(*principal).unwrap();
    }
    if odd.principals.is_empty() {
        builder.all_principals_valid().unwrap();
    }
    if let Some(option) = odd.option {
        builder.critical_option(option, "").unwrap();
    }
    builder.sign(&private(100)).unwrap()
}

#[test]
fn certificates_vouch_for_their_host_at_their_time() {
    let authority = format!("@cert-authority lic*,[lic*]:* {}", text(100));
    let table = [
        (GOOD, "lic1", 22, "certificate known one:1"),
        (GOOD, "lic1", 2222, "certificate known one:1"),
        (GOOD, "lic2", 22, "certificate refused it is for lic1, not for lic2"),
        (GOOD, "other", 22, "unknown"),
        (Odd { principals: &["a", "lic*"], ..GOOD }, "lic2", 22, "certificate known one:1"),
        (Odd { principals: &[], ..GOOD }, "lic2", 22, "certificate known one:1"),
        (Odd { kind: CertType::User, ..GOOD }, "lic1", 22, "certificate refused it is a user's"),
        (Odd { from: NOW, ..GOOD }, "lic1", 22, "certificate known one:1"),
        (Odd { from: NOW + 1, ..GOOD }, "lic1", 22, "certificate refused it is not valid yet"),
        (Odd { until: NOW, ..GOOD }, "lic1", 22, "certificate refused it has expired"),
        (
            Odd { option: Some("force-command"), ..GOOD },
            "lic1",
            22,
            "certificate refused it holds \"force-command\"",
        ),
    ];
    let known = files(&[("one", authority.clone())]);
    for (odd, host, port, expected) in table {
        let verdict = known.judge(&Host::new(host, port), &certificate(&odd).into(), NOW);
        assert!(brief(&verdict).starts_with(expected), "{host}: {verdict:?}");
    }
}

#[test]
fn a_certificate_of_no_known_authority_counts_as_its_key() {
    let shown = PublicKeyOrCertificate::from(certificate(&GOOD));
    let table = [
        (String::new(), "unknown"),
        (format!("lic1 {}", text(1)), "known one:1"),
        (format!("lic1 {}", text(2)), "changed one:1"),
        (format!("@cert-authority lic1 {}", text(101)), "unknown"),
        (format!("@cert-authority lic1 {}\n@revoked * {}", text(100), text(100)), "revoked one:2"),
        (format!("@cert-authority lic1 {}\n@revoked * {}", text(100), text(1)), "revoked one:2"),
    ];
    for (lines, expected) in table {
        let verdict = files(&[("one", lines.clone())]).judge(&Host::new("lic1", 22), &shown, NOW);
        assert_eq!(brief(&verdict), expected, "{lines}");
    }
}

#[test]
fn a_certificate_with_a_wrong_signature_is_refused() {
    let mut bytes = certificate(&GOOD).to_bytes().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = Certificate::from_bytes(&bytes).unwrap();
    let known = files(&[("one", format!("@cert-authority lic1 {}", text(100)))]);
    let verdict = known.judge(&Host::new("lic1", 22), &forged.into(), NOW);
    assert_eq!(brief(&verdict), "certificate refused its signature is wrong");
}
