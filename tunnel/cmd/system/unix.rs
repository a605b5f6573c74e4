//! Unix: a socket, signals, a session of its own, systemd.

use std::io;
use std::path::Path;
use std::process::Command;

use sd_notify::NotifyState;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use super::super::tunnels::Orders;
use crate::engine::Order;
use crate::tasks::Tasks;

/// A Unix socket, in a directory for this user alone.
pub(crate) struct Listener(UnixListener);

impl Listener {
    /// Listens at this path, where nothing may be yet.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        UnixListener::bind(path).map(Self)
    }

    /// The next caller.
    pub(crate) async fn accept(&mut self) -> io::Result<UnixStream> {
        self.0.accept().await.map(|(stream, _)| stream)
    }
}

/// Calls whoever listens at this path.
pub(crate) async fn call(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

/// Hears signals from now on, none of which kills the process any more, and hands them on as orders. `on_hangup`: what SIGHUP
/// means, which comes from a terminal that is closed, or from a person.
pub(crate) fn hear(orders: Orders, on_hangup: Order, tasks: &Tasks) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(tasks.spawn(async move {
        loop {
            let order = tokio::select! {
                _ = terminate.recv() => Order::Stop,
                _ = interrupt.recv() => Order::Stop,
                _ = hangup.recv() => on_hangup,
                // All tunnels have ended.
                () = orders.closed() => return,
            };
            orders.give(order);
        }
    }));
    Ok(())
}

/// How a command is to be started that goes to the background later: as any other, so that it can ask for a password first.
pub(crate) fn in_background(command: &mut Command) -> &mut Command {
    command
}

/// Leaves the terminal, whose end would otherwise end us.
pub(crate) fn leave_terminal() {
    // It fails only for the first process of a group, which whoever detaches us is.
    rustix::process::setsid().ok();
}

/// What a process may ask for at most where the system names no limit: macOS refuses more (`OPEN_MAX`, setrlimit(2)).
const MOST_FILES: Option<u64> = if cfg!(target_os = "macos") { Some(10_240) } else { None };

/// As many open files as the system allows without asking: each connection is one.
pub(crate) fn raise_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.or(MOST_FILES);
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays");
    }
}

/// Tells systemd that the tunnel is ready, and how it is.
pub(crate) fn tell_ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells systemd how the tunnel is.
pub(crate) fn tell_status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// Tells systemd that the tunnel is about to end.
pub(crate) fn tell_stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Without systemd nobody listens, and nothing is missing.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "cannot talk to systemd");
    }
}
