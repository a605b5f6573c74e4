//! ssh: destinations, configurations, known hosts, key files.

use std::fs;
use std::path::{Path, PathBuf};

use lictunnel::ssh::auth::fuzzing::key;
use lictunnel::ssh::config::fuzzing::{Texts, printed, written};
use lictunnel::ssh::config::{ConfigError, Destination, Request};
use lictunnel::ssh::known_hosts::{Host, KnownHosts, LearnError, Verdict, learn};
use lictunnel::ssh::target::{Route, Target};
use russh::keys::{PublicKey, PublicKeyOrCertificate};

use crate::lossy;

/// What is understood reads the same again when it is printed, and is nothing that a shell or ssh would take for something else.
pub fn destination(data: &[u8]) {
    match lossy(data).parse::<Destination>() {
        Ok(destination) => {
            check(&destination.host, destination.user.as_deref());
            assert_ne!(destination.port, Some(0));
            assert_eq!(destination.to_string().parse().as_ref(), Ok(&destination));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What ends up on command lines.
fn check(host: &str, user: Option<&str>) {
    for word in [Some(host), user].into_iter().flatten() {
        assert!(
            !word.starts_with('-') && !word.contains(|c: char| c.is_control() || "'`\";&<>|(){}".contains(c)),
            "{word:?}"
        );
    }
    assert!(!host.is_empty());
}

fn check_target(target: &Target) {
    check(&target.host, None);
    assert!(target.port != 0 && !matches!(target.route, Route::Jump(_)));
    let paths = target.identities.iter().chain(&target.user_known_hosts).chain(&target.certificates);
    // Windows' own directories are absolute there only.
    paths.for_each(|path| assert!(path.is_absolute() || path.starts_with(r"C:\ProgramData"), "{path:?}"));
}

fn request() -> Request {
    Request::new("ada@lic1".parse().expect("a destination"))
}

/// Our own reader: a target that is fit to be called, or an error with words. No input makes it include without end.
pub fn ssh_config(data: &[u8]) {
    // The files `config` and `more`, parted by NUL, which may include each other; all commands fail, or all succeed.
    let text = lossy(data);
    let (config, more) = text.split_once('\0').unwrap_or((&text, ""));
    let read = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
        Some("config") => Some(config.to_owned()),
        Some("more") => Some(more.to_owned()),
        _ => None,
    };
    let matching =
        |pattern: &str| if pattern.ends_with("none") { Vec::new() } else { vec![PathBuf::from(pattern)] };
    for succeeds in [false, true] {
        match written(Texts { read: &read, matching: &matching }, &request(), succeeds) {
            Ok((target, remarks)) => {
                check_target(&target);
                assert!(remarks.iter().all(|remark| !remark.is_empty()));
            }
            Err(error) => words(&error),
        }
    }
}

/// The same for what `ssh -G` printed.
pub fn ssh_dump(data: &[u8]) {
    match printed(&lossy(data), &request()) {
        Ok(target) => check_target(&target),
        Err(error) => words(&error),
    }
}

fn words(error: &ConfigError) {
    assert!(!error.to_string().is_empty());
}

/// A key file is a key, or is refused with words.
pub fn key_file(data: &[u8]) {
    if let Err(why) = key(&lossy(data)) {
        assert!(!why.is_empty());
    }
}

const KEYS: [&str; 2] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAMGo4VGqR7YWK88t44eSxQEAmJgEE8rNhNTEwd/l50fKqHojyZ4Lykpa05TAz7C1K8HD83A7ZEmciXc2GqkEGI=",
];

/// A file is judged without a panic; a key that was learned is known afterwards, and nothing else in the file has changed.
pub fn known_hosts(data: &[u8]) {
    let (flags, data) = data.split_first().unwrap_or((&0, &[]));
    let text = lossy(data);
    // A name from the file itself, or the usual one.
    let own = text
        .split([' ', ',', '\n'])
        .next()
        .filter(|name| flags & 1 != 0 && !name.is_empty())
        .unwrap_or("lic1");
    let host = Host::new(own, if flags & 2 != 0 { 22 } else { 2222 });
    let shown = KEYS[usize::from(flags >> 2 & 1)].parse::<PublicKey>().expect("a key");
    let judge = |text: &str| {
        let (known, remarks) = KnownHosts::parse(Path::new("known_hosts"), text);
        assert!(remarks.len() <= 20);
        let _wanted = known.wanted(&host);
        known.judge(&host, &PublicKeyOrCertificate::from(shown.clone()), 1_800_000_000)
    };
    let before = judge(&text);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("known_hosts");
    fs::write(&file, &text).expect("a file");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let learned = runtime.block_on(learn(&file, &host, shown.key_data(), flags & 8 != 0));
    let after = fs::read_to_string(&file).expect("the file");
    match (&before, &learned) {
        (Verdict::Unknown, Ok(())) => {
            assert!(after.starts_with(&text) && after.ends_with('\n'));
            assert!(
                matches!(judge(&after), Verdict::Known(_)),
                "learned {:?} and forgot it: {after:?}",
                host.name()
            );
        }
        (Verdict::Known(_), Ok(())) | (_, Err(LearnError::Changed(_))) => assert_eq!(after, text),
        _ => panic!("{before:?}, but {learned:?}"),
    }
}
