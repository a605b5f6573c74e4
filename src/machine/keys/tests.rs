//! Tests of key files.

use std::collections::BTreeSet;

use super::*;

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn two_new_keys_differ() {
    assert_ne!(generate().unwrap().public(), generate().unwrap().public());
}

#[test]
fn an_identity_is_made_once() {
    let dir = dir();
    let state = dir.path().join("a/state");
    let first = identity(&state).unwrap().public();
    assert_eq!(identity(&state).unwrap().public(), first);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn all_who_make_an_identity_at_once_get_the_same() {
    let dir = dir();
    let barrier = std::sync::Barrier::new(8);
    let keys: BTreeSet<[u8; 32]> = std::thread::scope(|scope| {
        let start = || {
            barrier.wait();
            identity(&dir.path().join("state")).unwrap().public().bytes()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(keys.len(), 1);
}

#[cfg(unix)]
#[test]
fn an_identity_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let state = dir.path().join("state");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    identity(&state).unwrap();
    let file = identity_file(&state);
    assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
    for exposed in [0o640, 0o604, 0o610] {
        fs::set_permissions(&file, fs::Permissions::from_mode(exposed)).unwrap();
        let error = identity(&state).err().unwrap().to_string();
        let path = file.display();
        assert_eq!(
            error,
            format!(
                "others may use the private key {path} (mode {exposed:04o}); take that away with \
                 `chmod 600 {path}`"
            )
        );
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(identity(&state).is_ok());
}

#[test]
fn a_public_key_file_may_have_comments() {
    let dir = dir();
    let path = dir.path().join("acme.pub");
    let key = generate().unwrap().public();
    for text in [format!("{key}"), format!("# acme, 2026\r\n\r\n  {key}  \r\n")] {
        fs::write(&path, text).unwrap();
        assert_eq!(read_public(&path).unwrap(), key);
    }
    for text in [String::new(), "# nothing".into(), format!("{key}\n{key}\n"), "ed25519:12".into()] {
        fs::write(&path, &text).unwrap();
        assert!(matches!(read_public(&path), Err(KeyFileError::NoKey(_))), "{text:?}");
    }
    fs::write(&path, [0xff; 40]).unwrap();
    assert!(matches!(read_public(&path), Err(KeyFileError::NoKey(_))));
    assert!(matches!(read_public(&dir.path().join("none.pub")), Err(KeyFileError::File(_))));
}

#[test]
fn a_private_key_is_written_once_and_read_back() {
    let dir = dir();
    let (path, key) = (dir.path().join("acme.key"), generate().unwrap());
    write_private(&path, &key).unwrap();
    assert_eq!(read_private(&path).unwrap().public(), key.public());
    assert!(matches!(write_private(&path, &key), Err(KeyFileError::File(_))));
    let empty = dir.path().join("empty.key");
    files::create(&empty, b"", 0o600).unwrap();
    assert!(matches!(read_private(&empty), Err(KeyFileError::NoKey(_))));
}
