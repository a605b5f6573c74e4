//! What the system asks of a daemon: end, or read the files again.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// Signals as they come.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
}

/// A signal that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End, because of the signal with this number.
    End(i32),
    /// Read the files again.
    Reread,
}

impl Signals {
    /// Begins to hear signals; from now on none of them kills the process.
    pub fn hear() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End(SignalKind::terminate().as_raw_value()),
            _ = self.interrupt.recv() => Signal::End(SignalKind::interrupt().as_raw_value()),
            _ = self.hangup.recv() => Signal::Reread,
        }
    }
}
