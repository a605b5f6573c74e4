//! Turns of the keeper without a task, and whole lives of it in virtual time with a disk that survives.

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::ledger::Event;
use licgate_core::licence::{Book, Seats};
use licgate_core::time::WallTime;
use licgate_core::wire::ServerMsg;

use super::*;
use crate::journal::{Crash, Loaded, MemoryJournal};
use crate::vendor::bench::{Client, Hour, PATIENCE, Site, book, checkout, hour, id, waiting};
use crate::vendor::commit::Outcome;

/// A keeper without a disk.
struct Bare {
    keeper: Keeper<Hour>,
    now: Now,
}

impl Bare {
    fn new(book: Book) -> Self {
        let now = Now { lease: LeaseTime(0), wall: WallTime(1_700_000_000) };
        Self { keeper: Keeper::restore(book, PATIENCE, hour as Hour, &Loaded::default(), now), now }
    }

    /// One turn; delivers its messages and gives its log lines and the kinds of its entries.
    fn turn(&mut self, commands: impl IntoIterator<Item = Command>) -> (Vec<String>, Batch) {
        let mut batch = self.keeper.turn(self.now, commands.into_iter());
        let mut lines = Vec::new();
        for outcome in batch.outcomes.drain(..) {
            match outcome {
                Outcome::Tell(outbox, message) => outbox.tell(message),
                Outcome::Log(line) => lines.push(line),
                Outcome::Served(report, lines) => report.send(lines).unwrap(),
            }
        }
        (lines, batch)
    }
}

fn is_granted(message: &ServerMsg) -> bool {
    matches!(message, ServerMsg::Granted(_))
}

#[tokio::test]
async fn a_seat_set_free_goes_to_the_one_who_waits() {
    let mut bare = Bare::new(book(&["solver"], 1));
    let (mut ann, mut bob) = (Client::new(), Client::new());
    let (lines, _) = bare.turn([
        ann.ask(Ask::Checkout(checkout(1, "ann"))),
        bob.ask(Ask::Checkout(checkout(2, "bob"))),
        bob.ask(Ask::Checkout(waiting(3, "bob"))),
    ]);
    let held = ann.granted().await;
    assert_eq!((held.checkout, held.epoch, held.seats, held.silence_ms), (id(1), 1, 1, 120_000));
    assert_eq!(held.proof.lines, ["FEATURE solver"]);
    let ServerMsg::Denied { code, why, .. } = bob.hear().await else { panic!("bob was not refused") };
    assert_eq!(code, Code::ALL_IN_USE);
    assert!(why.contains("ann@ws1 since 09:12"), "{why}");
    let place = bob.queued().await;
    assert_eq!((place.checkout, place.epoch, place.position), (id(3), 1, 1));
    assert!(place.why.contains("ann@ws1 since 09:12"), "{}", place.why);

    let (more, batch) = bare.turn([ann.ask(Ask::Checkin(id(1), 1))]);
    assert_eq!(ann.heard().await, [ServerMsg::Returned { checkout: id(1) }]);
    assert_eq!(bob.granted().await.checkout, id(3));
    assert_eq!(batch.entries.len(), 2);
    assert!(batch.entries.iter().all(|entry| entry.about.is_some()));
    let denied = "DENIED: \"solver\" bob@ws1  (Licensed number of users already reached. (-4,342))";
    assert_eq!(lines, ["OUT: \"solver\" ann@ws1  ", denied, "QUEUED: \"solver\" bob@ws1  "]);
    assert_eq!(
        more,
        ["IN: \"solver\" ann@ws1  ", "DEQUEUED: \"solver\" bob@ws1  ", "OUT: \"solver\" bob@ws1  "]
    );
}

#[tokio::test]
async fn whoever_comes_back_takes_the_place_of_its_old_connection() {
    let mut bare = Bare::new(book(&["solver"], 1));
    let (ann, mut old, mut new) = (Client::new(), Client::new(), Client::new());
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann"))), old.ask(Ask::Checkout(waiting(2, "bob")))]);
    assert_eq!(old.queued().await.epoch, 1);
    bare.turn([new.ask(Ask::Resume(id(2)))]);
    assert_eq!(new.queued().await.epoch, 2);
    // The old connection is noticed to be broken only now.
    bare.turn([old.ask(Ask::Hangup(id(2), 1)), old.ask(Ask::Heartbeat(id(2), 1))]);
    assert!(matches!(old.hear().await, ServerMsg::Denied { .. }), "its epoch is over");
    bare.turn([ann.ask(Ask::Checkin(id(1), 1))]);
    assert_eq!(new.granted().await.epoch, 2);
    assert_eq!(old.heard().await, []);
    // A repeated checkout is the same as a resume.
    bare.turn([old.ask(Ask::Checkout(waiting(2, "bob")))]);
    assert_eq!(old.granted().await.epoch, 3);
}

