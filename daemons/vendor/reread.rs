//! Another book while the daemon serves: because somebody asks for it, or because the day has changed.

use std::sync::Arc;
use std::time::Duration;

use licgate_core::licence::Book;
use licgate_core::options::Policy;
use licgate_core::time::Date;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::accept::{self, Fresh, Kept, Refusal};
use super::guard::Guard;
use super::keeper::Command;
use super::load::{Order, Remark, Shelf};
use super::{Files, rules, starting_lines};
use crate::clock;
use crate::failure::Failure;
use crate::log::verbatim;
use crate::net::fit;
use crate::tasks::Tasks;

/// How long the calendar is not looked at: somebody may set the clock meanwhile.
const LOOK: Duration = Duration::from_secs(60);

/// Whoever brings new books to the keeper.
#[derive(Debug)]
pub(super) struct Reread {
    pub(super) order: Order,
    /// Where accepted texts are kept.
    pub(super) kept: Kept,
    /// What keeps others on this machine from serving the same.
    pub(super) guard: Guard,
    pub(super) shelf: Arc<Shelf>,
    /// The day on which the book that is served is no longer right.
    pub(super) next_change: Option<Date>,
    pub(super) keeper: mpsc::Sender<Command>,
    pub(super) tasks: Tasks,
}

/// What became of a reread.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// Whether the new files are in force; if not, the old ones still are.
    pub(super) ok: bool,
    /// What changed, or what is wrong.
    pub(super) lines: Vec<String>,
}

impl Report {
    /// How the files stand now.
    pub(super) fn files(&self) -> Files {
        if self.ok { Files::InForce } else { Files::Refused }
    }
}

/// The keeper, or a thread that reads files, has come to its end: the daemon ends too.
#[derive(Debug)]
pub(super) struct NobodyThere;

impl Reread {
    /// Reads all files anew; what [`accept::read`] refuses leaves the old book in force.
    pub(super) async fn reread(&mut self) -> Result<Report, NobodyThere> {
        verbatim("Rereading license file...");
        let (order, kept, guard) = (self.order.clone(), self.kept.clone(), self.guard.clone());
        let read = self.tasks.blocking(move || read(order, &kept, &guard)).await.ok_or(NobodyThere)?;
        let report = match read {
            Err(lines) => Report { ok: false, lines },
            Ok((Fresh { shelf, book, policy, remarks, stands_in: _ }, guard)) => {
                remarks.iter().for_each(Remark::log);
                let mut lines: Vec<_> = remarks.into_iter().map(|remark| remark.line).collect();
                if shelf.port.is_some() && shelf.port != self.shelf.port {
                    lines.push("the new port of the VENDOR line counts from the next start on".to_owned());
                }
                lines.extend(rules::news(self.shelf.rules(), shelf.rules()));
                (self.shelf, self.guard) = (Arc::new(shelf), guard);
                lines.extend(self.serve(book, policy).await?);
                Report { ok: true, lines }
            }
        };
        report.lines.iter().for_each(|line| tracing::info!("{line}"));
        verbatim("...Finished rereading");
        Ok(Report { lines: fit(report.lines), ..report })
    }

    /// Waits until the book is no longer right: a line expired, or begins today.
    pub(super) async fn until_new_day(&self) {
        let Some(day) = self.next_change else { return std::future::pending().await };
        let begins = self.order.zone.start_of(day);
        loop {
            let left = begins.0.saturating_sub(clock::wall().0);
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            sleep(Duration::from_secs(left).min(LOOK)).await;
        }
    }

    /// Serves from the book of today.
    pub(super) async fn new_day(&mut self) -> Result<(), NobodyThere> {
        let shelf = Arc::clone(&self.shelf);
        let compiled = self.tasks.blocking(move || {
            let (book, remarks) = shelf.book();
            let policy = shelf.policy(&book);
            (book, policy, remarks)
        });
        let (book, policy, remarks) = compiled.await.ok_or(NobodyThere)?;
        remarks.iter().for_each(Remark::log);
        for line in self.serve(book, policy).await? {
            tracing::info!("{line}");
        }
        Ok(())
    }

    /// Hands the book and its policy to the keeper, and waits until they are in force.
    async fn serve(&mut self, book: Book, policy: Policy) -> Result<Vec<String>, NobodyThere> {
        self.next_change = book.next_change();
        let list = starting_lines(&self.shelf, &book);
        let (report, news) = oneshot::channel();
        self.keeper.send(Command::Serve(book, policy, report)).await.map_err(|_| NobodyThere)?;
        let news = news.await.map_err(|_| NobodyThere)?;
        list.iter().for_each(|line| verbatim(line));
        Ok(news)
    }
}

/// New files, kept already, and what guards them; or lines on why the old ones stay in force.
fn read(order: Order, kept: &Kept, guard: &Guard) -> Result<(Fresh, Guard), Vec<String>> {
    let lines = |failure: Failure| failure.to_string().lines().map(str::to_owned).collect();
    let vendor = order.vendor.clone();
    match accept::read(order) {
        Ok(fresh) => {
            let guard = guard.change(&vendor, &fresh.shelf.shared_hostids()).map_err(lines)?;
            kept.keep(&fresh.shelf).map_err(lines)?;
            Ok((fresh, guard))
        }
        Err(Refusal::Nothing(failure)) => Err(lines(failure)),
        Err(Refusal::Broken { mut why, rest: _ }) => {
            why.push("  hint: what was read before stays in force; correct what is wrong".to_owned());
            Err(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::load::tests::Host;

    #[tokio::test(start_paused = true)]
    async fn the_book_changes_with_the_calendar() {
        let host = Host::new();
        host.issue("FEATURE solver acme 2.0 1-jan-2100 5\nFEATURE post acme 2.0 permanent 1\n");
        let (shelf, _) = Shelf::read(host.order()).unwrap();
        let (keeper, mut inbox) = mpsc::channel(1);
        let (order, tasks) = (host.order(), Tasks::new());
        let kept = Kept::new(host.dir.path(), &order.vendor);
        let mut reread = Reread {
            order,
            kept,
            guard: Guard::default(),
            shelf: Arc::new(shelf),
            next_change: Date::parse("1-jan-2020"),
            keeper,
            tasks,
        };
        reread.until_new_day().await;
        let keeper = async {
            let Some(Command::Serve(book, _, report)) = inbox.recv().await else { panic!("no new book") };
            report.send(Vec::new()).unwrap();
            book.pools().len()
        };
        let (served, pools) = tokio::join!(reread.new_day(), keeper);
        assert!(served.is_ok());
        assert_eq!((pools, reread.next_change), (2, Date::parse("2-jan-2100")));
        for later in [reread.next_change, None] {
            reread.next_change = later;
            let waited = tokio::time::timeout(LOOK * 3, reread.until_new_day()).await;
            assert!(waited.is_err(), "{later:?} is not today");
        }
        drop(inbox);
        assert!(reread.new_day().await.is_err(), "the keeper has gone");
    }
}
