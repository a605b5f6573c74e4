//! How a tunnel is, told as it changes: on a terminal in one line that is written anew, else line by line.

use std::io::{self, IsTerminal as _, Write as _};

use tokio::sync::watch;

use super::system::{tell_ready, tell_status};
use crate::engine::{Board, OverrideState};
use crate::tasks::Tasks;

/// Tells each change on standard error until the tunnel has ended.
pub(super) fn show(mut board: watch::Receiver<Board>, tasks: &Tasks) {
    let is_terminal = io::stderr().is_terminal();
    drop(tasks.spawn(async move {
        let mut before = Board::default();
        while board.changed().await.is_ok() {
            let now = board.borrow_and_update().clone();
            if now.state != before.state {
                let status = words(&now);
                if now.state == "ready" {
                    tell_ready(&status);
                } else {
                    tell_status(&status);
                }
                tell(&before, &now, is_terminal);
                before = now;
            }
        }
    }));
}

/// Waits until the tunnel is ready, and then calls `ready`.
pub(super) fn until_ready(board: watch::Receiver<Board>, tasks: &Tasks, ready: fn()) {
    let mut waiting = board.clone();
    drop(tasks.spawn(async move {
        if waiting.wait_for(|board| board.state == "ready").await.is_ok() {
            ready();
        }
    }));
    show(board, tasks);
}

fn tell(before: &Board, now: &Board, is_terminal: bool) {
    let settled = matches!(now.state.as_str(), "ready" | "waiting");
    let line = format!("{}: {}", now.server, words(now));
    let mut out = io::stderr().lock();
    // Nobody to read it is no failure.
    drop(match (is_terminal, settled) {
        (true, true) => writeln!(out, "\r\x1b[K{line}"),
        (true, false) => write!(out, "\r\x1b[K{line} …").and_then(|()| out.flush()),
        (false, true) => writeln!(out, "{line}"),
        (false, false) => Ok(()),
    });
    if let (true, OverrideState::Missing(why)) = (now.state == "ready", &now.names_are)
        && before.names_are != now.names_are
    {
        drop(writeln!(out, "{}: {why}", now.server));
    }
}

/// How a tunnel is, in one line.
pub(super) fn words(board: &Board) -> String {
    match (board.state.as_str(), &board.address) {
        ("ready", Some(address)) => {
            let ports: Vec<_> = board.forwards.iter().map(|row| row.port.to_string()).collect();
            let names = match (&board.names_are, board.names.is_empty()) {
                (OverrideState::Set, false) => format!("{} at ", board.names.join(", ")),
                (OverrideState::Not | OverrideState::Missing(_), _) | (OverrideState::Set, true) => {
                    String::new()
                }
            };
            format!("ready; {names}{address}, ports {}", ports.join(", "))
        }
        ("waiting", _) => {
            let trouble = board.trouble.as_deref().unwrap_or("something is wrong");
            let wait = board.next_try_ms.unwrap_or(0);
            format!("waiting; {trouble}; next try in {}.{} s", wait / 1000, wait % 1000 / 100)
        }
        (state, _) => state.to_owned(),
    }
}
