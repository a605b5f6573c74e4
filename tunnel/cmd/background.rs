//! `up -d`: the process in the background, what it says to the one that started it, and its log.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::live::words;
use super::system;
use super::tunnels::Standing;
use crate::engine::{self, OverrideState, Spec};
use crate::failure::{Exit, Failure};
use crate::platform;
use crate::tasks::Tasks;

/// The most that the process in the background may say about one server, in bytes.
const LONGEST_WORDS: u64 = 64 * 1024;

/// What came of bringing one tunnel up: a line of JSON for each, in the order of the command line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Settled {
    server: String,
    /// Why there is none, as an exit code; `None`: it is ready.
    failed: Option<u8>,
    /// For people.
    words: String,
}

impl Settled {
    fn of(standing: &Standing) -> Self {
        let (failed, words) = match &standing.ended {
            _ if standing.was_ready => match &standing.board.names_are {
                // What a person still has to do stands in the log, and is not looked for there.
                OverrideState::Missing(why) => (None, format!("{}\n{why}", words(&standing.board))),
                OverrideState::Set | OverrideState::Not => (None, words(&standing.board)),
            },
            Some(Err(failure)) => (Some(failure.exit.code()), failure.to_string()),
            Some(Ok(())) | None => (Some(Exit::No.code()), "ended before it was ready".to_owned()),
        };
        Self { server: standing.board.server.clone(), failed, words }
    }
}

/// Tells the one who waits what came of each tunnel, and leaves the terminal. Not before all is known: until then a person may be
/// asked at the terminal, where it is shown.
pub(super) fn announce(mut standings: watch::Receiver<Vec<Standing>>, tasks: &Tasks) {
    drop(tasks.spawn(async move {
        let are_settled = |all: &Vec<Standing>| all.iter().all(Standing::is_settled);
        let Ok(all) = standings.wait_for(are_settled).await.map(|all| all.clone()) else { return };
        // Without one who waits there is nobody to tell.
        all.iter().for_each(|standing| drop(say(&Settled::of(standing))));
        system::leave_terminal();
    }));
}

fn say(settled: &Settled) -> io::Result<()> {
    let mut line = serde_json::to_vec(settled)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush())
}

/// Starts the tunnels in a process of its own, and returns when all are ready or have failed.
pub(super) fn up(specs: &[Spec], log: Option<PathBuf>) -> Result<u8, Failure> {
    let cannot = |what: &str, error: io::Error| Failure::new(Exit::NoFile, format!("cannot {what}: {error}"));
    let log = match (log, specs.first()) {
        (Some(log), _) => log,
        (None, first) => usual_log(&first.map_or_else(String::new, Spec::name))?,
    };
    let file = open_log(&log)?;
    let mut command = Command::new(engine::program()?);
    let mut child = system::in_background(&mut command)
        .arg("--detached")
        .args(std::env::args_os().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .map_err(|error| cannot("start the process in the background", error))?;
    let settled = heard(&mut child, specs.len())
        .map_err(|error| cannot("hear the process in the background", error))?;
    let log = log.display();
    if settled.len() < specs.len() {
        tell(&format!("lictunnel: the process in the background ended; log: {log}"));
        let code = child.wait().ok().and_then(|status| u8::try_from(status.code()?).ok());
        // Told to end in good order, it is not up either.
        return Ok(code.filter(|code| *code != 0).unwrap_or(Exit::No.code()));
    }
    if settled.iter().any(|settled| settled.failed.is_none()) {
        tell(&format!("process {} is in the background; log: {log}", child.id()));
    }
    Ok(code(&settled))
}

/// What the process in the background says about so many servers; it is shown.
fn heard(child: &mut Child, servers: usize) -> io::Result<Vec<Settled>> {
    let mut all = Vec::new();
    let Some(output) = child.stdout.take() else { return Ok(all) };
    let mut output = BufReader::new(output);
    while all.len() < servers {
        let mut line = Vec::new();
        if output.by_ref().take(LONGEST_WORDS).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let settled: Settled = serde_json::from_slice(&line)?;
        for words in settled.words.lines() {
            // The remedy belongs to the line before it.
            let is_more = words.starts_with(' ');
            tell(&if is_more { words.to_owned() } else { format!("{}: {words}", settled.server) });
        }
        all.push(settled);
    }
    Ok(all)
}

/// The exit code: that of the first server that is not ready.
fn code(settled: &[Settled]) -> u8 {
    settled.iter().find_map(|settled| settled.failed).unwrap_or(0)
}

fn tell(line: &str) {
    // Nobody to read it is no failure.
    drop(writeln!(io::stderr(), "{line}"));
}

/// A log, to be added to. A new one is for this user alone, as it says who connects where.
pub(super) fn open_log(path: &Path) -> Result<File, Failure> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| Failure::new(Exit::NoFile, format!("cannot write {}: {error}", path.display())))
}

fn usual_log(server: &str) -> Result<PathBuf, Failure> {
    let dir = platform::state_dir().ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are")
            .with_hint("name a file with --log")
    })?;
    platform::keep_to_oneself(&dir)
        .map_err(|error| Failure::new(Exit::NoFile, format!("cannot use {}: {error}", dir.display())))?;
    Ok(dir.join(format!("{}.log", server.replace(['/', '\\', ':'], "_"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_of_the_command_line_that_failed_decides() {
        let settled = |failed| Settled { server: "lic1".into(), failed, words: String::new() };
        assert_eq!(code(&[settled(None), settled(Some(77)), settled(Some(69))]), 77);
        assert_eq!(code(&[settled(None)]), 0);
    }

    #[test]
    fn what_came_of_a_tunnel_is_said_in_one_line() {
        let mut standing = Standing::of("lic1");
        standing.was_ready = true;
        standing.board.state = "ready".into();
        standing.board.names_are = OverrideState::Missing("no right\n  add a line".into());
        let ready = Settled::of(&standing);
        assert_eq!((ready.failed, ready.words.as_str()), (None, "ready\nno right\n  add a line"));
        standing.was_ready = false;
        standing.ended = Some(Err(Failure::new(Exit::NotAllowed, "no")));
        assert_eq!(Settled::of(&standing).failed, Some(77));
        assert!(!serde_json::to_string(&ready).unwrap().contains('\n'));
    }
}
