//! Why a daemon cannot start or go on: plain words, the remedy, and the exit code.

use std::fmt;

use licgate_core::supervise::{Hopeless, exit};

/// A reason to end, for people and for whoever started the daemon.
#[derive(Debug)]
pub struct Failure {
    /// What kind, which decides the exit code.
    pub exit: Exit,
    /// What is the matter: lower case, no full stop, names the thing. May have several lines.
    pub message: String,
    /// What to do next; empty when the message says enough.
    pub hint: String,
}

/// The exit codes of both daemons. They are part of the interface: scripts, systemd and licmgrd itself look at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Something broke while serving: a task, the system.
    Broken = 1,
    /// The flags of licmgrd are not those that licvendord knows: restarting does not help.
    WrongFlags = exit::USAGE,
    /// The master daemon went away.
    MasterLost = exit::MASTER_LOST,
    /// No feature can be served: restarting does not help.
    NoFeatures = exit::NO_FEATURES,
    /// Another daemon uses the same state: restarting does not help.
    AnotherRuns = exit::ALREADY_RUNNING,
    /// The licence files cannot be used.
    BadLicence = 65,
    /// An address or port cannot be had.
    NoPort = 69,
    /// A file cannot be read or written: a licence file, a key, the journal.
    NoFile = exit::FILES,
    /// The configuration is wrong.
    BadConfig = 78,
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Hopeless> for Exit {
    /// The exit code of a master whose vendor daemons ended so.
    fn from(cause: Hopeless) -> Self {
        match cause {
            Hopeless::WrongFlags => Self::WrongFlags,
            Hopeless::NoFeatures => Self::NoFeatures,
            Hopeless::AlreadyRunning => Self::AnotherRuns,
        }
    }
}

impl Failure {
    /// A failure without a remedy.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: String::new() }
    }

    /// The same failure with what to do next.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

impl fmt::Display for Failure {
    /// The message, then the remedy on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n  hint: {}", self.hint) }
    }
}

impl std::error::Error for Failure {}
