//! How tunnels are, told as it changes: what stays so for a while in lines of their own, what passes in the last line of the
//! terminal.

use std::sync::Arc;

use tokio::sync::watch;

use super::screen::Screen;
use super::system::{tell_ready, tell_status};
use super::tunnels::Standing;
use crate::engine::{Board, OverrideState};
use crate::tasks::Tasks;

/// How a line that stays is told.
pub(super) type Tell = fn(&Screen, &str);

/// What goes into a log that [`log`] writes: with these lines there is no need of those of single tunnels.
pub(super) const LOGGED: &str = "warn,lictunnel::cmd::live=info";

/// Tells a line where the screen is a log: as everything else there, with its time.
pub(super) fn log(_: &Screen, line: &str) {
    tracing::info!("{line}");
}

/// Tells each change until all tunnels have ended.
pub(super) fn show(
    mut standings: watch::Receiver<Vec<Standing>>,
    screen: Arc<Screen>,
    tell: Tell,
    tasks: &Tasks,
) {
    let mut before = standings.borrow_and_update().clone();
    drop(tasks.spawn(async move {
        while standings.changed().await.is_ok() {
            let now = standings.borrow_and_update().clone();
            for line in before.iter().zip(&now).flat_map(|(before, now)| news(before, now)) {
                tell(&screen, &line);
            }
            screen.show_live(passing(&now));
            let status = summary(&now);
            if now.iter().all(Standing::is_settled) && now.iter().any(Standing::is_up) {
                tell_ready(&status);
            } else {
                tell_status(&status);
            }
            before
                .iter_mut()
                .zip(now)
                .filter(|(_, now)| !now.is_looking())
                .for_each(|(before, now)| *before = now);
        }
    }));
}

/// Tells of failures, beside an application; until there is one, also of what passes.
#[cfg(target_os = "linux")]
pub(super) fn show_failures(
    mut standings: watch::Receiver<Vec<Standing>>,
    screen: Arc<Screen>,
    tasks: &Tasks,
) {
    let mut before = standings.borrow_and_update().clone();
    drop(tasks.spawn(async move {
        while standings.changed().await.is_ok() {
            let now = standings.borrow_and_update().clone();
            for (before, now) in before.iter().zip(&now).filter(|(before, now)| before.ended != now.ended) {
                news(before, now).iter().for_each(|line| screen.print(line));
                if now.was_ready && matches!(now.ended, Some(Err(_))) {
                    screen.print(&format!("{}: the application goes on without it", now.board.server));
                }
            }
            screen.show_live(before_application(&now));
            before = now;
        }
    }));
}

/// What passes until all tunnels are ready or have failed; from then on the terminal is the application's.
#[cfg(target_os = "linux")]
fn before_application(all: &[Standing]) -> String {
    if all.iter().all(Standing::is_settled) { String::new() } else { passing(all) }
}

/// The lines about what has changed and stays so for a while.
fn news(before: &Standing, now: &Standing) -> Vec<String> {
    let server = &now.board.server;
    if now.ended != before.ended {
        let failure = now.ended.as_ref().and_then(|ended| ended.as_ref().err());
        return failure.map(|failure| format!("{server}: {failure}")).into_iter().collect();
    }
    let is_lasting = now.board.is_up() || now.board.state == "waiting";
    let mut lines = Vec::new();
    let is_new = now.board.state != before.board.state
        || now.board.is_up() && words(&now.board) != words(&before.board);
    if is_lasting && is_new {
        lines.push(format!("{server}: {}", words(&now.board)));
    }
    if let (true, OverrideState::Missing(why)) = (now.board.state == "ready", &now.board.names_are)
        && before.board.names_are != now.board.names_are
    {
        lines.push(format!("{server}: {why}"));
    }
    lines
}

/// What all tunnels are doing that are neither up nor waiting.
fn passing(all: &[Standing]) -> String {
    let busy = all.iter().filter(|now| {
        now.ended.is_none() && !now.board.is_up() && !matches!(now.board.state.as_str(), "" | "waiting")
    });
    let words: Vec<_> = busy.map(|now| format!("{}: {} …", now.board.server, now.board.state)).collect();
    words.join("  ")
}

/// All tunnels in one line, for a service manager.
fn summary(all: &[Standing]) -> String {
    let word = |now: &Standing| match &now.ended {
        None => words(&now.board),
        Some(Ok(())) => "ended".to_owned(),
        Some(Err(failure)) => failure.message.clone(),
    };
    match all {
        [one] => word(one),
        all => all
            .iter()
            .map(|now| format!("{}: {}", now.board.server, word(now)))
            .collect::<Vec<_>>()
            .join("; "),
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
        ("on site", _) => format!("on site: {} answers directly", board.server),
        ("waiting", _) => {
            let trouble = board.trouble.as_deref().unwrap_or("something is wrong");
            let wait = board.next_try_ms.unwrap_or(0);
            format!("waiting; {trouble}; next try in {}.{} s", wait / 1000, wait % 1000 / 100)
        }
        (state, _) => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Exit, Failure};

    fn standing(server: &str, state: &str) -> Standing {
        let mut standing = Standing::of(server);
        standing.board.state = state.to_owned();
        standing.board.address = Some("127.77.3.1".to_owned());
        standing.was_ready = state == "ready";
        standing
    }

    #[test]
    fn what_lasts_is_told_once_and_what_passes_stands_in_the_last_line() {
        let (new, ready) = (standing("lic1", "connecting"), standing("lic1", "ready"));
        assert_eq!(news(&Standing::of("lic1"), &new), Vec::<String>::new());
        assert_eq!(news(&new, &ready), ["lic1: ready; 127.77.3.1, ports "]);
        assert_eq!(news(&ready, &ready), Vec::<String>::new());
        let mut failed = new.clone();
        failed.ended = Some(Err(Failure::new(Exit::NotAllowed, "no").with_hint("ask")));
        assert_eq!(news(&new, &failed), ["lic1: no\n  hint: ask"]);
        let others = [failed, ready, standing("lic2", "connecting"), standing("lic3", "finding the ports")];
        assert_eq!(passing(&others), "lic2: connecting …  lic3: finding the ports …");
        assert_eq!(summary(&others[..1]), "no");
        assert!(summary(&others).starts_with("lic1: no; lic1: ready; "), "{}", summary(&others));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_passes_on_the_terminal_of_an_application() {
        let (mut ready, connecting) = (standing("lic1", "ready"), standing("lic2", "connecting"));
        assert_eq!(before_application(&[ready.clone(), connecting]), "lic2: connecting …");
        // It was ready, and connects anew.
        ready.board.state = "connecting".to_owned();
        assert_eq!(before_application(&[ready]), "");
    }

    #[test]
    fn a_look_at_the_ports_of_a_tunnel_that_is_up_is_no_news() {
        let (ready, mut looking) = (standing("lic1", "ready"), standing("lic1", "finding the ports"));
        assert!(!looking.is_looking() && !ready.is_looking());
        looking.board.is_open = true;
        assert!(looking.is_looking());
        let mut moved = ready.clone();
        moved.board.address = Some("127.77.3.2".to_owned());
        assert_eq!(news(&ready, &moved), ["lic1: ready; 127.77.3.2, ports "]);
    }

    #[test]
    fn names_that_do_not_lead_here_are_told_with_what_to_do() {
        let mut ready = standing("lic1", "ready");
        ready.board.names_are = OverrideState::Missing("no right".to_owned());
        let lines = news(&standing("lic1", "overriding"), &ready);
        assert_eq!(lines, ["lic1: ready; 127.77.3.1, ports ", "lic1: no right"]);
    }
}
