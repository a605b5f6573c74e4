//! The exit status that says why there was no seat.

use licgate::Error;
use licgate_core::code::Code;

pub(super) const USAGE: u8 = 2;
pub(super) const UNREACHABLE: u8 = 69;
pub(super) const MACHINE: u8 = 71;
pub(super) const TAKEN: u8 = 75;
pub(super) const NOT_ALLOWED: u8 = 77;
pub(super) const CANNOT_RUN: u8 = 126;
pub(super) const NOT_FOUND: u8 = 127;
pub(super) const SIGNAL: u8 = 128;

/// The status for a checkout that failed; the application's own cancelling has none.
pub(super) fn of(error: &Error) -> u8 {
    match error {
        Error::Misuse(_) => USAGE,
        Error::Denied(report) => match report.code() {
            Code::ALL_IN_USE | Code::QUEUED | Code::USERS_QUEUED | Code::TOO_MANY_CONNECTIONS => TAKEN,
            Code::VENDOR_DOWN => UNREACHABLE,
            _ => NOT_ALLOWED,
        },
        Error::Untrusted(_) => NOT_ALLOWED,
        Error::Unreachable(_) | Error::Peer(_) => UNREACHABLE,
        _ => MACHINE,
    }
}
