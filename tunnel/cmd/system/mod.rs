//! What the commands ask of the system and Unix and Windows do in different ways: a channel to other processes, signals, the
//! background, the service manager.
//!
//! Each system has a room with the same names in it, and this module shows the one of this system.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as here;
#[cfg(windows)]
use windows as here;

pub(super) use here::{
    Listener, call, hear, in_background, leave_terminal, raise_limit, tell_ready, tell_status, tell_stopping,
};
