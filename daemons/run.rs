//! The whole life of a daemon: flags, configuration, log, build, serve, signals, drain, exit code.

use std::convert::Infallible;
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use licgate_core::time::Zone as _;
use licgate_machine::places;
use licgate_machine::zone::Local;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::clock;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::flags::{CommonFlags, MasterFlags, VendorFlags};
use crate::log::{self, Dates, Form, Outlet, Sink, verbatim};
use crate::master::{Master, demo};
use crate::signal::{Signal, Signals};
use crate::tasks::{Drained, Tasks};
use crate::vendor::Vendor;

/// How long connections may take to come to their end.
const GRACE: Duration = Duration::from_secs(10);
/// How long threads that block may keep the process after that.
const LAST_GRACE: Duration = Duration::from_secs(1);
/// Open files that a daemon needs besides its connections.
const OTHER_FILES: u64 = 64;

/// A daemon, built from what it was told and then served.
pub trait Daemon: Sized {
    /// Its own part of the command line.
    type Flags;

    /// Reads every file and binds every socket, but serves nobody yet. What is wrong, is wrong now.
    fn build(flags: Self::Flags, setup: Setup) -> impl Future<Output = Result<Self, Failure>>;

    /// Serves until `setup.tasks.stopping()`, and then brings its own work to an end. Rereads at each `orders.reread`.
    fn serve(self, orders: Orders) -> impl Future<Output = Result<(), Failure>>;
}

/// What every daemon is built from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// How it runs.
    pub config: Config,
    /// Where its state is. The directory exists and belongs to the daemons' user.
    pub state_dir: PathBuf,
    /// Its tasks, which also say when to end.
    pub tasks: Tasks,
    /// The time zone of calendar days and of the log.
    pub zone: Local,
    /// Where its log goes.
    pub log: Outlet,
    /// What the command line said.
    pub flags: CommonFlags,
}

/// What a serving daemon is asked for from outside, apart from ending.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// Read the files again.
    pub reread: Arc<Notify>,
}

/// The life of licmgrd.
pub fn master(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let flags = match MasterFlags::read(arguments) {
        Ok(flags) => flags,
        Err(error) => return usage(&error),
    };
    if flags.version {
        return version();
    }
    let flags = if flags.demo { demo::prepare(flags) } else { Ok(flags) };
    let flags = match flags {
        Ok(flags) => flags,
        Err(failure) => return refuse("licmgrd", &failure),
    };
    let common = flags.common.clone();
    let log_file = flags.log_file.clone();
    live::<Master>(flags, common, log_file.as_deref(), "licmgrd")
}

/// The life of licvendord.
pub fn vendor(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let flags = match VendorFlags::read(arguments) {
        Ok(flags) => flags,
        Err(error) => return usage(&error),
    };
    let (common, name) = (flags.common.clone(), flags.vendor.clone());
    live::<Vendor>(flags, common, None, &name)
}

