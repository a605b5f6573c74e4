//! Tables of what the files say and what is done about it, and lines that nobody means well with.

mod certificates;
mod keygen;
mod learning;
mod revoked;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{PrivateKey, PublicKey};

use super::line::{Names, SALT};
use super::*;
use crate::ssh::target::UnknownHost;

const NOW: u64 = 1_800_000_000;

fn private(seed: u8) -> PrivateKey {
    PrivateKey::new(KeypairData::Ed25519(Ed25519Keypair::from_seed(&[seed; 32])), "").unwrap()
}

fn key(seed: u8) -> PublicKey {
    private(seed).public_key().clone()
}

/// A key as it stands in files.
fn text(seed: u8) -> String {
    key(seed).to_openssh().unwrap()
}

const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAMGo4VGqR7YWK88t44eSxQEAmJgEE8rNhNTEwd/l50fKqHojyZ4Lykpa05TAz7C1K8HD83A7ZEmciXc2GqkEGI=";
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCmDD4dklLRlkv0gpIiVBR0LPcRC6mKTGXbUTBzoR0uKGqPrLiB/PJHr+SZRCX8\
    I4rv1MESrw5oiXEdWqW0j0LIko9QT2bXMQ3o0PfCK2CiJurgiiVBxj8u8RZa1VxNvhnlyH73H4Orn1xqFfwKfUIF3KWNkt9OWikC\
    qNlkLqsbAZHm7CLAvuchALJRa+/B/Fk0GG4a11e/KlkQDi1e1LQwcUM9IKagnxFqjqAV8zYoxZYMHum9YxGYHIQN+0hdvj+o0WIq\
    Sbm+qskd8N/YUSt3oBANsaYSJKvjc7oXHVIfBiJ5FByKHgdPJMtdNy0fDRHJZRGm1HyVEAb80fuOqhYf";

fn files(files: &[(&str, String)]) -> KnownHosts {
    let mut all = KnownHosts::default();
    for (name, text) in files {
        all.entries.extend(KnownHosts::parse(Path::new(name), text).0.entries);
    }
    all
}

/// Writes a file that nobody else may write, whatever the tester's umask is.
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn judged(known: &KnownHosts, host: &Host, seed: u8) -> Verdict {
    known.judge(host, &key(seed).into(), NOW)
}

/// `known`, `unknown`, `changed` or `revoked`, and where.
fn brief(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Known(spot) => format!("known {}", spot.place()),
        Verdict::CertificateKnown(spot) => format!("certificate known {}", spot.place()),
        Verdict::Unknown => "unknown".into(),
        Verdict::Changed(known) => {
            format!("changed {}", known.iter().map(Spot::place).collect::<Vec<_>>().join(" "))
        }
        Verdict::Revoked(spot) => format!("revoked {}", spot.place()),
        Verdict::RevocationsUnread(why) => format!("revocations unread {why}"),
        Verdict::CertificateRefused(_, why) => format!("certificate refused {why}"),
    }
}

