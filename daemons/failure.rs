//! Why a daemon cannot start or go on: plain words, the remedy, and the exit code.

use std::fmt;

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
pub enum Exit {
    /// Something broke while serving: the journal, a task, the system.
    Broken = 1,
    /// FlexNet's status for "no features to serve": restarting does not help.
    NoFeatures = 36,
    /// FlexNet's status for "another server was running": restarting does not help.
    AnotherRuns = 41,
    /// The licence files cannot be used.
    BadLicence = 65,
    /// A file cannot be read or written.
    NoFile = 66,
    /// An address or port cannot be had.
    NoPort = 69,
    /// The configuration is wrong.
    BadConfig = 78,
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
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
