//! `run`: an application with a tunnel and a hosts file of its own, without any rights.

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::{mpsc, watch};

use super::{runtime, up};
use crate::engine::{self, Board, Order, Spec};
use crate::failure::{Exit, Failure};
use crate::loopback::Loopback;
use crate::private;
use crate::tasks::Tasks;

/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// The exit code of an application that a signal ended, less the signal's number.
const SIGNAL: u8 = 128;

/// Brings the tunnel up, runs the application, and ends with its exit code.
pub(super) fn run(mut spec: Spec, application: &[OsString]) -> Result<u8, Failure> {
    spec.profile.hosts = false;
    runtime()?.block_on(async {
        let tasks = Tasks::new();
        let (seen, board) = watch::channel(None);
        let (orders, received) = mpsc::channel(up::ORDERS);
        let watch = |board, _: &Tasks| drop(seen.send_replace(Some(board)));
        let mut tunnel = pin!(up::tunnel(spec.clone(), &tasks, (orders.clone(), received), watch));
        let ended = tokio::select! {
            ended = beside(&spec, application, board) => {
                // A full queue holds the same order already.
                orders.try_send(Order::Stop).ok();
                // The application's end is what counts.
                drop(tunnel.await);
                ended
            }
            // It ended before there was an application, or the session cannot come back.
            ended = &mut tunnel => Err(ended.err().unwrap_or_else(gone)),
        };
        tasks.drain(GRACE).await;
        ended
    })
}

fn gone() -> Failure {
    Failure::new(Exit::No, "the tunnel ended before the application did")
}

/// Waits for the tunnel, then runs the application. Signals sent to this process reach it; those of the terminal do so by
/// themselves.
async fn beside(
    spec: &Spec,
    application: &[OsString],
    board: watch::Receiver<Option<watch::Receiver<Board>>>,
) -> Result<u8, Failure> {
    let cannot = |error: io::Error| Failure::new(Exit::No, format!("cannot run the application: {error}"));
    let mut signals = Signals::hear().map_err(cannot)?;
    let arguments = tokio::select! {
        arguments = arguments(spec, application, board) => arguments?,
        signal = signals.next() => return Ok(SIGNAL.wrapping_add(low_byte(signal.as_raw()))),
    };
    let mut child = Command::new(engine::program()?).args(arguments).spawn().map_err(cannot)?;
    loop {
        let signal = tokio::select! {
            status = child.wait() => return status.map(code).map_err(cannot),
            signal = signals.next() => signal,
        };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let (Some(pid), true) = (pid, signal != Signal::INT)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(%error, "a signal does not reach the application");
        }
    }
}

/// The words that start the application, once the tunnel is ready.
async fn arguments(
    spec: &Spec,
    application: &[OsString],
    mut board: watch::Receiver<Option<watch::Receiver<Board>>>,
) -> Result<Vec<OsString>, Failure> {
    let mut board = board.wait_for(Option::is_some).await.ok().and_then(|it| it.clone()).ok_or_else(gone)?;
    let ready = board.wait_for(|board| board.state == "ready").await.map_err(|_| gone())?.clone();
    let address = ready.address.as_deref().and_then(|text| text.parse::<Ipv4Addr>().ok());
    let address = address.and_then(|address| Loopback::try_from(address).ok()).ok_or_else(gone)?;
    let wish = spec.block(address, &ready.names).ok_or_else(|| {
        Failure::new(Exit::BadConfig, "the server has no name that a hosts file can hold")
            .with_hint("give it one with --name")
    })?;
    private::arguments(&wish, application)
        .map_err(|error| Failure::new(Exit::No, format!("cannot run the application: {error}")))
}

/// The signals that end an application or mean something to it.
struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
}

impl Signals {
    fn hear() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    match status.signal() {
        Some(signal) => SIGNAL.wrapping_add(low_byte(signal)),
        None => low_byte(status.code().unwrap_or(0)),
    }
}

fn low_byte(number: i32) -> u8 {
    number.to_le_bytes()[0]
}
