//! Signals for the application that were sent to the process beside it.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

/// What is sent on.
const PASSED: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM];

/// Hears signals from when it is made, the end of a child among them.
#[derive(Debug)]
pub(crate) struct Relay(SignalDelivery<UnixStream, WithOrigin>);

impl Relay {
    /// Begins to hear. What this process was told to ignore (by `nohup`, say) stays ignored, and the application
    /// inherits that.
    pub(crate) fn hear() -> io::Result<Self> {
        let ignored = ignored(&fs::read_to_string("/proc/self/status")?);
        let passed = PASSED.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let (read, write) = UnixStream::pair()?;
        SignalDelivery::with_pipe(read, write, WithOrigin::default(), passed.chain([SIGCHLD])).map(Self)
    }

    /// The signals that have come, without the ends of children.
    pub(crate) fn heard(&mut self) -> impl Iterator<Item = Heard> + '_ {
        let pending = self.0.pending().filter(|origin| origin.signal != SIGCHLD);
        pending.filter_map(|origin| {
            let signal = Signal::try_from(origin.signal).ok()?;
            Some(Heard { signal, is_of_terminal: origin.cause == Cause::Kernel })
        })
    }

    /// Sends on what has come. What the terminal sends (Ctrl-C) reaches the application by itself, as it is in the same
    /// process group: it is not sent twice.
    pub(crate) fn pass(&mut self, application: Pid) {
        for heard in self.heard().filter(|heard| !heard.is_of_terminal) {
            // It may have ended, which is seen next.
            let _ = kill(application, heard.signal);
        }
    }
}

/// Readable when a signal has come.
impl AsFd for Relay {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }
}

/// A signal that came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    pub(crate) signal: Signal,
    /// Whether it came by a key, and so to all programs at the terminal.
    pub(crate) is_of_terminal: bool,
}

/// The set of ignored signals in a text of `/proc/PID/status`, signal 1 lowest.
fn ignored(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        assert_eq!(ignored("Name:\tx\nSigBlk:\t1\nSigIgn:\t0000000000001001\nSigCgt:\t2\n"), 0x1001);
        assert_eq!(ignored(""), 0);
    }
}
