//! Turns of the keeper: no task, no disk.

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::licence::Seats;
use licgate_core::options::parse;
use licgate_core::text::Source;
use licgate_core::time::WallTime;
use tokio::sync::oneshot;

use super::*;
use crate::vendor::bench::{Client, Hour, MOST_WAITING, PATIENCE, book, checkout, hour, id, waiting};

/// A keeper without a disk.
struct Bare {
    keeper: Keeper<Hour>,
    now: Now,
}

fn serve(book: Book, report: oneshot::Sender<Vec<String>>) -> Command {
    let policy = Policy::open(&book);
    Command::Serve(book, policy, report)
}

impl Bare {
    fn new(book: Book) -> Self {
        let policy = Policy::open(&book);
        let now = Now { lease: LeaseTime(0), wall: WallTime(1_700_000_000) };
        Self {
            keeper: Keeper::restore(
                book,
                policy,
                PATIENCE,
                MOST_WAITING,
                hour as Hour,
                &Loaded::default(),
                now,
            ),
            now,
        }
    }

    /// One turn; delivers its messages and gives its log lines and the kinds of its entries.
    fn turn(&mut self, commands: impl IntoIterator<Item = Command>) -> (Vec<String>, Batch) {
        let mut batch = self.keeper.turn(self.now, commands.into_iter(), None);
        let mut lines = Vec::new();
        for outcome in batch.outcomes.drain(..) {
            match outcome {
                Outcome::Tell(outbox, message) => outbox.tell(message),
                Outcome::Log(note) => lines.push(note.line().to_string()),
                Outcome::Served(report, lines) => report.send(lines).unwrap(),
            }
        }
        (lines, batch)
    }
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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
    // Where it is already, coming back changes nothing and costs no line of the journal.
    for ask in [Ask::Resume(id(2)), Ask::Checkout(waiting(2, "bob"))] {
        let (_, batch) = bare.turn([new.ask(ask)]);
        assert_eq!((new.granted().await.epoch, batch.entries.len()), (2, 0));
    }
    // A repeated checkout is the same as a resume.
    bare.turn([old.ask(Ask::Checkout(waiting(2, "bob")))]);
    assert_eq!(old.granted().await.epoch, 3);
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn a_new_book_tells_those_who_lose_their_seats() {
    let mut bare = Bare::new(book(&["mesh", "solver"], 2));
    let mut ann = Client::new();
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann")))]);
    drop(ann.granted().await);
    let (report, news) = oneshot::channel();
    let mut next = book(&["mesh", "post"], 3).pools().to_vec();
    next[1].seats = Seats::Uncounted;
    let next = Book::of(VendorName::from("acme"), next);
    let (lines, batch) = bare.turn([serve(next, report)]);
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
    let both = Bare::new(same.clone()).turn([serve(same, report)]);
    assert!(both.1.entries.is_empty());
    assert_eq!(news.await.unwrap(), ["no feature changed"]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_and_is_refused_by_new_rules_is_told_the_line() {
    let one = book(&["solver"], 1);
    let mut bare = Bare::new(one.clone());
    let (mut ann, mut bob) = (Client::new(), Client::new());
    bare.turn([ann.ask(Ask::Checkout(checkout(1, "ann"))), bob.ask(Ask::Checkout(waiting(2, "bob")))]);
    drop((ann.granted().await, bob.queued().await));
    let source = Source::new("/etc/acme.opt", "EXCLUDEALL GROUP all\nGROUP all ann bob\n");
    let policy = Policy::compile(&source, &parse(&source).0, &one);
    let (report, _news) = oneshot::channel();
    let (lines, _) = bare.turn([Command::Serve(one, policy, report)]);
    let ServerMsg::Gone { checkout, code, why } = bob.hear().await else { panic!("bob was not told") };
    assert_eq!((checkout, code), (id(2), Code::EXCLUDED));
    assert_eq!(why, "user bob is excluded from \"solver\" by acme.opt:1: EXCLUDEALL GROUP all");
    assert_eq!(lines, ["DEQUEUED: \"solver\" bob@ws1  (EXCLUDED)"]);
    assert_eq!(ann.heard().await, [], "who holds a seat keeps it");
}

#[tokio::test(start_paused = true)]
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
