//! Lists of revoked keys.

use std::process::Command;

use super::*;

fn with_list(file: PathBuf) -> KnownHosts {
    let directory = tempfile::tempdir().unwrap();
    let known = directory.path().join("known");
    write(&known, &format!("lic1 {}\nlic2 {}\n", text(1), text(2)));
    let target = Target { revoked_host_keys: Some(file), ..target(vec![known], Vec::new()) };
    let (known, remarks) = KnownHosts::load(&target);
    assert!(remarks.is_empty(), "{remarks:?}");
    known
}

#[test]
fn a_key_on_the_list_is_revoked_for_every_host() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("revoked");
    fs::write(&list, format!("# lost\n\n  {}\n\t{} of the old server\n", text(1), text(9))).unwrap();
    let known = with_list(list.clone());
    let place = list.display().to_string();
    assert_eq!(brief(&judged(&known, &Host::new("lic1", 22), 1)), format!("revoked {place}:3"));
    assert_eq!(brief(&judged(&known, &Host::new("new", 2222), 9)), format!("revoked {place}:4"));
    assert!(matches!(judged(&known, &Host::new("lic2", 22), 2), Verdict::Known(_)));
    // Also where it is the key of an authority.
    let mut certificate =
        russh::keys::ssh_key::certificate::Builder::new([1; 16], key(3), 0, u64::MAX).unwrap();
    certificate.cert_type(russh::keys::ssh_key::certificate::CertType::Host).unwrap();
    certificate.valid_principal("lic3").unwrap();
    let certificate = certificate.sign(&private(9)).unwrap();
    let verdict = known.judge(&Host::new("lic3", 22), &PublicKeyOrCertificate::Certificate(certificate), NOW);
    assert_eq!(brief(&verdict), format!("revoked {place}:4"));
}

#[test]
fn a_list_that_cannot_be_read_lets_nobody_pass() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("broken"), format!("{}\nssh-ed25519 AAAA\n", text(9))).unwrap();
    fs::write(at("half"), "ssh-ed25519\n").unwrap();
    fs::write(at("binary"), b"SSHKRL\n\0\0\0\0\x01\xff").unwrap();
    for (name, why) in [
        ("absent", "o such file"),
        ("broken", "line 2: no public key"),
        ("half", "line 1: it ends before the key"),
        ("binary", "a binary list (KRL) cannot be read here"),
    ] {
        let known = with_list(at(name));
        let (host, key) = (Host::new("lic1", 22), key(1));
        let verdict = judged(&known, &host, 1);
        let decision = decide(&verdict, UnknownHost::Accept, true, &host, key.key_data());
        let Decision::Refuse(text) = decision else { panic!("{name}: {decision:?}") };
        assert!(text.contains(why) && text.contains("RevokedHostKeys "), "{name}: {text}");
    }
}

/// The list that OpenSSH itself makes is known as one.
#[test]
fn a_binary_list_of_openssh_is_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let (list, public) = (directory.path().join("krl"), directory.path().join("id.pub"));
    fs::write(&public, text(1)).unwrap();
    let Ok(made) = Command::new("ssh-keygen").arg("-kqf").args([&list, &public]).output() else {
        eprintln!("skipped: OpenSSH is not installed");
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let verdict = judged(&with_list(list), &Host::new("lic1", 22), 1);
    assert!(matches!(&verdict, Verdict::RevocationsUnread(why) if why.contains("KRL")), "{verdict:?}");
}
