//! The time without a connection, and when to try to come back.

use std::time::{Duration, Instant};

use licgate_core::backoff::Backoff;

/// The waits between attempts: short at first, because the server's patience with a broken connection is short.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));

#[derive(Debug)]
pub(super) struct Outage {
    pub(super) since: Instant,
    /// How long to wait before the next attempt.
    pub(super) pause: Duration,
    backoff: Backoff,
}

impl Outage {
    /// The connection has just broken: the first attempt is made at once.
    pub(super) fn begin() -> Self {
        Self { since: Instant::now(), pause: Duration::ZERO, backoff: BACKOFF }
    }

    /// An attempt has failed.
    pub(super) fn fail(&mut self) {
        self.pause = self.backoff.next(jitter());
    }
}

/// From 0 to 1, so that clients that lost the same server do not come back in step.
fn jitter() -> f64 {
    let mut bytes = [0; 4];
    // Without random numbers the longest wait is as good as any.
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}
