//! The vendor daemon: owns the seats of one vendor.

mod accept;
mod alone;
mod answer;
#[cfg(test)]
mod bench;
mod commit;
mod desk;
mod endings;
mod guard;
mod house;
mod keeper;
mod load;
mod logs;
mod news;
mod outbox;
mod record;
mod reread;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use licgate_core::host::HostFacts;
use licgate_core::id::{FeatureName, VendorName};
use licgate_core::licence::Book;
use licgate_core::options::{Policy, Settings};
use licgate_core::report::log::started;
use licgate_core::wire::{MasterMsg, VendorMsg};
use licgate_machine::zone::Local;
use licgate_machine::{facts, keys};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use crate::clock::{self, Clock};
use crate::failure::{Exit, Failure};
use crate::flags::VendorFlags;
use crate::journal::{AppendError, Journal as _, Seq, SqliteJournal};
use crate::log::verbatim;
use crate::net::{Bound, Parent, parent};
use crate::run::{Daemon, Orders, Setup};
use crate::tasks::Tasks;
use accept::{Fresh, Kept, Refusal};
use alone::Waits;
use commit::BATCHES;
use desk::Office;
use endings::{cannot_go_on, master_lost, panicked, started_by_hand, unusable};
use guard::Guard;
use house::{House, Opened};
use keeper::{Keeper, doors};
use load::{Order, Remark, Shelf};
use reread::{Due, NobodyThere, Report, Reread};

/// A vendor daemon, built: everything is read, replayed and bound, but nobody is served yet.
#[derive(Debug)]
pub struct Vendor {
    setup: Setup,
    order: Order,
    stock: Stock,
    keeper: Keeper<Local>,
    clock: Clock,
    journal: SqliteJournal,
    last: Seq,
    bound: Bound,
    tls: Arc<rustls::ServerConfig>,
    master: Parent,
}

/// What the files gave.
#[derive(Debug)]
struct Stock {
    shelf: Shelf,
    settings: Opened,
    guard: Guard,
    next_change: Option<licgate_core::time::Date>,
    starting: Vec<String>,
    /// Whether the files on disk are in force, or what was accepted before.
    files: Files,
}

/// How the licence files on disk stand to what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    /// They are served.
    InForce,
    /// They were refused, and what was accepted before is served.
    Refused,
}

impl Files {
    /// What an administrator is told who asks for the status.
    fn warning(self) -> Option<String> {
        let words = "the licence files are refused, and what was accepted before is served; correct what \
                     `licutil check` says of them, then reread";
        (self == Self::Refused).then(|| words.to_owned())
    }
}

/// The end of the committer: `None` when its thread panicked.
type Committed = oneshot::Receiver<Option<Result<(), AppendError>>>;

impl Daemon for Vendor {
    type Flags = VendorFlags;

    async fn build(flags: VendorFlags, setup: Setup) -> Result<Self, Failure> {
        let master = parent().map_err(|_| started_by_hand())?;
        Self::build_for(master, flags, setup, Waits::USUAL).await
    }