#[test]
fn what_the_files_say_of_a_key() {
    let hashed = Names::hashed_text(&[7; SALT], "[lic9]:2222");
    let one = [
        "# the licence servers".to_owned(),
        format!("lic1,lic1.example.com,10.0.0.7 {}", text(1)),
        format!("  LIC2\t \t{}   with a comment", text(2)),
        "lic1 ssh-ed25519 AAAAbroken".to_owned(),
        format!("[lic3]:2222 {}", text(3)),
        format!("*.lab.example.com,!old.lab.example.com {}", text(4)),
        format!("lic5 {ECDSA}"),
        format!("lic5 {}", text(5)),
        format!("{hashed} {}", text(9)),
        format!("lic6 {ECDSA}"),
        format!("lic7 {}\n[lic7]:2222 {}", text(7), text(3)),
        format!("[10.?.0.*]:2222 {}\r", text(8)),
    ];
    let two =
        [format!("@revoked * {}", text(66)), format!("lic1 {}", text(11)), format!("lic1 {}", text(66))];
    let known = files(&[("one", one.join("\n")), ("two", two.join("\n"))]);
    let table = [
        ("lic1", 22, 1, "known one:2"),
        ("LIC1.example.com", 22, 1, "known one:2"),
        ("10.0.0.7", 22, 1, "known one:2"),
        ("lic1", 22, 11, "known two:2"),
        ("lic1", 22, 2, "changed one:2 two:2 two:3"),
        ("lic1", 22, 66, "revoked two:1"),
        ("anything", 22, 66, "revoked two:1"),
        ("anything", 2222, 66, "revoked two:1"),
        ("lic2", 22, 2, "known one:3"),
        ("lic3", 2222, 3, "known one:5"),
        ("lic3", 22, 3, "unknown"),
        ("lic3", 2222, 4, "changed one:5"),
        // The plain name serves to recognise a key, not to find it changed.
        ("lic2", 2222, 2, "known one:3"),
        ("lic2", 2222, 3, "unknown"),
        ("a.lab.example.com", 22, 4, "known one:6"),
        ("old.lab.example.com", 22, 4, "unknown"),
        ("lic5", 22, 5, "known one:8"),
        ("lic5", 22, 6, "changed one:8 one:7"),
        // Another kind of key than the known one is a changed key too.
        ("lic6", 22, 6, "changed one:10"),
        ("lic7", 22, 7, "known one:11"),
        ("lic7", 2222, 7, "changed one:12"),
        ("lic9", 2222, 9, "known one:9"),
        ("lic9", 22, 9, "unknown"),
        ("10.2.0.77", 2222, 8, "known one:13"),
        ("nobody", 22, 1, "unknown"),
    ];
    for (host, port, seed, expected) in table {
        assert_eq!(brief(&judged(&known, &Host::new(host, port), seed)), expected, "{host}:{port} {seed}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_a_remark() {
    let many = "lic1\n".repeat(50);
    let table = [
        ("lic1 ssh-ed25519 AAAA", 1, "known:1 is passed over: no public key"),
        ("@ca lic1 ssh-ed25519 AAAA", 1, "a marker that ssh does not know"),
        ("|1|abc|def ssh-ed25519 AAAA", 1, "a broken hashed name"),
        ("|2|abc ssh-ed25519 AAAA", 1, "of a kind that ssh does not know"),
        (many.as_str(), REMARKS, "ends before the key"),
        ("# lic1\n\n \t\n", 0, ""),
    ];
    for (text, count, expected) in table {
        let (known, remarks) = KnownHosts::parse(Path::new("known"), text);
        assert_eq!((known.entries.len(), remarks.len()), (0, count), "{text}");
        assert!(remarks.iter().all(|remark| remark.contains(expected)), "{remarks:?}");
    }
}

#[test]
fn known_kinds_of_keys_are_asked_for_first() {
    let lines = [
        format!("lic1,lic2 {RSA}"),
        format!("lic1 {}", text(1)),
        format!("lic1 {}", text(2)),
        format!("@cert-authority *.example.com {}", text(3)),
        format!("@revoked lic3 {ECDSA}"),
    ];
    let known = files(&[("one", lines.join("\n"))]);
    let table = [
        (Host::new("lic1", 22), false, "rsa-sha2-512 rsa-sha2-256 ssh-ed25519"),
        (Host::new("lic2", 2222), false, "rsa-sha2-512 rsa-sha2-256"),
        (Host::new("a.example.com", 22), true, ""),
        (Host::new("a.example.com", 2222), true, ""),
        (Host::new("lic3", 22), false, ""),
    ];
    for (host, certificates, algorithms) in table {
        let wanted = known.wanted(&host);
        let names: Vec<&str> = wanted.algorithms.iter().map(Algorithm::as_str).collect();
        assert_eq!((wanted.certificates, names.join(" ").as_str()), (certificates, algorithms), "{host:?}");
    }
}

#[test]
fn what_is_done_about_a_key() {
    let host = Host::new("lic1", 2222);
    let (shown, spot) = (key(1), Spot { file: "/k".into(), line: 7, key: key(2).key_data().clone() });
    let of = |verdict: &Verdict, policy, can_ask| decide(verdict, policy, can_ask, &host, shown.key_data());
    for policy in [UnknownHost::Ask, UnknownHost::Accept, UnknownHost::Refuse] {
        for can_ask in [true, false] {
            assert_eq!(of(&Verdict::Known(spot.clone()), policy, can_ask), Decision::Trust);
            assert_eq!(of(&Verdict::CertificateKnown(spot.clone()), policy, can_ask), Decision::Trust);
            for verdict in [
                Verdict::Changed(vec![spot.clone()]),
                Verdict::Revoked(spot.clone()),
                Verdict::CertificateRefused(spot.clone(), "why".into()),
                Verdict::RevocationsUnread("why".into()),
            ] {
                assert!(matches!(of(&verdict, policy, can_ask), Decision::Refuse(_)), "{verdict:?}");
            }
        }
    }
    let fingerprint = describe(shown.key_data());
    let unknown = |policy, can_ask| of(&Verdict::Unknown, policy, can_ask);
    assert!(
        matches!(unknown(UnknownHost::Accept, false), Decision::Remember(text) if text.contains(&fingerprint))
    );
    assert!(matches!(unknown(UnknownHost::Ask, true), Decision::Ask(text) if text.contains(&fingerprint)));
    assert!(
        matches!(unknown(UnknownHost::Ask, false), Decision::Refuse(text) if text.contains("no terminal"))
    );
    assert!(
        matches!(unknown(UnknownHost::Refuse, true), Decision::Refuse(text) if text.contains("StrictHostKey"))
    );
}

#[test]
fn a_changed_key_is_refused_loudly_and_says_what_to_do() {
    let spot = |file: &str, line| Spot { file: file.into(), line, key: key(2).key_data().clone() };
    let known = vec![
        spot("/home/jane/.ssh/known_hosts", 7),
        spot("/etc/k", 1),
        spot("/home/jane/.ssh/known_hosts", 8),
    ];
    let shown = key(1);
    let decision = decide(
        &Verdict::Changed(known),
        UnknownHost::Accept,
        true,
        &Host::new("lic1", 2222),
        shown.key_data(),
    );
    let Decision::Refuse(text) = decision else { panic!("{decision:?}") };
    if cfg!(unix) {
        insta::assert_snapshot!(text, @r"
        THE KEY OF [lic1]:2222 HAS CHANGED: somebody may be in between, or the server was set up anew
          shown: SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8 (ED25519)
          known: SHA256:4A9jyZBOhnKZvcGQ6TRFbf5Gymb41AfYvYaVmWHD+G4 (ED25519) in /home/jane/.ssh/known_hosts:7
          known: SHA256:4A9jyZBOhnKZvcGQ6TRFbf5Gymb41AfYvYaVmWHD+G4 (ED25519) in /etc/k:1
          known: SHA256:4A9jyZBOhnKZvcGQ6TRFbf5Gymb41AfYvYaVmWHD+G4 (ED25519) in /home/jane/.ssh/known_hosts:8
          nothing was sent; ask the administrator of the server which key is right. If it is the one shown, remove the other:
            ssh-keygen -R '[lic1]:2222' -f '/etc/k'
            ssh-keygen -R '[lic1]:2222' -f '/home/jane/.ssh/known_hosts'
          and connect again (a line with wildcards has to be edited by hand)
        ");
    }
}

#[test]
fn all_files_of_a_target_are_read_and_what_cannot_be_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    write(&path("one"), &format!("lic1 {}\nlic1\n", text(1)));
    write(&path("two"), &format!("@revoked * {}", text(2)));
    let target = target(vec![path("one"), path("absent"), directory.path().to_owned()], vec![path("two")]);
    let (known, remarks) = KnownHosts::load(&target);
    let host = Host::of(&target);
    assert!(matches!(judged(&known, &host, 1), Verdict::Known(_)));
    assert!(matches!(judged(&known, &host, 2), Verdict::Revoked(_)));
    let [line, file] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert!(line.contains("one:2 is passed over") && file.starts_with("cannot read "), "{remarks:?}");
}

fn target(user_known_hosts: Vec<PathBuf>, global_known_hosts: Vec<PathBuf>) -> Target {
    Target { user_known_hosts, global_known_hosts, ..Target::plain("bob", "Lic1", 22) }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_a_remark() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known");
    fs::write(&file, format!("lic1 {}\n", text(1))).unwrap();
    for (mode, remarked) in [(0o644, false), (0o664, true), (0o602, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let (known, remarks) = KnownHosts::load(&target(vec![file.clone(), "/dev/null".into()], Vec::new()));
        assert_eq!(known.entries.len(), 1);
        assert_eq!(
            remarks.iter().any(|remark| remark.contains("chmod go-w")),
            remarked,
            "{mode:o} {remarks:?}"
        );
    }
}

#[test]
fn an_alias_is_listed_without_a_port() {
    let mut target = target(Vec::new(), Vec::new());
    target.port = 2222;
    assert_eq!(Host::of(&target).name(), "[lic1]:2222");
    target.host_key_alias = Some("Licences".into());
    assert_eq!(Host::of(&target).name(), "licences");
}

#[test]
fn people_are_told_of_the_server_that_they_typed() {
    let of = |typed: &str| Host::of(&Target { typed: typed.into(), ..Target::plain("ada", "10.0.0.7", 22) });
    let asked = decide(&Verdict::Unknown, UnknownHost::Ask, true, &of("lic1"), key(1).key_data());
    assert!(matches!(asked, Decision::Ask(text) if text.starts_with("lic1 (10.0.0.7) is not known; ")));
    let spot = Spot { file: "/k".into(), line: 7, key: key(2).key_data().clone() };
    let changed =
        decide(&Verdict::Changed(vec![spot]), UnknownHost::Ask, true, &of("lic1"), key(1).key_data());
    let Decision::Refuse(text) = changed else { panic!("{changed:?}") };
    assert!(text.starts_with("THE KEY OF lic1 (10.0.0.7) HAS CHANGED"), "{text}");
    assert!(text.contains("ssh-keygen -R") && !text.contains("-R 'lic1"), "{text}");
    assert_eq!(of("10.0.0.7").to_string(), "10.0.0.7");
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(
        marker in "(@revoked |@cert-authority\t|@|)",
        names in "[a*?!,|1\\[\\]: =]{0,20}",
        rest in "( ssh-ed25519 | ssh-rsa |)[AB=/ ]{0,40}",
        noise in any::<String>(),
    ) {
        for text in [format!("{marker}{names}{rest}"), format!("{marker}{names} {}", text(1)), noise] {
            let (known, _remarks) = KnownHosts::parse(Path::new("known"), &text);
            let host = Host::new(&names, 2222);
            let verdict = judged(&known, &host, 1);
            let _decision = decide(&verdict, UnknownHost::Ask, true, &host, key(1).key_data());
            let _wanted = known.wanted(&host);
        }
    }

    #[test]
    fn a_hashed_name_means_itself_alone(salt in any::<[u8; SALT]>(), name in "[a-z.]{1,20}", other in "[a-z.]{1,20}") {
        let line = format!("{} {}", Names::hashed_text(&salt, &name), text(1));
        let line = line::parse(&line).unwrap().unwrap();
        prop_assert!(line.names.mean(&name));
        prop_assert_eq!(line.names.mean(&other), name == other);
    }
}
