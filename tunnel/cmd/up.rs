//! `up`: one tunnel, in the foreground or in the background.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::place::Place;
use super::system::{self, Listener};
use super::{begin_log, control, live, runtime};
use crate::clock;
use crate::engine::{self, Board, Order, OverrideState, Real, Settings, Spec};
use crate::failure::{Exit, Failure};
use crate::platform;
use crate::ssh::prompt::{Prompt, Terminal};
use crate::tasks::Tasks;

/// What the process in the background writes once the tunnel is ready.
const READY: &str = "ready\n";
/// Orders that nobody has looked at yet; more would say the same.
pub(super) const ORDERS: usize = 8;
/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// The most that a process in the background may say about its failure, in bytes.
const LONGEST_WORDS: u64 = 64 * 1024;

/// Runs the tunnel to its end. `detached`: whoever started this process waits at its standard output to hear how it went.
pub(super) fn up(spec: Spec, detached: bool, loud: u8) -> Result<(), Failure> {
    begin_log(if detached { "info" } else { "warn" }, loud);
    system::raise_limit();
    let ended = runtime()?.block_on(async {
        let tasks = Tasks::new();
        let orders = mpsc::channel(ORDERS);
        let watch = |board, tasks: &Tasks| {
            if detached { live::until_ready(board, tasks, announce) } else { live::show(board, tasks) }
        };
        let heard = system::hear(orders.0.clone(), &tasks);
        let ended = match heard {
            Ok(()) => tunnel(spec, &tasks, orders, watch).await,
            Err(error) => Err(Failure::new(Exit::No, format!("cannot hear signals: {error}"))),
        };
        tasks.drain(GRACE).await;
        ended
    });
    if let (true, Err(failure)) = (detached, &ended) {
        tracing::error!("{failure}");
        // Nobody reads it once the tunnel was ready.
        drop(io::stdout().write_all(failure.to_string().as_bytes()));
        return Err(Failure::new(failure.exit, ""));
    }
    ended
}

/// One tunnel with its place and its channel. `watch` gets the board.
pub(super) async fn tunnel(
    spec: Spec,
    tasks: &Tasks,
    (orders, received): (mpsc::Sender<Order>, mpsc::Receiver<Order>),
    watch: impl FnOnce(watch::Receiver<Board>, &Tasks),
) -> Result<(), Failure> {
    let name = spec.name();
    let place = Place::of(&name)?;
    let _taken = place.take(&name)?;
    let channel = Listener::bind(&place.channel).map_err(|error| {
        Failure::new(Exit::NoFile, format!("cannot listen at {}: {error}", place.channel.display()))
    })?;
    let board =
        Board { server: name, pid: std::process::id(), started: clock::unix_seconds(), ..Board::default() };
    let (board, shown) = watch::channel(board);
    control::serve(channel, orders, shown.clone(), tasks);
    watch(shown, tasks);
    let settings = Settings { overrides: spec.profile.hosts, hold: spec.profile.hold };
    let prompt: Arc<dyn Prompt> = Arc::new(Terminal::new(tasks));
    let world = Arc::new(Real::new(spec, prompt, tasks)?);
    let ended = engine::run(world, settings, received, board, tasks).await;
    system::tell_stopping();
    ended
}

/// The tunnel is ready: tells the one who waits, and leaves the terminal.
fn announce() {
    // Without one who waits there is nobody to tell.
    drop(io::stdout().write_all(READY.as_bytes()));
    drop(io::stdout().flush());
    system::leave_terminal();
}

/// Starts the tunnel in a process of its own, and returns when it is ready or has failed.
pub(super) fn detach(spec: &Spec, log: Option<PathBuf>) -> Result<u8, Failure> {
    let place = Place::of(&spec.name())?;
    let log = log.map_or_else(|| usual_log(&spec.name()), Ok)?;
    let cannot = |what: &str, error: io::Error| Failure::new(Exit::NoFile, format!("cannot {what}: {error}"));
    let file = File::options()
        .create(true)
        .append(true)
        .open(&log)
        .map_err(|error| cannot(&format!("write {}", log.display()), error))?;
    let words = std::env::args_os().skip(1).filter(|word| word != "-d" && word != "--detach");
    let mut command = Command::new(engine::program()?);
    let mut child = system::in_background(&mut command)
        .args(words)
        .arg("--detached")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .map_err(|error| cannot("start the process in the background", error))?;
    let said =
        heard(child.stdout.take()).map_err(|error| cannot("hear the process in the background", error))?;
    if said == READY {
        eprintln!("{}: the tunnel is up, process {}; log: {}", spec.name(), child.id(), log.display());
        // What a person still has to do stands in the log, and is not looked for there.
        if let Ok(board) = runtime()?.block_on(control::say(&place.channel, control::Word::Status))
            && let OverrideState::Missing(why) = board.names_are
        {
            eprintln!("{}: {why}", spec.name());
        }
        return Ok(0);
    }
    let code = child.wait().ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    eprintln!("lictunnel: {}", if said.is_empty() { "the process in the background ended" } else { &said });
    Ok(code.unwrap_or(Exit::No.code()))
}

/// The word that it is ready, after which there is no end to wait for, or all that it says about its failure.
fn heard(output: Option<impl io::Read>) -> io::Result<String> {
    let mut said = String::new();
    if let Some(output) = output {
        let mut output = BufReader::new(output.take(LONGEST_WORDS));
        output.read_line(&mut said)?;
        if said != READY {
            output.read_to_string(&mut said)?;
        }
    }
    Ok(said)
}

fn usual_log(server: &str) -> Result<PathBuf, Failure> {
    let dir = platform::state_dir().ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are")
            .with_hint("name a file with --log")
    })?;
    std::fs::create_dir_all(&dir)
        .map_err(|error| Failure::new(Exit::NoFile, format!("cannot make {}: {error}", dir.display())))?;
    Ok(dir.join(format!("{}.log", server.replace(['/', '\\', ':'], "_"))))
}
