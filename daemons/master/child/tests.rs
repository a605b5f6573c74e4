//! Vendor daemons that are shell scripts, and how they are kept alive.

use licgate_core::supervise::Hopeless;
use licgate_core::wire::encode;

use super::*;

/// A vendor daemon that is a shell script.
fn daemon(script: &str, tasks: &Tasks) -> Entry {
    let recipe = Recipe {
        vendor: "acme".into(),
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        log: Sink::Stderr,
    };
    keep(recipe, tasks)
}

/// A command that says `message` to the master.
fn says(message: &VendorMsg) -> String {
    let mut frame = Vec::new();
    encode(message, &mut frame).unwrap();
    let octal: String = frame.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("printf '{octal}'")
}

async fn health(entry: &mut Entry, wanted: fn(&Health) -> bool) -> Health {
    entry.health.wait_for(wanted).await.unwrap().clone()
}

fn is_settled(health: &Health) -> bool {
    *health != Health::Starting
}

#[tokio::test]
async fn a_daemon_serves_rereads_and_is_stopped() {
    let tasks = Tasks::new();
    let reread = VendorMsg::Reread { ok: false, lines: vec!["acme.lic:3: error: no".into()] };
    // Six bytes are the frame of a Reread order.
    let mut order = Vec::new();
    encode(&MasterMsg::Reread, &mut order).unwrap();
    let warning = Some("the files are refused".to_owned());
    let script = format!(
        "{}; head -c {} >/dev/null; {}; {}; cat >/dev/null",
        says(&VendorMsg::Ready { port: 4711, warning: None }),
        order.len(),
        says(&VendorMsg::Ready { port: 4711, warning: warning.clone() }),
        says(&reread)
    );
    let mut entry = daemon(&script, &tasks);
    assert_eq!(health(&mut entry, is_settled).await, Health::Up { port: 4711, warning: None });
    let (answer, answered) = oneshot::channel();
    entry.orders.send(Order::Reread(answer)).await.unwrap();
    let kept = Reread { outcome: Outcome::Kept, lines: vec!["acme.lic:3: error: no".into()] };
    assert_eq!(answered.await.unwrap(), kept);
    assert_eq!(*entry.health.borrow(), Health::Up { port: 4711, warning });
    tasks.stop();
    entry.orders.closed().await;
    assert_eq!(*entry.health.borrow(), Health::Down(Cause::Stopped));
}

#[tokio::test]
async fn a_retired_daemon_is_stopped_and_forgotten() {
    let tasks = Tasks::new();
    let mut entry =
        daemon(&format!("{}; cat >/dev/null", says(&VendorMsg::Ready { port: 1, warning: None })), &tasks);
    assert_eq!(health(&mut entry, is_settled).await, Health::Up { port: 1, warning: None });
    entry.orders.send(Order::Retire).await.unwrap();
    entry.orders.closed().await;
}

#[tokio::test]
async fn a_daemon_without_features_is_left_alone_until_a_reread() {
    let tasks = Tasks::new();
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("corrected");
    let ready = says(&VendorMsg::Ready { port: 2, warning: None });
    let script = format!("test -e {} || exit 36; {ready}; cat >/dev/null", marker.display());
    let mut entry = daemon(&script, &tasks);
    let left = Health::Down(Cause::Hopeless(Hopeless::NoFeatures));
    assert_eq!(health(&mut entry, is_settled).await, left);
    std::fs::write(marker, "").unwrap();
    let (answer, answered) = oneshot::channel();
    entry.orders.send(Order::Reread(answer)).await.unwrap();
    assert_eq!(answered.await.unwrap().outcome, Outcome::InForce);
    assert_eq!(*entry.health.borrow(), Health::Up { port: 2, warning: None });
    tasks.stop();
    entry.orders.closed().await;
}

#[tokio::test]
async fn a_daemon_that_crashes_talks_nonsense_or_is_not_there_is_tried_again() {
    let tasks = Tasks::new();
    for (script, words) in [
        ("kill -9 $$", "signal 9"),
        ("exit 3", "status 3"),
        ("printf 'HTTP/1.1 200 OK'; exec cat >/dev/null", "signal 9"),
    ] {
        let mut entry = daemon(script, &tasks);
        let Health::Restarting { why, .. } = health(&mut entry, is_settled).await else {
            panic!("{entry:?}")
        };
        assert!(why.contains(words), "{why}");
    }
    let recipe = Recipe {
        vendor: "acme".into(),
        program: "/nonexistent/licvendord".into(),
        arguments: Vec::new(),
        log: Sink::Stderr,
    };
    let mut entry = keep(recipe, &tasks);
    let Health::Restarting { why, .. } = health(&mut entry, is_settled).await else { panic!("{entry:?}") };
    assert!(why.contains("/nonexistent/licvendord"), "{why}");
    assert_eq!(tasks.drain(Duration::from_secs(30)).await, crate::tasks::Drained::Finished);
}
