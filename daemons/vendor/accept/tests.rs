//! Starts and rereads over files that break, and what comes into force then.

use std::fs;

use super::*;
use crate::vendor::load::tests::Host;

const BOTH: &str = "FEATURE solver acme 2.0 permanent 5\nFEATURE post acme 1.0 permanent 2\n";

fn kept(host: &Host) -> Kept {
    Kept::new(host.dir.path(), &VendorName::from("acme"))
}

/// A start: the features that are served then, and whether it was said that the files are not.
fn start(host: &Host) -> Result<(Vec<String>, bool), Failure> {
    let fresh = kept(host).start(&host.order(), read(host.order()))?;
    let features = fresh.book.pools().iter().map(|pool| pool.feature.to_string()).collect();
    let loud = fresh.remarks.iter().any(|remark| {
        remark.severity == Severity::Error && remark.line.starts_with("THE LICENSE FILES ARE BROKEN")
    });
    Ok((features, loud))
}

fn both(loud: bool) -> (Vec<String>, bool) {
    (vec!["post".into(), "solver".into()], loud)
}

/// Spoils the signature of the line of solver.
fn spoil(host: &Host) {
    let text = fs::read_to_string(host.dir.path().join("acme.lic")).unwrap();
    host.put(&text.replace("permanent 5", "permanent 6"));
}

#[test]
fn what_was_accepted_stands_in_for_files_that_break() {
    let host = Host::new();
    let path = host.issue(BOTH);
    assert_eq!(start(&host).unwrap(), both(false));
    spoil(&host);
    assert_eq!(start(&host).unwrap(), both(true));
    fs::remove_file(&path).unwrap();
    assert_eq!(start(&host).unwrap(), both(true), "the file is not there");
    host.issue(BOTH);
    fs::remove_file(host.dir.path().join("acme.pub")).unwrap();
    assert_eq!(start(&host).unwrap(), both(true), "the key is not there");
}

#[test]
fn without_anything_accepted_what_can_be_read_is_served() {
    let host = Host::new();
    host.issue(BOTH);
    spoil(&host);
    for _ in 0..2 {
        assert_eq!(start(&host).unwrap(), (vec!["post".into()], false));
    }
    host.issue("FEATURE solver acme 2.0 permanent 5\n");
    spoil(&host);
    assert_eq!(start(&host).unwrap_err().exit, Exit::NoFeatures);
}

#[test]
fn what_the_files_no_longer_say_is_gone() {
    let host = Host::new();
    host.issue(BOTH);
    start(&host).unwrap();
    host.issue("FEATURE solver acme 2.0 permanent 5\n");
    assert_eq!(start(&host).unwrap(), (vec!["solver".into()], false));
    host.issue("FEATURE solver acme 2.0 permanent 5\nFEATURE mesh acme 2.0 permanent 5\n");
    let fresh = read(host.order()).unwrap();
    kept(&host).keep(&fresh.shelf).unwrap();
    spoil(&host);
    assert_eq!(start(&host).unwrap(), (vec!["mesh".into(), "solver".into()], true), "a reread keeps, too");
    for nothing in ["", "FEATURE solver acme 2.0 1-jan-2020 5\n"] {
        host.issue(nothing);
        assert_eq!(start(&host).unwrap_err().exit, Exit::NoFeatures, "{nothing:?}");
    }
    host.put("SERVER lic1 ANY 27000\nVENDOR other\n");
    assert_eq!(start(&host).unwrap_err().exit, Exit::BadLicence);
}

#[test]
fn kept_texts_are_believed_no_more_than_files() {
    let host = Host::new();
    host.issue(BOTH);
    start(&host).unwrap();
    spoil(&host);
    let good = fs::read(kept(&host).path).unwrap();
    let forged = good.clone().into_iter().map(|byte| if byte == b'5' { b'6' } else { byte }).collect();
    for bad in [Vec::new(), b"garbage".to_vec(), good[..good.len() / 2].to_vec(), forged] {
        fs::write(kept(&host).path, bad).unwrap();
        assert_eq!(start(&host).unwrap(), (vec!["post".into()], false));
    }
    fs::write(kept(&host).path, good).unwrap();
    assert_eq!(start(&host).unwrap(), both(true));
    let other = licgate_machine::keys::generate().unwrap();
    fs::write(host.dir.path().join("acme.pub"), other.public().to_string()).unwrap();
    assert_eq!(start(&host).unwrap_err().exit, Exit::NoFeatures, "the vendor has another key now");
}

