//! Why a vendor daemon ends, in plain words and with its exit code.

use crate::failure::{Exit, Failure};
use crate::journal::{AppendError, Fault, JournalError};

pub(super) fn started_by_hand() -> Failure {
    Failure::new(
        Exit::BadConfig,
        "licvendord owns the seats of one vendor and is started by licmgrd, with which it talks over its standard \
         input and output",
    )
    .with_hint("start the licence host with: licmgrd -c FILE.lic")
}

/// A journal that cannot be opened, read or written.
pub(super) fn unusable(error: &JournalError) -> Failure {
    let exit = match error.fault {
        Fault::Running => Exit::AnotherRuns,
        Fault::Full
        | Fault::NotWritable
        | Fault::Corrupt
        | Fault::Newer
        | Fault::Foreign
        | Fault::Busy
        | Fault::Moved
        | Fault::Other => Exit::NoFile,
    };
    Failure::new(exit, error.to_string())
}

/// Why nothing can be made durable any more. The master starts the daemon again, which finds out whether that has passed.
pub(super) fn cannot_go_on(error: &AppendError) -> Failure {
    match error {
        AppendError::Failed(error) => unusable(error),
        AppendError::Behind(_) => Failure::new(Exit::Broken, error.to_string()),
    }
}

pub(super) fn master_lost() -> Failure {
    Failure::new(Exit::MasterLost, "the licmgrd that started this daemon has gone")
        .with_hint("start licmgrd again; no seat is lost meanwhile")
}

pub(super) fn panicked() -> Failure {
    Failure::new(Exit::Broken, "a part of the daemon came to an unexpected end")
        .with_hint("please report this with the log; licmgrd starts the daemon again, and no seat is lost")
}
