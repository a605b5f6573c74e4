//! What to do about a vendor daemon that ended.

use core::fmt;
use core::time::Duration;

use crate::backoff::Backoff;
use crate::time::LeaseTime;

/// The statuses that a vendor daemon exits with; the numbers are FlexNet's where it has one.
pub mod exit {
    /// It was told to stop, and did.
    pub const STOPPED: u8 = 0;
    /// It was started with flags that it does not know.
    pub const USAGE: u8 = 2;
    /// Its master went away.
    pub const MASTER_LOST: u8 = 28;
    /// There is no feature that it could serve.
    pub const NO_FEATURES: u8 = 36;
    /// Another daemon of this vendor serves here already.
    pub const ALREADY_RUNNING: u8 = 41;
    /// A file could not be read or written: the journal, above all.
    pub const FILES: u8 = 74;
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exited(i32),
    /// It was killed by this signal.
    Killed(i32),
}

impl Ending {
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Exited(status) => match u8::try_from(status).ok()? {
                exit::STOPPED => Some("stopped"),
                exit::USAGE => Some("wrong flags"),
                exit::MASTER_LOST => Some("lost its master daemon"),
                exit::NO_FEATURES => Some("no features to serve"),
                exit::ALREADY_RUNNING => Some("another server was running"),
                exit::FILES => Some("a file could not be read or written"),
                _ => None,
            },
            Self::Killed(signal) => match signal {
                6 => Some("aborted"),
                9 => Some("killed"),
                11 => Some("segmentation fault"),
                15 => Some("terminated"),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Ending {
    /// `exited with status 36 (no features to serve)`, `was ended by signal 9 (killed)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited with status {status}")?,
            Self::Killed(signal) => write!(f, "was ended by signal {signal}")?,
        }
        self.words().map_or(Ok(()), |words| write!(f, " ({words})"))
    }
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again, after this time.
    RestartAfter(Duration),
    /// Leave it: it would end the same way again.
    GiveUp(Hopeless),
    /// It was to stop.
    Stopped,
}

/// Why a daemon that ended would end the same way if it were started again; the later, the sooner it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hopeless {
    /// It does not know the flags that its master gives it.
    WrongFlags,
    /// It found no features to serve.
    NoFeatures,
    /// Another daemon of this vendor serves here already.
    AlreadyRunning,
}

impl Hopeless {
    fn of(ending: Ending) -> Option<Self> {
        let Ending::Exited(status) = ending else { return None };
        match u8::try_from(status).ok()? {
            exit::USAGE => Some(Self::WrongFlags),
            exit::NO_FEATURES => Some(Self::NoFeatures),
            exit::ALREADY_RUNNING => Some(Self::AlreadyRunning),
            _ => None,
        }
    }
}

impl fmt::Display for Hopeless {
    /// What is wrong and what to do about it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongFlags => {
                "it does not understand its master; install licmgrd and licvendord of the same version"
            }
            Self::NoFeatures => "it found no features to serve; correct the licence file and reread",
            Self::AlreadyRunning => "another daemon of this vendor is running here; stop that one and reread",
        })
    }
}

/// The life of one vendor daemon in the eyes of its master.
///
/// A crash is never given up on, because what made the daemon crash (a full disk, a port in use) may pass without anybody's
/// help; the waits grow up to a minute.
#[derive(Debug, Clone)]
pub struct Supervisor {
    backoff: Backoff,
    wish: Wish,
    started: LeaseTime,
    restarts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Run,
    Stop,
}

/// The longest first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// A daemon that ran this long had no trouble with its start, so the waits begin anew.
const HEALTHY: Duration = Duration::from_secs(60);

impl Supervisor {
    /// A daemon that is started at this moment, for the first time.
    pub const fn new(now: LeaseTime) -> Self {
        Self { backoff: Backoff::new(FIRST, LONGEST), wish: Wish::Run, started: now, restarts: 0 }
    }

    /// The daemon is started again.
    pub fn restarted(&mut self, now: LeaseTime) {
        self.wish = Wish::Run;
        self.started = now;
        self.restarts = self.restarts.saturating_add(1);
    }

