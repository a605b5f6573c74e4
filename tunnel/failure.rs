//! Why something cannot start or go on: plain words, what to do next, and the exit code.

use std::fmt;

/// A reason to end, for people and for whoever started the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind, which decides the exit code and whether trying again makes sense.
    pub exit: Exit,
    /// What is the matter: lower case, no full stop, names the thing. May have several lines.
    pub message: String,
    /// What to do next; empty when the message says enough.
    pub hint: String,
}

/// The exit codes of lictunnel, those of `sysexits.h` where it has one. They are part of the interface: scripts and systemd
/// look at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The answer is no (no tunnel is up, the doctor found something), or something broke on the way.
    No = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A tunnel to the same server is up already.
    AlreadyUp = 41,
    /// It is not known which ports to forward.
    NoPorts = 66,
    /// The ssh server cannot be reached.
    Unreachable = 69,
    /// A local address or port cannot be had.
    PortTaken = 73,
    /// A file cannot be read or written.
    NoFile = 74,
    /// The licence server does not answer through the tunnel.
    NotServing = 75,
    /// The ssh server is not the one it has to be, or cannot prove it.
    HostKey = 76,
    /// The ssh server does not let the user in, or forbids forwarding.
    NotAllowed = 77,
    /// The configuration is wrong: lictunnel's, or that of ssh.
    BadConfig = 78,
}

/// The exit codes that `--help` shows.
pub const EXIT_CODES: &str = "\
Exit codes:
   0  done; the tunnel ended as asked
   1  the answer is no, or something broke on the way
   2  the command line makes no sense
  41  a tunnel to this server is up already
  66  it is not known which ports to forward
  69  the ssh server cannot be reached
  73  a local address or port cannot be had
  74  a file cannot be read or written
  75  the licence server does not answer through the tunnel
  76  the ssh server's host key is not accepted
  77  the ssh server does not let the user in, or forbids forwarding
  78  the configuration is wrong
  run ends with the code of its application, 128 and the signal's number if a signal
  ended that, and 126 or 127 if it cannot be started or found";

impl Exit {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::No,
        Self::Usage,
        Self::AlreadyUp,
        Self::NoPorts,
        Self::Unreachable,
        Self::PortTaken,
        Self::NoFile,
        Self::NotServing,
        Self::HostKey,
        Self::NotAllowed,
        Self::BadConfig,
    ];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_exit_code() {
        let told: Vec<u8> =
            EXIT_CODES.lines().filter_map(|line| line.get(..4)?.trim().parse().ok()).collect();
        let known: Vec<u8> = std::iter::once(0).chain(Exit::ALL.map(Exit::code)).collect();
        assert_eq!(told, known);
    }
}