#[tokio::test]
async fn heartbeats_are_answered_and_not_written() {
    let mut bare = Bare::new(book(&["solver"], 1));
    let (mut ann, mut bob) = (Client::new(), Client::new());
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann"))), bob.ask(Ask::Checkout(waiting(2, "bob")))]);
    drop((ann.granted().await, bob.queued().await));
    let (lines, batch) = bare.turn([ann.ask(Ask::Heartbeat(id(1), 1)), bob.ask(Ask::Heartbeat(id(2), 1))]);
    assert_eq!((lines.len(), batch.entries.len()), (0, 0));
    assert_eq!(ann.hear().await, ServerMsg::Alive { checkout: id(1), position: None });
    assert_eq!(bob.hear().await, ServerMsg::Alive { checkout: id(2), position: Some(1) });
    // A hang-up is for the ledger only.
    let (lines, batch) = bare.turn([ann.ask(Ask::Hangup(id(1), 1)), ann.ask(Ask::Hangup(id(9), 1))]);
    assert_eq!((lines.len(), batch.entries.len()), (0, 0));
    assert_eq!(ann.heard().await, []);
}

#[tokio::test]
async fn a_new_book_tells_those_who_lose_their_seats() {
    let mut bare = Bare::new(book(&["mesh", "solver"], 2));
    let mut ann = Client::new();
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann")))]);
    drop(ann.granted().await);
    let (report, news) = oneshot::channel();
    let mut next = book(&["mesh", "post"], 3).pools().to_vec();
    next[1].seats = Seats::Uncounted;
    let next = Book::of(VendorName::from("acme"), next);
    let (lines, batch) = bare.turn([Command::Serve(next, report)]);
    assert_eq!(
        news.await.unwrap(),
        [
            "feature mesh: 2 seats became 3 seats",
            "new feature post: uncounted",
            "feature solver is no longer served"
        ]
    );
    let ServerMsg::Gone { checkout, code, .. } = ann.hear().await else { panic!("ann was not told") };
    assert_eq!((checkout, code), (id(1), Code::REMOVED_BY_REREAD));
    assert_eq!(lines, ["IN: \"solver\" ann@ws1  (REMOVED)"]);
    assert_eq!(batch.entries.len(), 1);
    let (report, news) = oneshot::channel();
    let same = book(&["mesh"], 3);
    let both = Bare::new(same.clone()).turn([Command::Serve(same, report)]);
    assert!(both.1.entries.is_empty());
    assert_eq!(news.await.unwrap(), ["no feature changed"]);
}

#[tokio::test]
async fn a_long_history_is_cut_short_by_a_snapshot() {
    let mut bare = Bare::new(book(&["solver"], 5));
    let ann = Client::new();
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann")))]);
    let mut snapshots = 0;
    for _ in 0..10_100 {
        let (_, batch) =
            bare.turn([ann.ask(Ask::Checkout(checkout(2, "ann"))), ann.ask(Ask::Checkin(id(2), 1))]);
        if let Some(state) = batch.snapshot {
            snapshots += 1;
            assert!(state.len() <= 3, "one lease, not its whole history: {state:?}");
        }
    }
    assert_eq!(snapshots, 2);
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
        site.asks.try_send(ann.ask(Ask::Checkout(checkout(number, "ann")))).unwrap();
    }
    site.stop().await;
    assert_eq!(ann.heard().await.iter().filter(|message| is_granted(message)).count(), 5);
    assert_eq!(disk.entries().len(), 5);
}

/// Two clients and one seat: each ask waits for its answer, so each is a commit of its own.
fn story() -> Vec<(usize, Ask)> {
    vec![
        (0, Ask::Checkout(checkout(1, "ann"))),
        (1, Ask::Checkout(waiting(2, "bob"))),
        (0, Ask::Resume(id(1))),
        (0, Ask::Checkin(id(1), 2)),
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
    let mut clients = [Client::new(), Client::new()];
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
