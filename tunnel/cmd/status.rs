//! `status`, `down`, `kick`: what is said to tunnels that are up.

use std::io::{self, Write as _};
use std::time::Duration;

use super::control::{Word, say};
use super::live::words;
use super::place::Place;
use super::runtime;
use crate::engine::{Board, OverrideState};
use crate::failure::{Exit, Failure};
use crate::plan::left_alone;
use crate::ssh::config::Destination;

/// How often it is looked whether a tunnel has ended.
const LOOK: Duration = Duration::from_millis(50);
/// How long a tunnel may take to end: it drains for 5 s, and then takes leave.
const ENDING: Duration = Duration::from_secs(15);

/// Shows how the tunnels are.
pub(super) fn status(server: Option<&str>, json: bool) -> Result<(), Failure> {
    let places = chosen(server)?;
    let Heard { boards, silent } = tell_all(&places, Word::Status)?;
    let text = if json {
        serde_json::to_string_pretty(&boards).unwrap_or_default() + "\n"
    } else {
        boards.iter().map(page).collect()
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    if silent.is_err() {
        silent
    } else if boards.is_empty() {
        Err(Failure::new(Exit::No, if json { "" } else { "no tunnel is up" }))
    } else {
        Ok(())
    }
}

/// Takes tunnels down and waits until they are.
pub(super) fn down(server: Option<&str>, all: bool) -> Result<(), Failure> {
    let places = chosen(server)?;
    if places.is_empty() {
        return Err(Failure::new(Exit::No, "no tunnel is up"));
    }
    if places.len() > 1 && server.is_none() && !all {
        let failure = Failure::new(Exit::Usage, format!("{} tunnels are up", places.len()));
        return Err(failure.with_hint("name one, or say --all; `lictunnel status` shows them"));
    }
    tell_all(&places, Word::Stop)?.silent?;
    runtime()?.block_on(async {
        for place in &places {
            let gone = async {
                while place.owner().is_some() {
                    tokio::time::sleep(LOOK).await;
                }
            };
            if tokio::time::timeout(ENDING, gone).await.is_err()
                && let Some((pid, _)) = place.owner()
            {
                let message = format!("process {pid} was told to end its tunnel and has not");
                return Err(Failure::new(Exit::No, message).with_hint(format!("kill {pid}")));
            }
        }
        Ok(())
    })
}

/// Has sessions opened anew.
pub(super) fn kick(server: Option<&str>) -> Result<(), Failure> {
    let places = chosen(server)?;
    if places.is_empty() {
        return Err(Failure::new(Exit::No, "no tunnel is up"));
    }
    tell_all(&places, Word::Kick)?.silent
}

/// The tunnel of this server, or all that are up.
fn chosen(server: Option<&str>) -> Result<Vec<Place>, Failure> {
    let Some(server) = server else { return Place::all() };
    let name = server.parse::<Destination>().map_or_else(|_| server.to_owned(), |typed| typed.host);
    let place = Place::of(&name)?;
    if place.owner().is_none() {
        let failure = Failure::new(Exit::No, format!("no tunnel to {name} is up"));
        return Err(failure.with_hint("`lictunnel status` shows those that are"));
    }
    Ok(vec![place])
}

/// What tunnels have to say.
struct Heard {
    /// Of those that answer.
    boards: Vec<Board>,
    /// The first that does not.
    silent: Result<(), Failure>,
}

/// Tells all of them. One that does not answer does not keep the others from hearing it.
fn tell_all(places: &[Place], word: Word) -> Result<Heard, Failure> {
    runtime()?.block_on(async {
        let mut heard = Heard { boards: Vec::new(), silent: Ok(()) };
        for place in places {
            match say(&place.channel, word).await {
                Ok(board) => heard.boards.push(board),
                Err(error) => heard.silent = heard.silent.and(silent(place, &error)),
            }
        }
        Ok(heard)
    })
}

/// What it means that nobody answers at this place: nothing where the tunnel ended just now.
fn silent(place: &Place, error: &io::Error) -> Result<(), Failure> {
    let Some((pid, server)) = place.owner() else { return Ok(()) };
    let message = format!("the tunnel to {server}, process {pid}, does not answer: {error}");
    Err(Failure::new(Exit::No, message)
        .with_hint(format!("it may be stopped or stuck: `kill -CONT {pid}`, else `kill -9 {pid}`")))
}

fn page(board: &Board) -> String {
    let minutes = board.up_ms / 60_000;
    let mut text = format!("{} (process {}, up {minutes} min): {}\n", board.server, board.pid, words(board));
    if !board.ssh_server.is_empty() {
        let time = board.round_trip.map(|time| format!(", round trip {:.1} ms", time.as_secs_f64() * 1000.0));
        text += &format!("  over {}{}\n", board.ssh_server, time.unwrap_or_default());
    }
    if let OverrideState::Missing(why) = &board.names_are {
        text += &format!("  {}\n", why.replace('\n', "\n  "));
    }
    if let Some(told) = left_alone(&board.strange_names) {
        text += &format!("  {}\n", told.to_string().replace('\n', "\n  "));
    }
    // While it waits, the first line says it.
    if let (true, Some(trouble)) = (board.state != "waiting", &board.trouble) {
        text += &format!("  {}\n", trouble.replace('\n', "\n  "));
    }
    for row in &board.forwards {
        text += &format!(
            "  {:>5}  {:<24} {} open, {} in all, {} refused, {} bytes up, {} down\n",
            row.port, row.role, row.open, row.total, row.refused, row.bytes_up, row.bytes_down
        );
    }
    text
}
