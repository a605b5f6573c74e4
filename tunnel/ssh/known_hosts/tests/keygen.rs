//! OpenSSH's `ssh-keygen` as the oracle.

use std::fs;
use std::process::Command;

use super::*;

/// `ssh-keygen` in `directory`; `None` and a word when it is not there.
fn ssh_keygen(directory: &Path, arguments: &[&str]) -> Option<String> {
    match Command::new("ssh-keygen").args(arguments).current_dir(directory).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            eprintln!("skipped: ssh-keygen: {error}");
            None
        }
    }
}

/// The lines that `ssh-keygen -F` finds for a name.
fn found(directory: &Path, name: &str) -> Option<Vec<usize>> {
    let output = ssh_keygen(directory, &["-F", name, "-f", "known"])?;
    let numbers =
        output.lines().filter_map(|line| line.split_once(" found: line ")?.1.split(' ').next()?.parse().ok());
    Some(numbers.collect())
}

#[test]
fn our_search_and_ssh_keygen_find_the_same_lines() {
    let directory = tempfile::tempdir().unwrap();
    let lines = [
        "# a comment".to_owned(),
        format!("lic1,lic1.example.com,10.0.0.7 {}", text(1)),
        format!("  LIC2\t \t{}   with a comment", text(2)),
        format!("[lic3]:2222 {}", text(3)),
        format!("*.example.com,!old.example.com {}", text(4)),
        format!("@cert-authority *.example.com {}", text(5)),
        format!("@revoked * {}", text(6)),
        format!("lic? {ECDSA}"),
        format!("{} {RSA}", Names::hashed_text(&[3; SALT], "lic1")),
        format!("{} {}", Names::hashed_text(&[4; SALT], "[lic3]:2222"), text(8)),
        format!("[10.0.0.*]:* {}", text(9)),
        format!("2001:db8::7,[2001:db8::7]:22 {}", text(10)),
        String::new(),
        format!("!lic1,lic* {}", text(11)),
    ];
    fs::write(directory.path().join("known"), lines.join("\n")).unwrap();
    let known = files(&[("known", lines.join("\n"))]);
    for name in [
        "lic1",
        "LIC2",
        "lic2",
        "lic3",
        "[lic3]:2222",
        "lic1.example.com",
        "old.example.com",
        "a.example.com",
        "10.0.0.7",
        "[10.0.0.7]:2222",
        "2001:db8::7",
        "[2001:db8::7]:22",
        "nobody",
        "lic",
    ] {
        let Some(theirs) = found(directory.path(), name) else { return };
        let name = name.to_ascii_lowercase();
        let ours =
            known.entries.iter().filter(|entry| entry.line.names.mean(&name)).map(|entry| entry.number);
        assert_eq!(ours.collect::<Vec<_>>(), theirs, "{name}");
    }
}

#[tokio::test]
async fn ssh_keygen_and_we_understand_each_others_hashes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known");
    fs::write(&file, format!("lic1,lic2 {}\n[lic3]:2222 {}\n", text(1), text(2))).unwrap();
    if ssh_keygen(directory.path(), &["-H", "-f", "known"]).is_none() {
        return;
    }
    let hashed = fs::read_to_string(&file).unwrap();
    assert!(!hashed.contains("lic"), "{hashed}");
    let known = files(&[("known", hashed)]);
    assert!(matches!(judged(&known, &Host::new("lic1", 22), 1), Verdict::Known(_)));
    assert!(matches!(judged(&known, &Host::new("lic3", 2222), 2), Verdict::Known(_)));

    learn(&file, &Host::new("lic4", 2200), key(4).key_data(), true).await.unwrap();
    assert_eq!(found(directory.path(), "[lic4]:2200").unwrap(), [4]);
    // The command that a changed key is told with does away with it.
    ssh_keygen(directory.path(), &["-R", "[lic4]:2200", "-f", "known"]).unwrap();
    assert!(found(directory.path(), "[lic4]:2200").unwrap().is_empty());
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let directory = tempfile::tempdir().unwrap();
    for line in [text(1), ECDSA.to_owned(), RSA.to_owned()] {
        fs::write(directory.path().join("key.pub"), format!("{line} comment\n")).unwrap();
        let Some(output) = ssh_keygen(directory.path(), &["-l", "-f", "key.pub"]) else { return };
        let words: Vec<&str> = output.split_whitespace().collect();
        let [_bits, fingerprint, _comment, kind] = words.as_slice() else { panic!("{output}") };
        let key = PublicKey::from_openssh(&line).unwrap();
        assert_eq!(describe(key.key_data()), format!("{fingerprint} {kind}"));
    }
}
