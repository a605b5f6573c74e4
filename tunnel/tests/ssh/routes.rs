//! The ways to a server.

use std::sync::Arc;

use lictunnel::ssh::error::{Ended, SshError};
use lictunnel::ssh::session::{Limits, Session};
use lictunnel::ssh::target::Route;

use crate::people::{Doorman, User, means, with};
use crate::sshd::{LONG, Sshd};

const LIMITS: Limits = Limits { bytes: 10_000, time: LONG };

#[tokio::test]
async fn over_two_jump_hosts_each_with_its_own_key_and_login() {
    let (Some(first), Some(second), Some(last)) = (Sshd::start(""), Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let mut hops = [first.target(), second.target()];
    (hops[0].host, hops[1].host) = ("gate.test".to_owned(), "localhost".to_owned());
    let mut target = last.target();
    target.host = "127.0.0.1".to_owned();
    target.route = Route::Jump(hops.to_vec());
    let doorman = Arc::new(Doorman::default());
    let session = Session::open(&target, &with(User::who_says(&[]), Arc::clone(&doorman))).await.unwrap();
    assert_eq!(
        session.exec("echo $SSH_CONNECTION | cut -d' ' -f4", LIMITS).await.unwrap().stdout,
        format!("{}\n", last.port).as_bytes()
    );
    let hosts: Vec<_> = doorman.shown.lock().unwrap().iter().map(|(host, ..)| host.clone()).collect();
    assert_eq!(hosts, ["gate.test", "localhost", "127.0.0.1"]);

    let doorman = Doorman { refuse: Some(second.port), ..Doorman::default() };
    let error = Session::open(&target, &with(User::who_says(&[]), Arc::new(doorman))).await.unwrap_err();
    assert!(matches!(&error, SshError::HostKey { at, .. } if at.starts_with("localhost:")), "{error}");

    drop(first);
    assert!(matches!(session.closed().await, Ended::Lost(_)));
}

#[tokio::test]
async fn a_jump_host_that_does_not_lead_on_is_named() {
    let (Some(gate), Some(last)) = (Sshd::start("AllowTcpForwarding no"), Sshd::start("")) else { return };
    let mut target = last.target();
    target.route = Route::Jump(vec![gate.target()]);
    let error = Session::open(&target, &means()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the jump host licences.test:") && text.contains("AllowTcpForwarding"), "{text}");
}

#[tokio::test]
async fn through_a_command_that_ends_with_the_session() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    let bridge = |then: &str| {
        let port = sshd.port;
        format!("perl -e 'open F, q(>{}); print F $$; close F; {then}' {port}", sshd.file("pid").display())
    };
    // What `nc` does, which is not installed everywhere.
    target.route = Route::Command(bridge(concat!(
        r#"use IO::Socket::INET; use IO::Select; $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die; "#,
        r"$i = IO::Select->new($s, \*STDIN); ",
        r"while (1) { for ($i->can_read) { sysread($_, $b, 65536) or exit; ",
        r"syswrite($_ == $s ? \*STDOUT : $s, $b) } }",
    )));
    let session = Session::open(&target, &means()).await.unwrap();
    assert_eq!(session.exec("echo x", LIMITS).await.unwrap().stdout, b"x\n");
    let pid: i32 = std::fs::read_to_string(sshd.file("pid")).unwrap().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_ok());
    session.close().await;
    while rustix::process::test_kill_process(pid).is_ok() {
        tokio::task::yield_now().await;
    }

    // Given up it ends too, though nobody has dropped the session.
    let session = Session::open(&target, &means()).await.unwrap();
    session.cut();
    assert_eq!(tokio::time::timeout(LONG, session.closed()).await, Ok(Ended::Silent));

    target.route = Route::Command("exit 1".to_owned());
    let error = Session::open(&target, &means()).await.unwrap_err();
    assert!(matches!(error, SshError::Handshake { .. }), "{error}");
}

#[tokio::test]
async fn hosts_that_are_not_there_are_named() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    target.host = "nowhere.test".to_owned();
    let error = Session::open(&target, &means()).await.unwrap_err();
    assert!(matches!(&error, SshError::Resolve { host, .. } if host == "nowhere.test"), "{error}");

    let target = sshd.target();
    drop(sshd);
    let error = Session::open(&target, &means()).await.unwrap_err();
    assert!(
        matches!(&error, SshError::Dial { tried, .. } if tried.len() == 1) && !error.is_final(),
        "{error}"
    );
}
