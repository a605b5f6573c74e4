//! Another book while the daemon serves: because somebody asks for it, or because the day has changed.
//!
//! At each local midnight the files are read again, unless the options file says `AUTOMATIC_REREAD OFF`. Then the book of the
//! texts that were read is made anew on the days on which that changes it, as it is when the files are refused.

use std::sync::Arc;
use std::time::Duration;

use licgate_core::licence::Book;
use licgate_core::options::{Policy, Settings};
use licgate_core::time::{Date, WallTime, Zone};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::accept::{self, Fresh, Kept, Refusal};
use super::guard::Guard;
use super::house::{House, Opened};
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

const STAYS: &str = "  hint: what was read before stays in force; correct what is wrong";

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
    /// The day on which the files are read again by themselves.
    pub(super) next_reread: Date,
    /// What follows the settings of the options file.
    pub(super) house: House,
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

/// What a new day brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The files are to be read again.
    Files,
    /// The book is no longer right: a line expired, or begins today.
    Book,
}

/// The keeper, or a thread that reads files, has come to its end: the daemon ends too.
#[derive(Debug)]
pub(super) struct NobodyThere;

impl Reread {
    /// Reads all files anew; what [`accept::read`] refuses leaves the old book in force.
    pub(super) async fn reread(&mut self) -> Result<Report, NobodyThere> {
        verbatim("Rereading license file...");
        self.next_reread = tomorrow(&self.order.zone, clock::wall());
        let (order, kept, guard) = (self.order.clone(), self.kept.clone(), self.guard.clone());
        let settings = self.shelf.settings();
        let read = self.tasks.blocking(move || read(order, &kept, &guard, &settings)).await;
        let read = read.ok_or(NobodyThere)?;
        let report = match read {
            Err(lines) => Report { ok: false, lines },
            Ok(New { fresh: Fresh { shelf, book, policy, remarks, stands_in: _ }, guard, settings }) => {
                remarks.iter().for_each(Remark::log);
                let mut lines: Vec<_> = remarks.into_iter().map(|remark| remark.line).collect();
                if shelf.port.is_some() && shelf.port != self.shelf.port {
                    lines.push("the new port of the VENDOR line counts from the next start on".to_owned());
                }
                lines.extend(rules::news(self.shelf.rules(), shelf.rules()));
                (self.shelf, self.guard) = (Arc::new(shelf), guard);
                lines.extend(self.serve(book, policy).await?);
                self.house.change(settings);
                Report { ok: true, lines }
            }
        };
        report.lines.iter().for_each(|line| tracing::info!("{line}"));
        verbatim("...Finished rereading");
        Ok(Report { lines: fit(report.lines), ..report })
    }

