//! What a session can do, on servers of many kinds.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use lictunnel::ssh::error::{Ended, Handshake, SshError};
use lictunnel::ssh::session::{ExecError, Known, Limits, Session};
use lictunnel::tasks::Tasks;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::people::{Doorman, User, means, with};
use crate::sshd::{LONG, Sshd};

const LIMITS: Limits = Limits { bytes: 10_000, time: LONG };

#[tokio::test]
async fn commands_give_status_and_both_outputs_within_bounds() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    let output = session.exec("echo one; echo two >&2; cat; exit 3", LIMITS).await.unwrap();
    assert_eq!(
        (output.status, &output.stdout[..], &output.stderr[..]),
        (Some(3), &b"one\n"[..], &b"two\n"[..])
    );
    assert_eq!(session.exec("kill -9 $$", LIMITS).await.unwrap().status, None);
    assert_eq!(session.exec("cat /dev/zero", LIMITS).await, Err(ExecError::TooMuch(10_000)));
    let hasty = Limits { time: Duration::from_millis(50), ..LIMITS };
    assert_eq!(session.exec("exec sleep 60", hasty).await, Err(ExecError::TooLong(hasty.time)));
    // More than MaxSessions (10) one after the other: their channels are closed, which ends those who write.
    for _ in 0..15 {
        assert_eq!(session.exec("cat /dev/zero", LIMITS).await, Err(ExecError::TooMuch(10_000)));
    }
    assert_eq!(session.exec("true", LIMITS).await.unwrap().status, Some(0));
    session.close().await;
}

#[tokio::test]
async fn with_one_session_allowed_commands_still_run() {
    let Some(sshd) = Sshd::start("MaxSessions 1") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(session.exec("echo x", LIMITS).await.unwrap().stdout, b"x\n");
    }
}

#[tokio::test]
async fn where_commands_are_forbidden_the_session_still_stands() {
    let Some(sshd) = Sshd::start("MaxSessions 0") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    let error = session.exec("true", LIMITS).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ExecError::NoChannel(_)) && text.contains("MaxSessions"), "{text}");
    assert!(!text.contains("listens"), "{text}");
    assert!(session.ping(LONG).await.is_some());
}

#[tokio::test]
async fn old_and_hardened_servers_are_spoken_to() {
    for lines in [
        "Ciphers aes128-ctr\nMACs hmac-sha1\nKexAlgorithms diffie-hellman-group14-sha256\nHostKeyAlgorithms rsa-sha2-256",
        "Ciphers aes256-ctr\nMACs hmac-sha2-512\nKexAlgorithms diffie-hellman-group-exchange-sha256\nHostKeyAlgorithms rsa-sha2-512\nPubkeyAcceptedAlgorithms rsa-sha2-512",
        "Ciphers chacha20-poly1305@openssh.com\nKexAlgorithms curve25519-sha256\nHostKeyAlgorithms ssh-ed25519\nPubkeyAcceptedAlgorithms ssh-ed25519",
        "Ciphers aes128-gcm@openssh.com\nKexAlgorithms ecdh-sha2-nistp384",
    ] {
        let Some(sshd) = Sshd::start(lines) else { return };
        sshd.keygen(&["-t", "rsa", "-b", "2048", "-N", "", "-f", "id_rsa"]);
        let keys =
            ["id.pub", "id_rsa.pub"].map(|name| std::fs::read_to_string(sshd.file(name)).unwrap()).concat();
        sshd.write("authorized_keys", &keys);
        let mut target = sshd.target();
        target.identities.push(sshd.file("id_rsa"));
        let session =
            Session::open(&target, &means()).await.unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert_eq!(session.exec("echo x", LIMITS).await.unwrap().stdout, b"x\n", "{lines}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_named_as_such() {
    let Some(sshd) = Sshd::start("KexAlgorithms diffie-hellman-group1-sha1\nCiphers aes128-cbc") else {
        return;
    };
    let error = Session::open(&sshd.target(), &means()).await.unwrap_err();
    assert!(error.is_final() && error.to_string().contains("diffie-hellman-group1-sha1"), "{error}");
}

#[tokio::test]
async fn a_certified_host_shows_its_certificate_where_an_authority_is_known() {
    let Some(sshd) = Sshd::start("") else { return };
    // A certificate has to be there when the server starts: another one starts with the files of this one.
    sshd.keygen(&["-t", "ed25519", "-N", "", "-f", "authority"]);
    sshd.keygen(&["-s", "authority", "-I", "host", "-h", "-n", "licences.test", "host_ed25519.pub"]);
    let lines = format!(
        "HostKey {}\nHostCertificate {}",
        sshd.file("host_ed25519").display(),
        sshd.file("host_ed25519-cert.pub").display()
    );
    let certified = Sshd::start(&lines).unwrap();
    for authority in [true, false] {
        let doorman =
            Arc::new(Doorman { known: Known { authority, ..Known::default() }, ..Doorman::default() });
        Session::open(&certified.target(), &with(User::who_says(&[]), Arc::clone(&doorman))).await.unwrap();
        assert_eq!(doorman.shown.lock().unwrap()[0].2, authority);
    }
}

#[tokio::test]
async fn a_session_says_how_it_ended() {
    let Some(mut sshd) = Sshd::start("") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    assert!(session.ping(LONG).await.is_some());
    sshd.kill();
    assert!(matches!(session.closed().await, Ended::Lost(_)));
    assert_eq!(session.ping(LONG).await, None);
    assert!(session.exec("true", LIMITS).await.unwrap_err().to_string().contains("ended"));
}

#[tokio::test]
async fn a_session_that_is_given_up_ends_at_once_and_leaves_no_task() {
    let Some(sshd) = Sshd::start("") else { return };
    let means = means();
    let session = Session::open(&sshd.target(), &means).await.unwrap();
    session.cut();
    assert_eq!(session.closed().await, Ended::Silent);
    drop(session);
    let session = Session::open(&sshd.target(), &means).await.unwrap();
    session.close().await;
    means.tasks.drain(LONG).await;
}

#[tokio::test]
async fn a_ping_on_its_way_when_the_session_ends_has_no_answer() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    sshd.freeze();
    let (answer, ()) = tokio::join!(session.ping(LONG), async { session.cut() });
    assert_eq!(answer, None);
    assert_eq!(session.closed().await, Ended::Silent);
}

#[tokio::test]
async fn a_frozen_server_answers_no_ping() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = Session::open(&sshd.target(), &means()).await.unwrap();
    sshd.freeze();
    tokio::time::pause();
    assert_eq!(session.ping(Duration::from_secs(5)).await, None);
    // The library's own limit ends it when nobody pings.
    assert_eq!(session.closed().await, Ended::Silent);
}

#[tokio::test]
async fn a_server_that_never_speaks_is_given_up() {
    let Some(sshd) = Sshd::start("") else { return };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut target = sshd.target();
    target.port = listener.local_addr().unwrap().port();
    let tasks = Tasks::new();
    let hung_up = tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut said = String::new();
        tokio::time::pause();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    let error = Session::open(&target, &means()).await.unwrap_err();
    assert!(
        matches!(error, SshError::Handshake { why: Handshake::Silent(_), .. }) && !error.is_final(),
        "{error}"
    );
    assert!(hung_up.await.unwrap().starts_with("SSH-2.0-lictunnel"));
}
