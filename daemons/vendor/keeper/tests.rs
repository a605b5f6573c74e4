//! Whole lives of the keeper, in virtual time and with a disk that survives.

use licgate_core::code::Code;
use licgate_core::ledger::Event;
use licgate_core::wire::ServerMsg;

use super::*;
use crate::journal::{Crash, MemoryJournal};
use crate::vendor::bench::{Client, Site, book, checkout, id, waiting};

fn is_granted(message: &ServerMsg) -> bool {
    matches!(message, ServerMsg::Granted(_))
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_commit_is_committed_together() {
    let disk = MemoryJournal::default();
    let site = Site::start(book(&["solver"], 1000), &disk);
    let mut ann = Client::new();
    let held = disk.hold().await;
    for number in 0..600 {
        site.ask(&ann, Ask::Checkout(checkout(number, "ann"))).await;
    }
    site.pass(1).await;
    assert_eq!(
        (ann.heard().await, disk.entries().len()),
        (Vec::new(), 0),
        "nobody hears what is not durable"
    );
    drop(held);
    for number in 0..600 {
        assert_eq!(ann.granted().await.checkout, id(number), "answers come in the order of the asks");
    }
    site.stop().await;
    assert_eq!(disk.appends().iter().sum::<usize>(), 600);
    assert!(disk.appends().len() <= 4, "{:?}", disk.appends());
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_lease_and_a_hang_up_ends_it_sooner() {
    let disk = MemoryJournal::default();
    let site = Site::start(book(&["solver"], 5), &disk);
    let (mut ann, mut bob) = (Client::new(), Client::new());
    site.ask(&ann, Ask::Checkout(checkout(1, "ann"))).await;
    site.ask(&bob, Ask::Checkout(checkout(2, "bob"))).await;
    drop((ann.granted().await, bob.granted().await));
    site.ask(&bob, Ask::Hangup(id(2), 1)).await;
    site.pass(19).await;
    assert_eq!(disk.entries().len(), 2);
    site.pass(2).await;
    site.pass(97).await;
    assert_eq!(ann.heard().await, []);
    site.pass(3).await;
    let ServerMsg::Gone { checkout, .. } = ann.hear().await else { panic!("ann was not told") };
    assert_eq!(checkout, id(1));
    assert_eq!(bob.heard().await, []);
    site.stop().await;
    let ends: Vec<_> = disk.entries().into_iter().map(|entry| entry.change.event).collect();
    assert!(
        matches!(&ends[2..], [Event::Ended { checkout: bob, .. }, Event::Ended { checkout: ann, .. }]
        if (*bob, *ann) == (id(2), id(1))),
        "{ends:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_daemon_was_stopped_counts_for_nobody() {
    let disk = MemoryJournal::default();
    let site = Site::start(book(&["solver"], 5), &disk);
    let mut ann = Client::new();
    site.ask(&ann, Ask::Checkout(checkout(1, "ann"))).await;
    drop(ann.granted().await);
    tokio::time::advance(Duration::from_secs(3600)).await;
    site.ask(&ann, Ask::Heartbeat(id(1), 1)).await;
    assert_eq!(ann.hear().await, ServerMsg::Alive { checkout: id(1), position: None });
    site.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_keeps_every_lease_for_a_full_silence_period() {
    let disk = MemoryJournal::default();
    let first = Site::start(book(&["solver"], 1), &disk);
    let (mut ann, mut bob) = (Client::new(), Client::new());
    first.ask(&ann, Ask::Checkout(checkout(1, "ann"))).await;
    first.ask(&bob, Ask::Checkout(waiting(2, "bob"))).await;
    let lease = ann.granted().await.lease;
    drop(bob.queued().await);
    first.pass(100).await;
    // The journal's clock goes on to here; ann was last heard long before.
    let mut bob = Client::new();
    first.ask(&bob, Ask::Resume(id(2))).await;
    drop(bob.queued().await);
    first.stop().await;

    let second = Site::start(book(&["solver"], 1), &disk);
    second.pass(115).await;
    let mut back = Client::new();
    second.ask(&back, Ask::Resume(id(1))).await;
    let granted = back.granted().await;
    assert_eq!((granted.lease, granted.epoch), (lease, 2));
    second.pass(10).await;
    assert_eq!(back.heard().await, [], "bob was not heard and is gone, ann stays");
    let mut late = Client::new();
    second.ask(&late, Ask::Resume(id(2))).await;
    assert!(matches!(late.hear().await, ServerMsg::Denied { code: Code::NEVER_CHECKED_OUT, .. }));
    second.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_answers_what_is_in_the_inbox() {
    let disk = MemoryJournal::default();
    let site = Site::start(book(&["solver"], 5), &disk);
    let mut ann = Client::new();
    for number in 0..5 {
        site.way.inbox.try_send(ann.ask(Ask::Checkout(checkout(number, "ann")))).unwrap();
    }
    site.stop().await;
    assert_eq!(ann.heard().await.iter().filter(|message| is_granted(message)).count(), 5);
    assert_eq!(disk.entries().len(), 5);
}

/// Two people and one seat, one of them on a second connection later: each ask waits for its answer, so each is a commit of its own.
fn story() -> Vec<(usize, Ask)> {
    vec![
        (0, Ask::Checkout(checkout(1, "ann"))),
        (1, Ask::Checkout(waiting(2, "bob"))),
        (2, Ask::Resume(id(1))),
        (2, Ask::Checkin(id(1), 2)),
        (1, Ask::Checkin(id(2), 1)),
        (0, Ask::Checkout(checkout(3, "ann"))),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_point_never_unsays_anything() {
    let mut crashes = 0;
    for crash in [Crash::Lost, Crash::Kept] {
        for appends in 0..story().len() {
            let disk = MemoryJournal::default();
            disk.crash_after(appends, crash);
            let heard = live_until_crash(&disk).await;
            assert_eq!(heard.len(), appends, "an answer was let out before its commit: {heard:?}");
            crashes += 1;
            check_after_crash(&disk, appends, crash).await;
        }
    }
    assert_eq!(crashes, 12);
}

/// Plays the story; gives the answers up to the one that never came.
async fn live_until_crash(disk: &MemoryJournal) -> Vec<ServerMsg> {
    let mut site = Site::start_as_is(book(&["solver"], 1), disk);
    let mut clients = [Client::new(), Client::new(), Client::new()];
    let mut heard = Vec::new();
    for (client, ask) in story() {
        let is_checkin = matches!(ask, Ask::Checkin(..));
        site.ask(&clients[client], ask).await;
        loop {
            tokio::select! {
                biased;
                message = clients[client].hear() => match message {
                    // Bob's seat comes unasked, with the commit of ann's check-in.
                    ServerMsg::Granted(_) if is_checkin => {}
                    answer => {
                        heard.push(answer);
                        break;
                    }
                },
                ended = &mut site.committed => {
                    assert!(matches!(ended, Ok(Some(Err(_)))), "{ended:?}");
                    return heard;
                }
            }
        }
    }
    heard
}

/// After the restart whoever was told of a seat still has it, and there are never two of them.
async fn check_after_crash(disk: &MemoryJournal, appends: usize, crash: Crash) {
    let site = Site::start(book(&["solver"], 1), disk);
    let mut holders = 0;
    for number in 1..=3 {
        let mut client = Client::new();
        site.ask(&client, Ask::Resume(id(number))).await;
        holders += usize::from(is_granted(&client.hear().await));
    }
    let durable_steps = match crash {
        Crash::Lost => appends,
        Crash::Kept => appends + 1,
    };
    // Out: after step 1; back only after step 5; out again after step 6.
    let expected = usize::from((1..=4).contains(&durable_steps) || durable_steps == 6);
    assert_eq!(holders, expected, "{crash:?} {appends}");
    site.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_looks_delays_a_checkout_by_one_page_at_most() {
    let disk = MemoryJournal::default();
    let site = Site::start(book(&["solver"], 100), &disk);
    let mut ann = Client::new();
    let ask = StatusAsk { feature: None, users: true, after: None };
    let look = || Look(ask.clone(), ann.outbox.clone());
    let mut crowd = 0;
    while site.way.looks.try_send(look()).is_ok() {
        crowd += 1;
    }
    assert_eq!(crowd, LOOKS, "the others wait outside");
    site.ask(&ann, Ask::Checkout(checkout(1, "ann"))).await;
    // The crowd was there first.
    let mut seat_after = Vec::new();
    for place in 0..=crowd {
        seat_after.extend(is_granted(&ann.hear().await).then_some(place));
    }
    assert!(matches!(seat_after[..], [0 | 1]), "pages before the seat: {seat_after:?}");
    site.stop().await;
}
