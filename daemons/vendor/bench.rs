//! A small vocabulary for tests: a book, clients, and a keeper with its committer in virtual time.

use std::time::Duration;

use licgate_core::id::{CheckoutId, FeatureName, VendorName};
use licgate_core::ledger::{Ask, Holder, Machine, Patience, Request};
use licgate_core::licence::ast::{DupGroup, Expiry};
use licgate_core::licence::{Book, Pool, PoolKey, Proof, Seats};
use licgate_core::options::Policy;
use licgate_core::time::{Civil, Date, LeaseTime, Now, WallTime};
use licgate_core::version::Version;
use licgate_core::wire::{Granted, Queued, ServerMsg};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, timeout};

use super::commit::{BATCHES, commit};
use super::keeper::{Command, Keeper, Way, doors, keep};
use super::logs::Logs;
use super::outbox::{Letters, Outbox, outbox};
use crate::journal::{AppendError, Journal as _, MemoryJournal};
use crate::tasks::Tasks;

pub(super) const PATIENCE: Patience =
    Patience { silence: Duration::from_secs(120), grace: Duration::from_secs(20) };

/// How many requests may wait.
pub(super) const MOST_WAITING: usize = 1000;

/// `total` seats of each of these features.
pub(super) fn book(features: &[&str], total: u32) -> Book {
    let pools = features.iter().map(|feature| Pool {
        key: PoolKey((*feature).into()),
        feature: FeatureName::from(*feature),
        version: version("2.0"),
        seats: Seats::Counted { total, overdraft: 0 },
        dup_group: DupGroup::None,
        hostids: Vec::new(),
        platforms: Vec::new(),
        minimum: 1,
        linger: Duration::ZERO,
        borrow: None,
        expiry: Expiry::Never,
        vendor_string: None,
        proof: Proof { lines: vec![format!("FEATURE {feature}")], server_hostids: Vec::new() },
        origins: Vec::new(),
    });
    Book::of(VendorName::from("acme"), pools.collect())
}

pub(super) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(super) fn id(number: u16) -> CheckoutId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    CheckoutId::new(bytes)
}

/// One seat of "solver" for `user`, at once or not at all.
pub(super) fn checkout(number: u16, user: &str) -> Request {
    Request {
        checkout: id(number),
        holder: Holder {
            user: user.into(),
            host: "ws1".into(),
            display: ":0".into(),
            pid: 7,
            ..Holder::default()
        },
        address: None,
        machine: Machine::default(),
        feature: FeatureName::from("solver"),
        version: version("1.0"),
        seats: 1,
        wait: false,
    }
}

pub(super) fn waiting(number: u16, user: &str) -> Request {
    Request { wait: true, ..checkout(number, user) }
}

/// Always the same hour, so that sentences with times in them can be compared.
pub(super) type Hour = fn(WallTime) -> Civil;

pub(super) fn hour(_: WallTime) -> Civil {
    Civil { date: Date::parse("21-nov-2026").unwrap(), hour: 9, minute: 12, second: 0 }
}

/// A client's end of its outbox.
pub(super) struct Client {
    pub(super) outbox: Outbox,
    pub(super) letters: Letters,
    unread: std::collections::VecDeque<ServerMsg>,
}

impl Client {
    pub(super) fn new() -> Self {
        let (outbox, letters) = outbox();
        Self { outbox, letters, unread: std::collections::VecDeque::new() }
    }

    pub(super) fn ask(&self, ask: Ask) -> Command {
        Command::Ask(ask, self.outbox.clone())
    }

    /// The next message; waits for it.
    pub(super) async fn hear(&mut self) -> ServerMsg {
        if self.unread.is_empty() {
            let letters = timeout(PATIENCE.silence, self.letters.next()).await;
            self.unread.extend(letters.expect("nothing was said").expect("the client was given up"));
        }
        self.unread.pop_front().unwrap()
    }

    /// What has been said already.
    pub(super) async fn heard(&mut self) -> Vec<ServerMsg> {
        // Another message behind all others, so that reading ends.
        let end = ServerMsg::Returned { checkout: CheckoutId::new([0xee; 16]) };
        self.outbox.tell(end.clone());
        let mut all = Vec::new();
        loop {
            match self.hear().await {
                message if message == end => return all,
                message => all.push(message),
            }
        }
    }

    pub(super) async fn granted(&mut self) -> Granted {
        match self.hear().await {
            ServerMsg::Granted(granted) => granted,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn queued(&mut self) -> Queued {
        match self.hear().await {
            ServerMsg::Queued(queued) => queued,
            other => panic!("{other:?}"),
        }
    }
}

/// A keeper and its committer, on a disk that survives them.
pub(super) struct Site {
    pub(super) way: Way,
    pub(super) tasks: Tasks,
    pub(super) committed: oneshot::Receiver<Option<Result<(), AppendError>>>,
}

impl Site {
    /// Starts on what is on the disk, in a machine that works.
    pub(super) fn start(book: Book, disk: &MemoryJournal) -> Self {
        Self::start_as_is(book, &disk.restarted())
    }

    /// Starts on what is on the disk, in a machine that may be about to die.
    pub(super) fn start_as_is(book: Book, disk: &MemoryJournal) -> Self {
        let tasks = Tasks::new();
        let (way, doors) = doors();
        let (commits, batches) = mpsc::channel(BATCHES);
        let (ended, committed) = oneshot::channel();
        let mut journal = disk.clone();
        let loaded = journal.load().unwrap();
        let clock = clock(loaded.clock);
        let policy = Policy::open(&book);
        let keeper = Keeper::restore(book, policy, PATIENCE, MOST_WAITING, hour as Hour, &loaded, clock());
        let committer = tasks.clone();
        tasks.spawn(async move {
            let history = Duration::from_secs(3600);
            let work = committer
                .blocking(move || commit(Box::new(journal), loaded.last, history, batches, &Logs::default()));
            drop(ended.send(work.await));
        });
        tasks.spawn(keep(keeper, clock, doors, commits, tasks.stopping().clone()));
        Self { way, tasks, committed }
    }

    pub(super) async fn ask(&self, client: &Client, ask: Ask) {
        self.way.inbox.send(client.ask(ask)).await.unwrap();
    }

    /// Lets `seconds` pass, in steps that a running daemon would notice.
    pub(super) async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            advance(Duration::from_secs(1)).await;
            for _ in 0..8 {
                yield_now().await;
            }
        }
    }

    /// Ends it in good order.
    pub(super) async fn stop(self) {
        self.tasks.stop();
        self.committed.await.unwrap().unwrap().unwrap();
    }
}

/// A lease clock that goes with tokio's virtual time.
fn clock(start: LeaseTime) -> impl Fn() -> Now {
    #[expect(clippy::disallowed_methods, reason = "tokio's virtual time is what this clock shows")]
    let began = Instant::now();
    move || {
        let passed = began.elapsed();
        let seconds = i64::try_from(passed.as_secs()).unwrap();
        Now { lease: start.after(passed), wall: WallTime(1_700_000_000 + seconds) }
    }
}
