//! What can be wrong with a journal, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Seq;

/// Why nothing was appended.
#[derive(Debug)]
pub enum AppendError {
    /// Somebody else appended first; the journal now ends here.
    Behind(Seq),
    /// The journal cannot be written.
    Failed(JournalError),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind(last) => write!(
                f,
                "another program has appended to the journal, up to change {}; find and stop it, then start again",
                last.0
            ),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AppendError {}

impl From<JournalError> for AppendError {
    fn from(error: JournalError) -> Self {
        Self::Failed(error)
    }
}

/// A journal that cannot be used: where it is, what was tried, why it failed and what to do.
#[derive(Debug)]
pub struct JournalError {
    /// The kind of trouble.
    pub fault: Fault,
    /// The file or directory.
    pub path: PathBuf,
    /// What was tried: `open`, `read`, `append to`, …
    pub action: &'static str,
    /// What the system says.
    pub why: String,
}

/// The kinds of trouble that a journal can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another vendor daemon works on it.
    Running,
    /// No room.
    Full,
    /// It may not be written, or its directory may not.
    NotWritable,
    /// The file does not hold what was written.
    Corrupt,
    /// A later version of licvendord made it.
    Newer,
    /// It is some other program's database.
    Foreign,
    /// Another program keeps it locked.
    Busy,
    /// Somebody moved or removed it while it was open.
    Moved,
    /// Anything else that the system says.
    Other,
}

impl Fault {
    fn hint(self) -> &'static str {
        match self {
            Self::Running => "stop that one first, or give this one another --state-dir",
            Self::Full => "make room on that disk and start again; nothing is lost",
            Self::NotWritable => {
                "make the directory and the file writable for the user that the daemon runs as, or give another --state-dir"
            }
            Self::Corrupt => {
                "nothing was changed in it; restore it from a backup, try `sqlite3 FILE .recover`, or move it away to \
                 start with all seats free"
            }
            Self::Newer => "start the licvendord that wrote it, or a later one",
            Self::Foreign => "move it away or give another --state-dir",
            Self::Busy => "close the program that has it open (sqlite3, a backup) and start again",
            Self::Moved => {
                "put it back where it was, or the seats that are out are lost; it is opened again by itself"
            }
            Self::Other => {
                "mend that and start again; nobody was told anything that the journal does not hold"
            }
        }
    }
}

impl JournalError {
    pub(super) fn new(fault: Fault, path: &Path, action: &'static str, why: impl fmt::Display) -> Self {
        Self { fault, path: path.to_owned(), action, why: why.to_string() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot {} the journal {}: {}; {}",
            self.action,
            self.path.display(),
            self.why,
            self.fault.hint()
        )
    }
}

impl std::error::Error for JournalError {}
