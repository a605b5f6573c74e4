//! One vendor daemon: its process, the line to it, and what is done when it ends.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use licgate_core::id::VendorName;
use licgate_core::supervise::{Ending, Supervisor, Verdict};
use licgate_core::time::LeaseTime;
use licgate_core::wire::{MasterMsg, VendorMsg};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{Join, join};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tracing::{debug, error, warn};

use super::directory::{Cause, Entry, Health, Order, Outcome, Reread};
use crate::clock::Clock;
use crate::log::{Sink, verbatim};
use crate::net::Conn;
use crate::tasks::Tasks;

/// Orders that may wait; the master gives them one at a time.
const ORDERS: usize = 8;
/// How long a vendor daemon may take to end before it is killed.
const STOP: Duration = Duration::from_secs(8);
/// How long it may take to begin to serve: replaying a long journal takes its time.
const START: Duration = Duration::from_secs(300);

/// How a vendor daemon is started.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// Its vendor.
    pub(super) vendor: VendorName,
    /// Its program.
    pub(super) program: PathBuf,
    /// Its command line, without the program.
    pub(super) arguments: Vec<OsString>,
    /// Where its stderr goes.
    pub(super) log: Sink,
}

/// A running vendor daemon.
struct Running {
    process: Child,
    line: Conn<Join<ChildStdout, ChildStdin>>,
    asked: Vec<oneshot::Sender<Reread>>,
}

/// How a run of the daemon came to its end.
enum End {
    /// By itself, or by somebody else's hand.
    Ended(Ending),
    /// It could not even be started.
    NotStarted(std::io::Error),
    /// It was told to stop, and is gone.
    Stopped,
}

/// Keeps one vendor daemon alive.
struct Keeper {
    recipe: Recipe,
    supervisor: Supervisor,
    clock: Clock,
    tasks: Tasks,
    health: watch::Sender<Health>,
    orders: mpsc::Receiver<Order>,
}

/// Starts a vendor daemon and keeps it alive until the tasks stop or it is retired.
pub(super) fn keep(recipe: Recipe, tasks: &Tasks) -> Entry {
    let (health, healths) = watch::channel(Health::Starting);
    let (orders, inbox) = mpsc::channel(ORDERS);
    let clock = Clock::starting_at(LeaseTime::default());
    let supervisor = Supervisor::new(clock.now().lease);
    let keeper = Keeper { recipe, supervisor, clock, tasks: tasks.clone(), health, orders: inbox };
    tasks.spawn(keeper.live());
    Entry { health: healths, orders }
}

impl Keeper {
    async fn live(mut self) {
        let mut waiting = None;
        loop {
            let end = self.run(waiting.take()).await;
            let (ending, why) = match end {
                End::Stopped => return,
                End::Ended(ending) => (ending, format!("{} {ending}", self.recipe.vendor)),
                End::NotStarted(error) => {
                    let program = self.recipe.program.display();
                    (Ending::Exited(-1), format!("cannot start {program}: {error}"))
                }
            };
            waiting = match self.supervisor.ended(self.clock.now().lease, ending, random()) {
                Verdict::Stopped => return,
                Verdict::GiveUp(remedy) => {
                    verbatim(&why);
                    error!("{}: {remedy}", self.recipe.vendor);
                    self.publish(Health::Down(Cause::Hopeless(remedy)));
                    self.rest(None).await
                }
                Verdict::RestartAfter(after) => {
                    verbatim(&why);
                    verbatim("Since this is an unknown status, license server ");
                    verbatim("manager (licmgrd) will attempt to re-start the vendor daemon.");
                    self.publish(Health::Restarting { after, why });
                    self.rest(Some(after)).await
                }
            };
            if self.is_over() {
                return;
            }
            self.supervisor.restarted(self.clock.now().lease);
            self.publish(Health::Starting);
        }
    }

    fn is_over(&self) -> bool {
        self.tasks.stopping().is_cancelled() || self.orders.is_closed()
    }

    fn publish(&self, health: Health) {
        self.health.send_replace(health);
    }