    /// The daemon was told to stop: however it ends, that was wanted.
    pub fn stop(&mut self) {
        self.wish = Wish::Stop;
    }

    /// How often it has been started again.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// What to do about a daemon that ended; `jitter` is a random number from 0 to 1.
    pub fn ended(&mut self, now: LeaseTime, ending: Ending, jitter: f64) -> Verdict {
        if self.wish == Wish::Stop {
            return Verdict::Stopped;
        }
        if let Some(why) = Hopeless::of(ending) {
            return Verdict::GiveUp(why);
        }
        if now.since(self.started) > HEALTHY {
            self.backoff.reset();
        }
        Verdict::RestartAfter(self.backoff.next(jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    const START: LeaseTime = LeaseTime(1_000_000_000);

    fn seconds(seconds: u64) -> LeaseTime {
        START.after(Duration::from_secs(seconds))
    }

    #[test]
    fn each_ending_has_its_verdict() {
        let first = Verdict::RestartAfter(Duration::from_millis(250));
        let cases = [
            (Ending::Exited(0), "exited with status 0 (stopped)", first.clone()),
            (Ending::Exited(2), "exited with status 2 (wrong flags)", Verdict::GiveUp(Hopeless::WrongFlags)),
            (Ending::Exited(28), "exited with status 28 (lost its master daemon)", first.clone()),
            (
                Ending::Exited(36),
                "exited with status 36 (no features to serve)",
                Verdict::GiveUp(Hopeless::NoFeatures),
            ),
            (
                Ending::Exited(41),
                "exited with status 41 (another server was running)",
                Verdict::GiveUp(Hopeless::AlreadyRunning),
            ),
            (
                Ending::Exited(74),
                "exited with status 74 (a file could not be read or written)",
                first.clone(),
            ),
            (Ending::Exited(101), "exited with status 101", first.clone()),
            (Ending::Exited(-1), "exited with status -1", first.clone()),
            (Ending::Killed(9), "was ended by signal 9 (killed)", first.clone()),
            (Ending::Killed(36), "was ended by signal 36", first),
        ];
        for (ending, words, verdict) in cases {
            assert_eq!(ending.to_string(), words);
            assert_eq!(Supervisor::new(START).ended(START, ending, 1.0), verdict, "{words}");
            let mut stopping = Supervisor::new(START);
            stopping.stop();
            assert_eq!(stopping.ended(START, ending, 1.0), Verdict::Stopped, "{words}");
        }
    }

    #[test]
    fn a_daemon_that_keeps_crashing_is_started_less_and_less_often() {
        let mut supervisor = Supervisor::new(START);
        let waits: Vec<_> = (0..10)
            .map(|crash| {
                let verdict = supervisor.ended(seconds(crash), Ending::Killed(11), 1.0);
                supervisor.restarted(seconds(crash));
                let Verdict::RestartAfter(wait) = verdict else { panic!("{verdict:?}") };
                wait.as_millis()
            })
            .collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(supervisor.restarts(), 10);
    }

    #[test]
    fn a_minute_of_health_makes_the_next_crash_a_first_one() {
        let second_wait = |ran: Duration| {
            let mut supervisor = Supervisor::new(START);
            supervisor.ended(START, Ending::Killed(11), 1.0);
            supervisor.restarted(START);
            supervisor.ended(START.after(ran), Ending::Killed(11), 1.0)
        };
        let restart = |millis| Verdict::RestartAfter(Duration::from_millis(millis));
        assert_eq!(second_wait(Duration::from_secs(60)), restart(500));
        assert_eq!(second_wait(Duration::from_secs(61)), restart(250));
    }

    #[test]
    fn a_daemon_that_is_started_again_is_meant_to_run() {
        let mut supervisor = Supervisor::new(START);
        supervisor.stop();
        assert_eq!(supervisor.ended(START, Ending::Exited(0), 0.0), Verdict::Stopped);
        supervisor.restarted(seconds(5));
        let verdict = supervisor.ended(seconds(6), Ending::Exited(0), 0.0);
        assert_eq!(verdict, Verdict::RestartAfter(Duration::from_millis(125)));
    }
}