    async fn serve(self, orders: Orders) -> Result<(), Failure> {
        let Self { setup, order, stock, keeper, clock, journal, last, bound, tls, mut master } = self;
        let tasks = setup.tasks;
        let (way, doors) = doors();
        let (commits, batches) = mpsc::channel(BATCHES);
        let (ended, mut committed): (_, Committed) = oneshot::channel();
        let history = Duration::from_secs(u64::from(setup.config.keep_days) * 24 * 60 * 60);
        let Stock { shelf, settings, guard, next_change, starting, files } = stock;
        let house = House::new(setup.config.connections, setup.log);
        house.change(settings);
        let (committer, logs) = (tasks.clone(), house.logs.clone());
        tasks.spawn(async move {
            let work =
                committer.blocking(move || commit::commit(Box::new(journal), last, history, batches, &logs));
            // Nobody waits for it when the daemon was told twice to end.
            drop(ended.send(work.await));
        });
        let stopping = tasks.stopping().clone();
        tasks.spawn(keeper::keep(keeper, move || clock.now(), doors, commits, stopping.clone()));
        let port = bound.port();
        let vendor = order.vendor.to_string();
        let silence = setup.config.patience.silence;
        let office = Office { vendor, keeper: way.clone(), silence, stopping: stopping.clone() };
        bound.serve(&tasks, &tls, house.quota.clone(), move |conn, peer| {
            office.clone().serve(conn, peer.ip().to_canonical())
        });

        verbatim(&format!("licgate licvendord version v{}", env!("CARGO_PKG_VERSION")));
        starting.iter().for_each(|line| verbatim(line));
        let kept = Kept::new(&setup.state_dir, &order.vendor);
        let reread = Reread {
            order,
            kept,
            guard,
            shelf: Arc::new(shelf),
            next_change,
            next_reread: reread::tomorrow(&setup.zone, clock::wall()),
            house,
            keeper: way.inbox,
            tasks: tasks.clone(),
        };
        let left = tokio::select! {
            () = stopping.cancelled() => Ok(Dismissal::Told),
            left = duty(&mut master, port, files, reread, orders) => left,
            ended = &mut committed => return Err(why_ended(ended)),
        };
        tasks.stop();
        match (committed.await, left) {
            (Ok(Some(Ok(()))), Ok(Dismissal::Told)) => Ok(()),
            (Ok(Some(Ok(()))), Ok(Dismissal::MasterLost)) => Err(master_lost()),
            (Ok(Some(Ok(()))), Err(NobodyThere)) => Err(panicked()),
            (ended, _) => Err(why_ended(ended)),
        }
    }
}

impl Vendor {
    async fn build_for(
        mut master: Parent,
        flags: VendorFlags,
        setup: Setup,
        waits: Waits,
    ) -> Result<Self, Failure> {
        let identity = keys::identity(&setup.state_dir)
            .map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
        let tls = licgate_tls::server_config(&identity)
            .map_err(|error| Failure::new(Exit::Broken, format!("cannot set up TLS: {error}")))?;
        let host = HostFacts { key: Some(identity.public().bytes()), ..facts::measure() };
        let vendor = VendorName::from(flags.vendor.as_str());
        let (config, zone) = (setup.config.clone(), setup.zone.clone());
        let order = Order { vendor, paths: flags.licences, config, host, zone };
        let built = tokio::select! {
            built = gather(&setup, &order, waits) => built?,
            failure = dismissed(&mut master, &setup.tasks) => return Err(failure),
        };
        let Built { stock, keeper, clock, journal, last, bound } = built;
        Ok(Self { setup, order, stock, keeper, clock, journal, last, bound, tls, master })
    }
}

/// What is there before anybody is served.
struct Built {
    stock: Stock,
    keeper: Keeper<Local>,
    clock: Clock,
    journal: SqliteJournal,
    last: Seq,
    bound: Bound,
}

/// Reads files and journal, and takes the port.
async fn gather(setup: &Setup, order: &Order, waits: Waits) -> Result<Built, Failure> {
    let reading = order.clone();
    let read = setup.tasks.blocking(move || accept::read(reading)).await.ok_or_else(panicked)?;
    if let Err(Refusal::Nothing(failure)) = read {
        return Err(failure);
    }
    let mut journal = waits.journal(&setup.tasks, &setup.state_dir, &order.vendor).await?;
    let (kept, reading) = (Kept::new(&setup.state_dir, &order.vendor), order.clone());
    let accepted = setup.tasks.blocking(move || {
        let fresh = kept.start(&reading, read)?;
        let opened = Opened::open(fresh.shelf.settings(), &Settings::default());
        Ok((fresh, opened))
    });
    let (accepted, opened) = accepted.await.ok_or_else(panicked)??;
    let guard = waits.guard(&order.vendor, &accepted.shelf.shared_hostids()).await?;
    let (stock, book, policy) = stock(accepted, opened, guard);
    let (patience, zone) = (order.config.patience, order.zone.clone());
    // Our own clients wait on a connection each.
    let most_waiting = order.config.connections;
    let restored = setup.tasks.blocking(move || {
        let loaded = journal.load().map_err(|error| unusable(&error))?;
        let clock = Clock::starting_at(loaded.clock);
        let keeper = Keeper::restore(book, policy, patience, most_waiting, zone, &loaded, clock.now());
        Ok((keeper, clock, journal, loaded.last))
    });
    let (keeper, clock, journal, last) = restored.await.ok_or_else(panicked)??;
    let bound = waits.listen(&setup.config, stock.shelf.port).await?;
    Ok(Built { stock, keeper, clock, journal, last, bound })
}