    /// Waits until it is time to start again, or until somebody asks for it; the answer is then due when it serves.
    async fn rest(&mut self, after: Option<Duration>) -> Option<oneshot::Sender<Reread>> {
        let pause = async {
            match after {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.tasks.stopping().cancelled() => None,
            () = pause => None,
            order = self.orders.recv() => match order {
                Some(Order::Reread(answer)) => Some(answer),
                Some(Order::Retire) | None => {
                    self.orders.close();
                    None
                }
            },
        }
    }

    /// One life of the daemon. `waiting` is told when it serves, or does not.
    async fn run(&mut self, waiting: Option<oneshot::Sender<Reread>>) -> End {
        let mut running = match self.start() {
            Ok(running) => running,
            Err(error) => return End::NotStarted(error),
        };
        let pid = running.process.id().unwrap_or_default();
        let ready = tokio::select! {
            () = self.tasks.stopping().cancelled() => return self.stop(running).await,
            ready = timeout(START, running.line.recv::<VendorMsg>()) => ready,
        };
        match ready {
            Ok(Ok(Some(VendorMsg::Ready { port, warning }))) => {
                self.announce(port, pid, waiting);
                self.publish(Health::Up { port, warning });
            }
            Ok(Ok(None)) => return self.bury(running).await,
            Ok(Ok(Some(VendorMsg::Reread { .. })) | Err(_)) | Err(_) => {
                error!("{} (pid {pid}) does not say on which port it serves, killing it", self.recipe.vendor);
                kill(&running.process);
                return self.bury(running).await;
            }
        }
        self.attend(running).await
    }

    fn announce(&self, port: u16, pid: u32, waiting: Option<oneshot::Sender<Reread>>) {
        let vendor = &self.recipe.vendor;
        let verb = if self.supervisor.restarts() == 0 { "Started" } else { "REStarted" };
        verbatim(&format!("{verb} {vendor} (internet tcp_port {port} pid {pid})"));
        verbatim(&format!("{vendor} using TCP-port {port}"));
        if let Some(answer) = waiting {
            let lines = vec![format!("started on port {port}")];
            // Whoever asked may have left.
            drop(answer.send(Reread { outcome: Outcome::InForce, lines }));
        }
    }

    /// Serves orders until the daemon ends.
    async fn attend(&mut self, mut running: Running) -> End {
        loop {
            tokio::select! {
                () = self.tasks.stopping().cancelled() => return self.stop(running).await,
                order = self.orders.recv() => match order {
                    Some(Order::Reread(answer)) => {
                        running.asked.push(answer);
                        if let Err(error) = running.line.send(&MasterMsg::Reread).await {
                            warn!(%error, "cannot talk to {}", self.recipe.vendor);
                        }
                    }
                    Some(Order::Retire) | None => {
                        self.orders.close();
                        return self.stop(running).await;
                    }
                },
                message = running.line.recv::<VendorMsg>() => match message {
                    Ok(Some(VendorMsg::Reread { ok, lines })) if !running.asked.is_empty() => {
                        let outcome = if ok { Outcome::InForce } else { Outcome::Kept };
                        drop(running.asked.remove(0).send(Reread { outcome, lines }));
                    }
                    Ok(Some(VendorMsg::Ready { port, warning })) => self.publish(Health::Up { port, warning }),
                    Ok(None) => return self.bury(running).await,
                    Ok(Some(VendorMsg::Reread { .. })) | Err(_) => {
                        error!("{} says what makes no sense, killing it", self.recipe.vendor);
                        kill(&running.process);
                        return self.bury(running).await;
                    }
                },
            }
        }
    }

    fn start(&self) -> std::io::Result<Running> {
        let Recipe { program, arguments, log, .. } = &self.recipe;
        let stderr = match log {
            Sink::Stderr => Stdio::inherit(),
            Sink::File(file) => Stdio::from(file.try_clone()?),
        };
        // A group of its own, so that Ctrl-C at a terminal reaches the master alone, which then stops all in order.
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(std::io::Error::other("it has no standard input and output"));
        };
        let mut line = Conn::new(join(output, input));
        line.trust();
        Ok(Running { process, line, asked: Vec::new() })
    }

    /// Tells the daemon to stop, in words and by closing its line, and kills it if it does not.
    async fn stop(&mut self, running: Running) -> End {
        let vendor = &self.recipe.vendor;
        let Running { mut process, mut line, .. } = running;
        let pid = process.id().unwrap_or_default();
        verbatim(&format!("Shutting down {vendor} pid={pid} because of signal 15"));
        self.supervisor.stop();
        if let Err(error) = line.send(&MasterMsg::Stop).await {
            debug!(%error, "cannot talk to {vendor}");
        }
        line.close().await;
        if timeout(STOP, process.wait()).await.is_err() {
            warn!("{vendor} does not stop, killing it");
            kill(&process);
            drop(process.wait().await);
        }
        self.publish(Health::Down(Cause::Stopped));
        End::Stopped
    }

    /// Waits for a daemon that has closed its line; one that lives on without a line is killed.
    async fn bury(&self, mut running: Running) -> End {
        let status = match timeout(STOP, running.process.wait()).await {
            Ok(status) => status,
            Err(_) => {
                kill(&running.process);
                running.process.wait().await
            }
        };
        match status {
            Ok(status) => End::Ended(ending(status)),
            Err(error) => End::NotStarted(error),
        }
    }
}

/// Kills the daemon and everything that it started.
fn kill(process: &Child) {
    let pid = process.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(Err(error)) = pid.map(|pid| kill_process_group(pid, Signal::KILL)) {
        warn!(%error, "cannot kill a vendor daemon");
    }
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(signal)) => Ending::Killed(signal),
        (None, None) => Ending::Exited(-1),
    }
}

/// From 0 to 1. Without random numbers all wait alike, which harms nobody.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
