//! The committer on a memory disk: order, positions, snapshots, and silence after a failure.

use licgate_core::id::LeaseNumber;
use licgate_core::ledger::Event;
use licgate_core::time::LeaseTime;

use super::*;
use crate::journal::{Crash, MemoryJournal};
use crate::vendor::bench::{Client, id};

fn entry(number: u64) -> Entry {
    let event = Event::Numbered { next: LeaseNumber(number) };
    Entry { change: Change { at: Now::default(), event }, about: None }
}

fn batch(second: u64, numbers: impl IntoIterator<Item = u64>) -> Batch {
    let now = Now { lease: LeaseTime(second * 1_000_000), wall: WallTime(second.cast_signed()) };
    Batch { now, entries: numbers.into_iter().map(entry).collect(), ..Batch::default() }
}

fn tell(client: &Client, number: u16) -> Outcome {
    Outcome::Tell(client.outbox.clone(), ServerMsg::Returned { checkout: id(number) })
}

/// Commits these batches, which all wait already, on a thread of its own.
async fn commit_all(disk: &MemoryJournal, batches: Vec<Batch>) -> Result<(), AppendError> {
    let (commits, receiver) = mpsc::channel(BATCHES);
    batches.into_iter().for_each(|batch| commits.try_send(batch).unwrap());
    drop(commits);
    let journal = Box::new(disk.clone());
    let work = move || commit(journal, Seq(0), Duration::from_secs(100), receiver, &Logs::default());
    crate::tasks::Tasks::new().blocking(work).await.unwrap()
}

#[tokio::test]
async fn batches_that_wait_are_one_commit_and_keep_their_order() {
    let (disk, mut client) = (MemoryJournal::default(), Client::new());
    let mut batches = vec![batch(1, [1, 2]), batch(2, []), batch(3, [3])];
    for (batch, number) in batches.iter_mut().zip(0..) {
        batch.outcomes.push(tell(&client, number));
    }
    commit_all(&disk, batches).await.unwrap();
    assert_eq!(disk.appends(), [3]);
    let heard = client.heard().await;
    assert_eq!(heard, [0, 1, 2].map(|number| ServerMsg::Returned { checkout: id(number) }));
}

#[tokio::test]
async fn a_snapshot_stands_where_its_batch_ends() {
    let disk = MemoryJournal::default();
    let mut batches = vec![batch(1, [1, 2]), batch(2, [3]), batch(3, [4])];
    batches[0].snapshot = Some(vec![entry(20).change]);
    batches[1].snapshot = Some(vec![entry(30).change]);
    commit_all(&disk, batches).await.unwrap();
    let snapshot = disk.last_snapshot().unwrap();
    assert_eq!((snapshot.at, snapshot.clock, snapshot.wall), (Seq(3), LeaseTime(2_000_000), WallTime(2)));
    assert_eq!(snapshot.changes, [entry(30).change]);
}

#[tokio::test]
async fn after_a_failure_nothing_is_let_out() {
    let (disk, mut client) = (MemoryJournal::default(), Client::new());
    disk.crash_after(0, Crash::Lost);
    let mut only_words = batch(1, []);
    only_words.outcomes.push(tell(&client, 1));
    let mut failing = batch(2, [1]);
    failing.outcomes.push(tell(&client, 2));
    let error = commit_all(&disk, vec![only_words, failing]).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot append to the journal memory: no room; make room"),
        "{error}"
    );
    assert_eq!(client.heard().await, []);
}

#[tokio::test]
async fn a_stranger_in_the_journal_ends_the_daemon() {
    let (mut disk, mut client) = (MemoryJournal::default(), Client::new());
    let theirs = [entry(7)];
    let stranger = crate::tasks::Tasks::new();
    let mut other = disk.clone();
    stranger.blocking(move || other.append(Seq(0), &theirs).unwrap()).await.unwrap();
    let mut ours = batch(1, [1]);
    ours.outcomes.push(tell(&client, 1));
    let error = commit_all(&disk, vec![ours]).await.unwrap_err();
    assert!(
        error.to_string().contains("another program has appended to the journal, up to change 1;"),
        "{error}"
    );
    assert_eq!(client.heard().await, []);
    assert_eq!(disk.load().unwrap().last, Seq(1));
}