    /// Waits for the next day that brings something.
    pub(super) async fn until_due(&self, wall: impl Fn() -> WallTime) -> Due {
        let files = self.shelf.settings().automatic_reread.then_some((self.next_reread, Due::Files));
        let book = self.next_change.map(|day| (day, Due::Book));
        // On the same day the files come first: they bring a book of their own.
        let next = files.into_iter().chain(book).min_by_key(|(day, _)| *day);
        let Some((day, due)) = next else { return std::future::pending().await };
        let begins = self.order.zone.start_of(day);
        loop {
            let left = begins.0.saturating_sub(wall().0);
            let Ok(left @ 1..) = u64::try_from(left) else { return due };
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

/// The day after today.
pub(super) fn tomorrow(zone: &impl Zone, now: WallTime) -> Date {
    zone.civil(now).date.next()
}

/// What comes into force.
struct New {
    fresh: Fresh,
    /// What guards it.
    guard: Guard,
    settings: Opened,
}

/// New files, kept already, in place of those with the settings `before`; or lines on why the old ones stay in force.
fn read(order: Order, kept: &Kept, guard: &Guard, before: &Settings) -> Result<New, Vec<String>> {
    let lines = |failure: Failure| failure.to_string().lines().map(str::to_owned).collect();
    let vendor = order.vendor.clone();
    match accept::read(order) {
        Ok(fresh) => {
            let guard = guard.change(&vendor, &fresh.shelf.shared_hostids()).map_err(lines)?;
            let (settings, mut wrong) = Opened::open(fresh.shelf.settings(), before);
            if !wrong.is_empty() {
                wrong.push(STAYS.to_owned());
                return Err(wrong);
            }
            kept.keep(&fresh.shelf).map_err(lines)?;
            Ok(New { fresh, guard, settings })
        }
        Err(Refusal::Nothing(failure)) => Err(lines(failure)),
        Err(Refusal::Broken { mut why, rest: _ }) => {
            why.push(STAYS.to_owned());
            Err(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use licgate_machine::zone::Local;

    use super::*;
    use crate::log::{Outlet, Sink};
    use crate::vendor::load::tests::Host;

    impl Reread {
        /// Of this host; `inbox` is the keeper's end.
        fn of(host: &Host) -> (Self, mpsc::Receiver<Command>) {
            let (shelf, _) = Shelf::read(host.order()).unwrap();
            let (keeper, inbox) = mpsc::channel(1);
            let order = host.order();
            let reread = Self {
                kept: Kept::new(host.dir.path(), &order.vendor),
                guard: Guard::default(),
                shelf: Arc::new(shelf),
                next_change: None,
                next_reread: Date::parse("1-jan-2100").unwrap(),
                house: House::new(8, Outlet::new(Sink::Stderr, Local::system())),
                keeper,
                tasks: Tasks::new(),
                order,
            };
            (reread, inbox)
        }

        /// What comes within `hours` of virtual time, when it is two hours to the midnight at which `day` begins.
        async fn within(&self, hours: u64, day: Date) -> Option<Due> {
            #[expect(clippy::disallowed_methods, reason = "tokio's virtual time is what this clock shows")]
            let began = tokio::time::Instant::now();
            let start = self.order.zone.start_of(day).0 - 2 * 3600;
            let wall = || WallTime(start + began.elapsed().as_secs().cast_signed());
            let hours = Duration::from_secs(hours * 3600);
            tokio::time::timeout(hours, self.until_due(wall)).await.ok()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_book_changes_with_the_calendar() {
        let host = Host::new();
        host.issue("FEATURE solver acme 2.0 1-jan-2100 5\nFEATURE post acme 2.0 permanent 1\n");
        let (mut reread, mut inbox) = Reread::of(&host);
        let keeper = async {
            let Some(Command::Serve(book, _, report)) = inbox.recv().await else { panic!("no new book") };
            report.send(Vec::new()).unwrap();
            book.pools().len()
        };
        let (served, pools) = tokio::join!(reread.new_day(), keeper);
        assert!(served.is_ok());
        assert_eq!((pools, reread.next_change), (2, Date::parse("2-jan-2100")));
        drop(inbox);
        assert!(reread.new_day().await.is_err(), "the keeper has gone");
    }

    #[tokio::test(start_paused = true)]
    async fn files_are_read_again_at_midnight_unless_an_options_line_says_off() {
        let host = Host::new();
        host.issue("FEATURE solver acme 2.0 permanent 5\n");
        let options = host.dir.path().join("acme.opt");
        let day = Date::parse("30-mar-2031").unwrap();
        // "daily re-read at midnight; default ON"; the book's own day comes on its own or with it.
        let rows = [
            ("", None, Some(Due::Files)),
            ("", Some(day), Some(Due::Files)),
            ("AUTOMATIC_REREAD ON\n", Some(day.next()), Some(Due::Files)),
            ("AUTOMATIC_REREAD OFF\n", None, None),
            ("AUTOMATIC_REREAD OFF\n", Some(day), Some(Due::Book)),
            ("AUTOMATIC_REREAD OFF\n", Some(day.next()), None),
        ];
        for (text, next_change, due) in rows {
            std::fs::write(&options, text).unwrap();
            let (mut reread, _inbox) = Reread::of(&host);
            (reread.next_reread, reread.next_change) = (day, next_change);
            assert_eq!(reread.within(1, day).await, None, "{text} {next_change:?} an hour early");
            assert_eq!(reread.within(3, day).await, due, "{text} {next_change:?}");
        }
    }

    #[tokio::test]
    async fn a_refused_reread_waits_for_the_next_midnight() {
        let host = Host::new();
        host.issue("FEATURE solver acme 2.0 permanent 5\n");
        let (mut reread, _inbox) = Reread::of(&host);
        reread.next_reread = Date::parse("1-jan-2020").unwrap();
        std::fs::write(host.dir.path().join("acme.opt"), "NONSENSE\n").unwrap();
        assert!(!reread.reread().await.unwrap().ok);
        let today = reread.order.zone.civil(clock::wall()).date;
        assert!([today, today.next()].contains(&reread.next_reread), "{}", reread.next_reread);
    }
}