#[test]
fn texts_that_cannot_be_kept_do_not_come_into_force() {
    let host = Host::new();
    host.issue(BOTH);
    let kept = Kept::new(&host.dir.path().join("gone"), &VendorName::from("acme"));
    let failure = kept.start(&host.order(), read(host.order())).unwrap_err();
    assert_eq!(failure.exit, Exit::NoFile);
    assert!(failure.message.contains("gone/acme.accepted"), "{failure}");
}

fn rule(host: &Host, text: &str) {
    fs::write(host.dir.path().join("acme.opt"), text).unwrap();
}

/// Whether ann and bob may have seats after a start.
fn allowed(host: &Host) -> Result<[bool; 2], Failure> {
    use licgate_core::options::policy::{Client, Judgement};
    let fresh = kept(host).start(&host.order(), read(host.order()))?;
    let may = |user| {
        let known = fresh.policy.recognise(Client { user, ..Client::default() });
        matches!(fresh.policy.judge(&known, 0), Some(Judgement::Allow(_)))
    };
    Ok(["ann", "bob"].map(may))
}

#[test]
fn rules_that_were_accepted_stand_in_for_rules_that_break() {
    let host = Host::new();
    let licence = host.issue(BOTH);
    rule(&host, "EXCLUDE post USER ann\n");
    assert_eq!(allowed(&host).unwrap(), [false, true]);
    rule(&host, "EXCLUDE post USER ann\nEXCLUDE post USR bob\n");
    assert_eq!(allowed(&host).unwrap(), [false, true], "the broken line is not left out");
    rule(&host, "EXCLUDE post USER bob\n");
    assert_eq!(allowed(&host).unwrap(), [true, false]);
    let text = fs::read_to_string(licence).unwrap();
    host.put(&text.replace("VENDOR acme", "VENDOR acme OPTIONS=gone.opt"));
    assert_eq!(allowed(&host).unwrap(), [true, false], "the named file is not there");
    host.put(&text);
    fs::remove_file(host.dir.path().join("acme.opt")).unwrap();
    assert_eq!(allowed(&host).unwrap(), [true, true], "no rules are rules, too");
}

#[test]
fn nobody_is_served_first_under_rules_with_errors() {
    let host = Host::new();
    host.issue(BOTH);
    rule(&host, "EXCLUDE post USER ann\nEXCLUDE post USR bob\nNONSENSE\n");
    let failure = allowed(&host).unwrap_err();
    assert_eq!(failure.exit, Exit::BadLicence);
    assert!(
        failure.message.contains("acme.opt:2:") && failure.message.ends_with("(the first of 2 errors)"),
        "{failure}"
    );
    assert!(failure.hint.contains("correct "), "{failure}");
    rule(&host, "EXCLUDE post USER ann\n");
    assert_eq!(allowed(&host).unwrap(), [false, true]);
}

#[test]
fn texts_kept_without_an_options_file_are_read() {
    #[derive(Encode)]
    struct Before<'a>(#[n(0)] &'a str, #[n(1)] Vec<Text<'a>>);
    let host = Host::new();
    let path = host.issue(BOTH);
    let (key, text) =
        (fs::read_to_string(host.dir.path().join("acme.pub")).unwrap(), fs::read_to_string(&path).unwrap());
    let texts = vec![Text { name: path.to_str().unwrap(), text: &text }];
    fs::write(kept(&host).path, minicbor::to_vec(Before(&key, texts)).unwrap()).unwrap();
    spoil(&host);
    assert_eq!(start(&host).unwrap(), both(true));
}
