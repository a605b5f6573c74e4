//! `up`: tunnels to servers, in the foreground or as the process in the background.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::screen::Screen;
use super::tunnels::{Standing, Tunnels};
use super::{GRACE, background, begin_log_to, live, runtime, system};
use crate::engine::{Order, Shared, Spec};
use crate::failure::{Exit, Failure};
use crate::ssh::prompt::Prompt;
use crate::tasks::Tasks;

/// Runs the tunnels to their ends, in the foreground. The log goes to a file where one is named.
pub(super) fn up(specs: Vec<Spec>, log: Option<&Path>, loud: u8) -> Result<(), Failure> {
    let tasks = Tasks::new();
    let screen = Arc::new(Screen::new(&tasks));
    match log {
        Some(path) => {
            begin_log_to(BoxMakeWriter::new(Arc::new(background::open_log(path)?)), "info", loud, true);
        }
        None => begin_log_to(BoxMakeWriter::new(Arc::clone(&screen)), "warn", loud, false),
    }
    let at_terminal = specs.iter().any(|spec| spec.at_terminal);
    // Whoever closes the window wants no more of it. Without one the signal is somebody's word.
    let hangup = if at_terminal { Order::Stop } else { Order::Kick };
    run(specs, &screen, Manner { at_terminal, hangup, tell: Screen::print }, &tasks, drop)
}

/// The same in the background. Whoever started this process waits at its standard output to hear how it went, and its standard
/// error is the log. Until then it can ask at the terminal, as long as there is one.
pub(super) fn up_detached(specs: Vec<Spec>, loud: u8) -> Result<(), Failure> {
    let tasks = Tasks::new();
    let screen = Arc::new(Screen::new(&tasks));
    begin_log_to(BoxMakeWriter::new(Arc::clone(&screen)), live::LOGGED, loud, true);
    let at_terminal = screen.can_ask();
    let manner = Manner { at_terminal, hangup: Order::Kick, tell: live::log };
    run(specs, &screen, manner, &tasks, |standings| background::announce(standings, &tasks))
}

/// What differs in the foreground and in the background.
#[derive(Clone, Copy)]
struct Manner {
    /// Whether a person can be asked for a password.
    at_terminal: bool,
    /// What SIGHUP means.
    hangup: Order,
    /// How what changes is told.
    tell: live::Tell,
}

fn run(
    specs: Vec<Spec>,
    screen: &Arc<Screen>,
    manner: Manner,
    tasks: &Tasks,
    announce: impl FnOnce(watch::Receiver<Vec<Standing>>),
) -> Result<(), Failure> {
    let prompt: Arc<dyn Prompt> = Arc::<Screen>::clone(screen);
    let shared = Arc::new(Shared::new(prompt, manner.at_terminal, &specs, tasks));
    let tunnels = Tunnels::new(specs);
    system::raise_limit();
    runtime()?.block_on(async {
        system::hear(tunnels.orders(), manner.hangup, tasks)
            .map_err(|error| Failure::new(Exit::No, format!("cannot hear signals: {error}")))?;
        let standings = tunnels.standings();
        announce(standings.clone());
        live::show(standings, Arc::clone(screen), manner.tell, tasks);
        let ended = tunnels.run(&shared, tasks).await;
        tasks.drain(GRACE).await;
        // It was told when it happened.
        ended.map_err(|failure| Failure::new(failure.exit, ""))
    })
}
