//! `run`: an application with tunnels and a hosts file of its own, without any rights.

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::sync::Arc;

use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::watch;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::screen::Screen;
use super::tunnels::{Standing, Tunnels};
use super::{GRACE, begin_log_to, live, runtime};
use crate::engine::{self, Order, Shared, Spec};
use crate::failure::{Exit, Failure};
use crate::hosts::protocol::Wish;
use crate::loopback::Loopback;
use crate::private;
use crate::private::inside::{code_of, code_of_signal};
use crate::private::relay::Relay;
use crate::ssh::prompt::Prompt;
use crate::tasks::Tasks;

/// Brings the tunnels up, runs the application, and ends with its exit code. Without an application the failure of the first
/// server decides.
pub(super) fn run(mut specs: Vec<Spec>, application: &[OsString], loud: u8) -> Result<u8, Failure> {
    let tasks = Tasks::new();
    let screen = Arc::new(Screen::new(&tasks));
    begin_log_to(BoxMakeWriter::new(Arc::clone(&screen)), "warn", loud, false);
    // No rights are wanted.
    specs.iter_mut().for_each(|spec| spec.profile.hosts = false);
    // The names of an application lead to the tunnel as long as it runs.
    specs.iter_mut().for_each(|spec| spec.profile.direct_on_site = false);
    runtime()?.block_on(async {
        let prompt: Arc<dyn Prompt> = Arc::<Screen>::clone(&screen);
        let shared = Arc::new(Shared::new(prompt, false, &specs, &tasks));
        let tunnels = Tunnels::new(specs.clone());
        let (orders, standings) = (tunnels.orders(), tunnels.standings());
        live::show_failures(standings.clone(), Arc::clone(&screen), &tasks);
        let run_application = async {
            let ended = beside(&specs, application, standings, &screen).await;
            // Its end is what counts, also where tunnels have ended before it.
            orders.give(Order::Stop);
            ended
        };
        let (ended, _) = tokio::join!(run_application, tunnels.run(&shared, &tasks));
        tasks.drain(GRACE).await;
        ended
    })
}

/// Waits for the tunnels, then runs the application. Signals that are sent to this process reach it; those of the terminal do so
/// by themselves.
async fn beside(
    specs: &[Spec],
    application: &[OsString],
    mut standings: watch::Receiver<Vec<Standing>>,
    screen: &Screen,
) -> Result<u8, Failure> {
    let cannot = |error: io::Error| Failure::new(Exit::No, format!("cannot run the application: {error}"));
    let mut signals = Signals::hear().map_err(cannot)?;
    let settled = tokio::select! {
        settled = settled(&mut standings) => settled?,
        signal = signals.first() => return Ok(code_of_signal(signal.map_err(cannot)?)),
    };
    // Whoever else watches may hear of it only after the application has begun.
    screen.show_live(String::new());
    let arguments = private::arguments(&wishes(specs, &settled)?, application).map_err(cannot)?;
    let mut child = Command::new(engine::program()?).args(arguments).spawn().map_err(cannot)?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map(code_of).map_err(cannot),
            woken = signals.come() => {
                woken.map_err(cannot)?;
                if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) {
                    signals.relay.pass(Pid::from_raw(pid));
                }
            }
        }
    }
}

/// How the tunnels stand once all are ready or have failed; the failure of the first where none is up.
async fn settled(standings: &mut watch::Receiver<Vec<Standing>>) -> Result<Vec<Standing>, Failure> {
    let gone = || Failure::new(Exit::No, "the tunnel ended before there was an application");
    let are_settled = |all: &Vec<Standing>| all.iter().all(Standing::is_settled);
    let all = standings.wait_for(are_settled).await.map_err(|_| gone())?.clone();
    if all.iter().any(Standing::is_up) {
        return Ok(all);
    }
    let failure = all.iter().find_map(|one| one.ended.as_ref()?.as_ref().err());
    // It was told when it happened.
    Err(failure.map_or_else(gone, |failure| Failure::new(failure.exit, "")))
}

/// What the hosts file of the application is to say of the servers that are up.
fn wishes(specs: &[Spec], settled: &[Standing]) -> Result<Vec<Wish>, Failure> {
    let wish = |(spec, standing): (&Spec, &Standing)| {
        let gone = || Failure::new(Exit::No, format!("the tunnel to {} has no address", spec.name()));
        let address = standing.board.address.as_deref().and_then(|text| text.parse::<Ipv4Addr>().ok());
        let address = address.and_then(|address| Loopback::try_from(address).ok()).ok_or_else(gone)?;
        spec.block(address, &standing.board.names).ok_or_else(|| {
            Failure::new(Exit::BadConfig, format!("{} has no name that a hosts file can hold", spec.server))
                .with_hint("give it one with --name")
        })
    };
    specs.iter().zip(settled).filter(|(_, standing)| standing.is_up()).map(wish).collect()
}

/// The signals to this process, to be waited for.
struct Signals {
    relay: Relay,
    /// Another hold of the relay's pipe, in which each signal puts a byte.
    woken: UnixStream,
}

impl Signals {
    fn hear() -> io::Result<Self> {
        let relay = Relay::hear()?;
        let woken = std::os::unix::net::UnixStream::from(relay.as_fd().try_clone_to_owned()?);
        woken.set_nonblocking(true)?;
        Ok(Self { relay, woken: UnixStream::from_std(woken)? })
    }

    /// Waits until some have come.
    async fn come(&mut self) -> io::Result<()> {
        self.woken.read(&mut [0; 64]).await.map(drop)
    }

    /// The first one.
    async fn first(&mut self) -> io::Result<i32> {
        loop {
            if let Some(heard) = self.relay.heard().next() {
                return Ok(heard.signal as i32);
            }
            self.come().await?;
        }
    }
}
