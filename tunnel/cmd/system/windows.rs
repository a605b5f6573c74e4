//! Windows: a named pipe, console events, a process without a console.

use std::io;
use std::mem;
use std::os::windows::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use tokio::time::sleep;

use super::super::tunnels::Orders;
use crate::engine::Order;
use crate::hosts::line::OwnerId;
use crate::tasks::Tasks;

/// `DETACHED_PROCESS`: without a console, and not in the way when the one of the parent closes.
const DETACHED: u32 = 0x0000_0008;
/// `CREATE_NEW_PROCESS_GROUP`: Ctrl-C of the parent is not for it.
const NEW_GROUP: u32 = 0x0000_0200;
/// `ERROR_PIPE_BUSY`: between two callers there is no pipe that waits for one.
const BUSY: i32 = 231;
/// How long after that it is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// A named pipe. By the system's default only this user, administrators and the system may write to it, and without a word
/// written nothing is answered; callers from other machines are refused.
pub(crate) struct Listener {
    name: String,
    /// Waits for the next caller.
    next: NamedPipeServer,
}

impl Listener {
    /// Listens at the pipe that stands for this path. It fails where another process has a pipe of that name.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        let name = pipe_name(path);
        let next = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        Ok(Self { name, next })
    }

    /// The next caller.
    pub(crate) async fn accept(&mut self) -> io::Result<NamedPipeServer> {
        if let Err(error) = self.next.connect().await {
            // It called and went; the next one needs a pipe that is free of it.
            self.next.disconnect()?;
            return Err(error);
        }
        let next = ServerOptions::new().create(&self.name)?;
        Ok(mem::replace(&mut self.next, next))
    }
}

/// Calls whoever listens at the pipe that stands for this path.
pub(crate) async fn call(path: &Path) -> io::Result<NamedPipeClient> {
    loop {
        match ClientOptions::new().open(pipe_name(path)) {
            Err(error) if error.raw_os_error() == Some(BUSY) => sleep(PAUSE).await,
            called => return called,
        }
    }
}

/// Pipes share one directory on the whole machine: the path, which lies below the user's own, tells users apart.
fn pipe_name(path: &Path) -> String {
    format!(r"\\.\pipe\lictunnel-{}", OwnerId::of(&path.to_string_lossy()))
}

/// Hears what ends a console program, none of which kills the process at once any more, and hands it on as orders.
pub(crate) fn hear(orders: Orders, _on_hangup: Order, tasks: &Tasks) -> io::Result<()> {
    let (mut c, mut brk, mut close, mut shutdown) =
        (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
    drop(tasks.spawn(async move {
        loop {
            tokio::select! {
                _ = c.recv() => {}
                _ = brk.recv() => {}
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
                // All tunnels have ended.
                () = orders.closed() => return,
            }
            orders.give(Order::Stop);
        }
    }));
    Ok(())
}

/// How a command is to be started that goes to the background later: without the console, which it could not leave. So it
/// cannot ask for a password; keys come from the agent or a file.
pub(crate) fn in_background(command: &mut Command) -> &mut Command {
    command.creation_flags(DETACHED | NEW_GROUP)
}

/// There is no console to leave.
pub(crate) fn leave_terminal() {}

/// Open files have no limit that a process could raise.
pub(crate) fn raise_limit() {}

/// No service manager listens.
pub(crate) fn tell_ready(_status: &str) {}

/// No service manager listens.
pub(crate) fn tell_status(_status: &str) {}

/// No service manager listens.
pub(crate) fn tell_stopping() {}
