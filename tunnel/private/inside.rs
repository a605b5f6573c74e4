//! The process inside: goes in, mounts the private hosts file, starts the application and stays beside it.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::{ExitStatusExt as _, parent_id};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::{error, fmt};

use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::forbidden::Forbidden;
use super::mounted::Mounted;
use super::relay::Relay;
use super::{CANNOT_RUN, FAILED, NOT_FOUND, Order, namespace};
use crate::hosts::line::{Override, Process};
use crate::hosts::protocol::Wish;
use crate::platform;

/// The sub-command `run-inside`. It has to be called before there is any second thread: the kernel lets no process with
/// two of them into a user namespace.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let ended = match Order::parse(&args) {
        Some(order) => run(&order),
        None => Err(Fault::Started),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            say(&fault.to_string());
            ExitCode::from(fault.code())
        }
    }
}

/// Why there is no application.
#[derive(Debug)]
enum Fault {
    /// Somebody else than lictunnel started us.
    Started,
    /// The tunnel ended before we began.
    NoTunnel,
    Forbidden(Forbidden),
    Hosts(io::Error),
    System(io::Error),
    Application(OsString, io::Error),
}

impl Fault {
    fn code(&self) -> u8 {
        match self {
            Self::Application(_, error) if error.kind() == io::ErrorKind::NotFound => NOT_FOUND,
            Self::Application(..) => CANNOT_RUN,
            _ => FAILED,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("this sub-command is for lictunnel itself; use `lictunnel run`"),
            Self::NoTunnel => f.write_str("the tunnel has ended before the application began"),
            Self::Forbidden(forbidden) => forbidden.fmt(f),
            Self::Hosts(error) => {
                write!(
                    f,
                    "cannot put a private hosts file over {}: {error}; ",
                    platform::hosts_path().display()
                )?;
                f.write_str("use `lictunnel up`, which writes one line into it")
            }
            Self::System(error) => write!(f, "cannot watch over the application: {error}"),
            Self::Application(name, error) => write!(f, "cannot run {}: {error}", name.display()),
        }
    }
}

impl error::Error for Fault {}

fn run(order: &Order) -> Result<u8, Fault> {
    let parent = order.wishes.first().ok_or(Fault::Started)?.pid;
    let tunnel = Process::running(parent).ok_or(Fault::NoTunnel)?;
    let hosts = order.hosts.map_or_else(platform::hosts_path, Into::into);
    let block = |wish: &Wish| {
        let (tunnel, names) = (tunnel.clone(), wish.names.clone());
        Override { id: wish.id, tunnel, address: wish.address, names }
    };
    let blocks = order.wishes.iter().map(block).collect();
    namespace::enter().map_err(Fault::Forbidden)?;
    let mounted = Mounted::over(&hosts, blocks).map_err(Fault::Hosts)?;
    // The end of the tunnel comes as the signal that the end of the application comes as; both are then looked for.
    set_parent_process_death_signal(Some(Signal::CHILD)).map_err(|errno| Fault::System(errno.into()))?;
    let relay = Relay::hear().map_err(Fault::System)?;
    let [program, arguments @ ..] = order.application else { return Err(Fault::Started) };
    let spawned = Command::new(program).args(arguments).spawn();
    let child = spawned.map_err(|error| Fault::Application(program.clone(), error))?;
    Beside { child, relay, mounted, parent }.stay().map_err(Fault::System)
}

/// Beside the application as long as it runs.
struct Beside {
    child: Child,
    relay: Relay,
    mounted: Mounted,
    /// Our parent, the tunnel; zero once its end was told.
    parent: u32,
}

impl Beside {
    fn stay(mut self) -> io::Result<u8> {
        let application = Pid::from_raw(i32::try_from(self.child.id()).map_err(io::Error::other)?);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(code_of(status));
            }
            self.look_after_the_tunnel();
            let mut events = [
                PollFd::new(&self.relay, PollFlags::IN),
                PollFd::from_borrowed_fd(self.mounted.events(), PollFlags::IN),
            ];
            match poll(&mut events, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            self.relay.pass(application);
            if let Err(error) = self.mounted.follow() {
                say(&format!("cannot follow a change of the hosts file: {error}"));
            }
        }
    }

    fn look_after_the_tunnel(&mut self) {
        if self.parent != 0 && parent_id() != self.parent {
            self.parent = 0;
            let id = self.child.id();
            say(&format!("the tunnel has ended; process {id} goes on without a licence server"));
        }
    }
}

fn say(words: &str) {
    // There may be nobody to hear it, and the application goes on all the same.
    drop(writeln!(io::stderr(), "lictunnel run: {words}"));
}

/// What a shell makes of the end of a process.
pub(crate) fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.or_else(|| status.signal().map(code_of_signal)).unwrap_or(FAILED)
}

/// What a shell makes of the end of a process by a signal.
pub(crate) fn code_of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(FAILED)
}