/// Comes back when the master has gone before this daemon serves. When it only wants the end, the tasks stop.
async fn dismissed(master: &mut Parent, tasks: &Tasks) -> Failure {
    loop {
        match master.recv::<MasterMsg>().await {
            Ok(Some(MasterMsg::Stop)) => {
                tasks.stop();
                return std::future::pending().await;
            }
            // It is about to read them anyway.
            Ok(Some(MasterMsg::Reread)) => {}
            Ok(None) | Err(_) => return master_lost(),
        }
    }
}

/// Why a daemon leaves its duty.
#[derive(Debug)]
enum Dismissal {
    /// It was told to.
    Told,
    /// There is nobody any more whom it could serve.
    MasterLost,
}

/// Tells the master that all is well, and does what it asks, until it wants the end or is gone.
async fn duty(
    master: &mut Parent,
    port: u16,
    files: Files,
    mut reread: Reread,
    orders: Orders,
) -> Result<Dismissal, NobodyThere> {
    let mut told = None;
    announce(master, port, files, &mut told).await;
    loop {
        let message = tokio::select! {
            message = master.recv::<MasterMsg>() => message,
            () = orders.reread.notified() => {
                let files = reread.reread().await?.files();
                announce(master, port, files, &mut told).await;
                continue;
            }
            due = reread.until_due(clock::wall) => {
                match due {
                    Due::Files => {
                        let files = reread.reread().await?.files();
                        announce(master, port, files, &mut told).await;
                    }
                    Due::Book => reread.new_day().await?,
                }
                continue;
            }
        };
        match message {
            Ok(Some(MasterMsg::Reread)) => {
                let report = reread.reread().await?;
                announce(master, port, report.files(), &mut told).await;
                let Report { ok, lines } = report;
                if let Err(error) = master.send(&VendorMsg::Reread { ok, lines }).await {
                    warn!(%error, "the master cannot be told of the reread");
                }
            }
            Ok(Some(MasterMsg::Stop)) => {
                verbatim("Shutdown requested.");
                return Ok(Dismissal::Told);
            }
            Ok(None) => {
                verbatim("Lost communications with licmgrd. ");
                return Ok(Dismissal::MasterLost);
            }
            Err(error) => {
                error!(%error, "lost communications with licmgrd");
                return Ok(Dismissal::MasterLost);
            }
        }
    }
}

/// Tells the master that this daemon serves and how its files stand, unless it was told so already.
async fn announce(master: &mut Parent, port: u16, files: Files, told: &mut Option<Files>) {
    if told.replace(files) == Some(files) {
        return;
    }
    if let Err(error) = master.send(&VendorMsg::Ready { port, warning: files.warning() }).await {
        warn!(%error, "the master cannot be told that this daemon is ready");
    }
}

/// What is there to be served, from which book and under which policy.
fn stock(
    Fresh { shelf, book, policy, remarks, stands_in }: Fresh,
    (settings, wrong): (Opened, Vec<String>),
    guard: Guard,
) -> (Stock, Book, Policy) {
    remarks.iter().for_each(Remark::log);
    // A log takes nobody's seat.
    wrong
        .iter()
        .for_each(|line| error!("{line}; this log is not written until that is mended and the files reread"));
    let (next_change, starting) = (book.next_change(), starting_lines(&shelf, &book));
    let files = if stands_in { Files::Refused } else { Files::InForce };
    (Stock { shelf, settings, guard, next_change, starting, files }, book, policy)
}

fn why_ended(ended: Result<Option<Result<(), AppendError>>, oneshot::error::RecvError>) -> Failure {
    match ended {
        Ok(Some(Err(error))) => cannot_go_on(&error),
        Ok(Some(Ok(())) | None) | Err(_) => panicked(),
    }
}

/// The list of features for the log.
fn starting_lines(shelf: &Shelf, book: &Book) -> Vec<String> {
    let mut features: Vec<&FeatureName> = book.pools().iter().map(|pool| &pool.feature).collect();
    features.dedup();
    started(shelf.host_name(), features)
}

#[cfg(test)]
mod tests;
