//! Writing keys down.

use std::fs;
use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_learnt_key_is_known() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(".ssh").join("known_hosts");
    let host = Host::new("Lic1", 2222);
    learn(&file, &host, key(1).key_data(), false).await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("[lic1]:2222 {}\n", text(1)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
    }
    // What is known stays as it is; what has changed meanwhile is not covered up.
    learn(&file, &host, key(1).key_data(), true).await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
    let error = learn(&file, &host, key(2).key_data(), false).await.unwrap_err().to_string();
    assert!(error.contains("HAS CHANGED"), "{error}");
}

#[tokio::test]
async fn a_line_is_added_without_harm_to_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    fs::write(&file, "# no newline at the end").unwrap();
    learn(&file, &Host::new("lic1", 22), key(1).key_data(), true).await.unwrap();
    // An alias may be anything, and must not come to mean all hosts.
    learn(&file, &Host::new("*", 22), key(2).key_data(), false).await.unwrap();
    let content = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = content.lines().collect();
    let [comment, first, second] = lines.as_slice() else { panic!("{content}") };
    assert_eq!(*comment, "# no newline at the end");
    assert!(first.starts_with("|1|") && second.starts_with("|1|") && content.ends_with('\n'), "{content}");
    let known = files(&[("one", content.clone())]);
    assert_eq!(brief(&judged(&known, &Host::new("lic1", 22), 1)), "known one:2");
    assert_eq!(brief(&judged(&known, &Host::new("other", 22), 2)), "unknown");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_an_error_and_none_at_all_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let error = learn(directory.path(), &Host::new("lic1", 22), key(1).key_data(), false).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot remember the key in "), "{error}");
    #[cfg(unix)]
    learn(Path::new("/dev/null"), &Host::new("lic1", 22), key(1).key_data(), false).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_another_program_keeps_locked_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let (host, key) = (Host::new("lic1", 22), key(1));
    let other = fs::File::create(&file).unwrap();
    other.lock().unwrap();
    let learning = learn(&file, &host, key.key_data(), false);
    let error = tokio::time::timeout(Duration::from_secs(10), learning).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("kept it locked for 5 s"), "{error}");
    let (learnt, ()) = tokio::join!(learn(&file, &host, key.key_data(), false), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.unlock().unwrap();
    });
    learnt.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("lic1 {}\n", text(1)));
}

#[test]
fn an_answer_says_yes_or_no_or_is_asked_for_again() {
    let shown = key(1);
    let fingerprint = |of: &PublicKey| of.fingerprint(HashAlg::Sha256).to_string();
    let (right, wrong) = (fingerprint(&shown), fingerprint(&key(2)));
    let cases = [
        ("yes", Some(true)),
        (" YES\r", Some(true)),
        ("No", Some(false)),
        (right.as_str(), Some(true)),
        (wrong.as_str(), Some(false)),
        (&right[..right.len() - 1], Some(false)),
        ("y", None),
        ("", None),
        ("maybe", None),
    ];
    for (answer, expected) in cases {
        assert_eq!(confirms(answer, shown.key_data()), expected, "{answer:?}");
    }
}