fn usage(error: &clap::Error) -> ExitCode {
    // There is nobody left to tell when this cannot be printed.
    drop(error.print());
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The form that FlexNet's scripts look for: program, `v` and the version, platform.
#[expect(clippy::print_stdout, reason = "the version is what was asked for")]
fn version() -> ExitCode {
    println!("licmgrd v{} {}", env!("CARGO_PKG_VERSION"), licgate_machine::facts::platform());
    ExitCode::SUCCESS
}

/// Says on stderr why the daemon does not start, before there is a log.
fn refuse(name: &str, failure: &Failure) -> ExitCode {
    eprintln!("{name}: {failure}");
    ExitCode::from(failure.exit.code())
}

fn live<D: Daemon>(flags: D::Flags, common: CommonFlags, log_file: Option<&str>, name: &str) -> ExitCode {
    let setup = match prepare(common, log_file, name) {
        Ok(setup) => setup,
        Err(failure) => return refuse(name, &failure),
    };
    let log = setup.log.clone();
    let ended = start().and_then(|runtime| {
        let ended = runtime.block_on(whole::<D>(flags, setup));
        runtime.shutdown_timeout(LAST_GRACE);
        ended
    });
    let Err(failure) = ended else { return ExitCode::SUCCESS };
    failure.to_string().lines().for_each(|line| error!("{line}"));
    if log.is_file() {
        eprintln!("{name}: {failure}");
    }
    info!("EXITING with status {}", failure.exit.code());
    ExitCode::from(failure.exit.code())
}

/// Everything up to the log.
fn prepare(flags: CommonFlags, log_file: Option<&str>, name: &str) -> Result<Setup, Failure> {
    let config = Config::load(flags.config.as_deref())?;
    let state_dir = flags.state_dir.clone().or_else(|| config.state_dir.clone()).or_else(places::state_dir);
    let Some(state_dir) = state_dir else {
        let failure = Failure::new(
            Exit::BadConfig,
            "there is no place for the daemons' state, because HOME is not set",
        );
        return Err(failure.with_hint("name a directory with --state-dir or state_dir in licgate.toml"));
    };
    make_private(&state_dir)?;
    let sink = Sink::open(log_file).map_err(|error| {
        let file = log_file.unwrap_or_default().trim_start_matches('+');
        Failure::new(Exit::NoFile, format!("cannot write the log {file}: {error}"))
            .with_hint("name another file with -l, or leave -l out to log to stderr")
    })?;
    let zone = Local::system();
    let log = Outlet::new(sink, zone.clone());
    let dates = if flags.datestamp { Dates::Shown } else { Dates::Hidden };
    log::begin(&log, Form { daemon: name.to_owned(), dates, zone: zone.clone() }, &config.log);
    Ok(Setup { config, state_dir, tasks: Tasks::new(), zone, log, flags })
}

/// Makes the directory, for nobody else to enter, if it is not there.
fn make_private(path: &std::path::Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Failure::new(Exit::NoFile, format!("cannot make the state directory {}: {error}", path.display()))
            .with_hint("name another one with --state-dir, or give this user the right to write there")
    })
}

fn start() -> Result<Runtime, Failure> {
    Runtime::new().map_err(|error| Failure::new(Exit::Broken, format!("cannot start the runtime: {error}")))
}

/// Build, serve, hear signals, drain.
async fn whole<D: Daemon>(flags: D::Flags, setup: Setup) -> Result<(), Failure> {
    let mut signals = Signals::hear()
        .map_err(|error| Failure::new(Exit::Broken, format!("cannot hear signals: {error}")))?;
    allow_files(setup.config.connections);
    let (tasks, orders) = (setup.tasks.clone(), Orders::default());
    tasks.spawn(timestamps(tasks.clone(), setup.zone.clone(), setup.flags.timestamp));
    let life = async {
        let daemon = tokio::select! {
            () = tasks.stopping().cancelled() => return Ok(()),
            built = D::build(flags, setup) => built?,
        };
        daemon.serve(orders.clone()).await
    };
    let mut cause = None;
    let ended = tokio::select! {
        ended = life => ended,
        never = hear(&mut signals, &tasks, &orders, &mut cause) => match never {},
    };
    let drained = tasks.drain(GRACE).await;
    if let Drained::Dropped(count) = drained {
        warn!(count, "some tasks did not end in time");
    }
    if let (Ok(()), Some(number)) = (&ended, cause) {
        verbatim(&format!("EXITING DUE TO SIGNAL {number}"));
    }
    ended
}

/// Turns signals into orders. Asking twice ends nothing faster: every step of the end has its deadline, and signals
/// often come twice (to a process and to its group).
async fn hear(signals: &mut Signals, tasks: &Tasks, orders: &Orders, cause: &mut Option<i32>) -> Infallible {
    loop {
        match signals.next().await {
            Signal::Reread => orders.reread.notify_one(),
            Signal::End(number) => {
                cause.get_or_insert(number);
                tasks.stop();
            }
        }
    }
}

/// A line from time to time that tells the date, because the other lines do not.
async fn timestamps(tasks: Tasks, zone: Local, minutes: u32) {
    let interval = Duration::from_secs(u64::from(minutes) * 60);
    while tokio::time::timeout(interval, tasks.stopping().cancelled()).await.is_err() {
        let date = zone.civil(clock::wall()).date;
        verbatim(&format!("TIMESTAMP {}/{}/{}", date.month(), date.day(), date.year()));
    }
}

/// Raises the soft limit of open files as far as the connections need it and the hard limit allows.
fn allow_files(connections: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let allowed = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    limit.current = limit.current.max(Some(allowed));
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!(%error, "cannot raise the limit of open files");
    } else if allowed < wanted {
        warn!(
            allowed,
            wanted,
            "fewer open files are allowed than [limits] connections needs; see LimitNOFILE= or ulimit -Hn"
        );
    }
}
