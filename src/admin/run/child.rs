//! The command that runs, and the signals that are meant for it.
//!
//! It stays in licrun's own process group, so that the terminal's signals (Ctrl-C, Ctrl-Z, a hang-up) reach it from the kernel
//! as they would without licrun. Signals that somebody sends to licrun are handed on; those from the kernel are not,
//! because the command has had them already. When the command stops, licrun stops, too, so that the shell takes notice;
//! `fg` wakes both.

use std::io;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use licgate::CancelToken;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, waitid};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

/// The signals that are handed on.
const HANDED_ON: [i32; 9] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT];

/// Whom signals are for.
#[derive(Debug)]
pub(super) struct Ward {
    state: Mutex<State>,
    cancel: CancelToken,
}

#[derive(Debug)]
enum State {
    /// There is no command yet: signals end the wait for a seat.
    Waiting,
    /// The wait was ended by this signal.
    Interrupted(i32),
    /// The command runs.
    Running(Pid),
    /// It has ended.
    Over,
}

/// How the command came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}

/// Why the command did not run.
#[derive(Debug)]
pub(super) enum NotRun {
    /// A signal came first.
    Interrupted(i32),
    /// It cannot be started, or not be waited for.
    Failed(io::Error),
}

impl Ward {
    /// Takes charge of this process's signals. `cancel` is cancelled by those that would end it, until there is a command.
    pub(super) fn new(cancel: CancelToken) -> io::Result<&'static Self> {
        // It lives as long as the process, like the signals.
        let ward: &'static Self = Box::leak(Box::new(Self { state: Mutex::new(State::Waiting), cancel }));
        let ignored = ignored_signals();
        // Whoever ignores a signal (nohup) wants the command to ignore it: left alone, it inherits that.
        let signals = HANDED_ON.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let mut signals = SignalsInfo::<WithOrigin>::new(signals)?;
        thread::Builder::new().name("licrun-signals".into()).spawn(move || {
            for origin in signals.forever() {
                ward.handle(&origin);
            }
        })?;
        Ok(ward)
    }

    /// The signal that ended the wait for a seat.
    pub(super) fn interrupted(&self) -> Option<i32> {
        match *self.state() {
            State::Interrupted(signal) => Some(signal),
            State::Waiting | State::Running(_) | State::Over => None,
        }
    }

    /// Runs the command to its end.
    pub(super) fn run(&self, command: &mut Command) -> Result<Ending, NotRun> {
        let pid = {
            let mut state = self.state();
            if let State::Interrupted(signal) = *state {
                return Err(NotRun::Interrupted(signal));
            }
            let child = command.spawn().map_err(NotRun::Failed)?;
            let pid = Pid::from_child(&child);
            *state = State::Running(pid);
            pid
        };
        self.wait(pid).map_err(|error| NotRun::Failed(error.into()))
    }

    /// Ends the command with SIGTERM, if it runs.
    pub(super) fn terminate(&self) {
        if let State::Running(pid) = *self.state() {
            // It may end by itself at this moment.
            kill_process(pid, Signal::TERM).ok();
        }
    }

    fn wait(&self, pid: Pid) -> rustix::io::Result<Ending> {
        loop {
            let look = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
            let status = match waitid(WaitId::Pid(pid), look) {
                Ok(Some(status)) => status,
                Ok(None) | Err(Errno::INTR) => continue,
                Err(error) => return Err(error),
            };
            if status.stopped() {
                Self::stop_with(pid)?;
                continue;
            }
            // From here on its number may mean another process, so nobody may signal it any more.
            let mut state = self.state();
            *state = State::Over;
            waitid(WaitId::Pid(pid), WaitIdOptions::EXITED)?;
            drop(state);
            let signal = status.terminating_signal().map(Ending::Signalled);
            return Ok(signal.unwrap_or(Ending::Exited(status.exit_status().unwrap_or(0))));
        }
    }

    /// Stops licrun because the command has stopped, unless it has gone on or ended meanwhile: the terminal may have
    /// stopped and woken both.
    fn stop_with(pid: Pid) -> rustix::io::Result<()> {
        match waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG) {
            Ok(Some(_)) => kill_process(getpid(), Signal::STOP),
            Ok(None) | Err(Errno::CHILD | Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn handle(&self, origin: &Origin) {
        let number = origin.signal;
        let mut state = self.state();
        match *state {
            State::Running(pid) => {
                if origin.cause != Cause::Kernel
                    && let Some(signal) = Signal::from_named_raw(number)
                {
                    // It may end by itself at this moment.
                    kill_process(pid, signal).ok();
                }
            }
            State::Waiting => match number {
                SIGTSTP => {
                    drop(state);
                    kill_process(getpid(), Signal::STOP).ok();
                }
                SIGCONT | SIGWINCH => {}
                _ => {
                    *state = State::Interrupted(number);
                    drop(state);
                    self.cancel.cancel();
                }
            },
            State::Interrupted(_) | State::Over => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signals that this process was started to ignore, one bit each, signal 1 lowest; none where `/proc` does not say.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
