//! When it is tried whether the server answers without a tunnel.

use std::time::Duration;

/// How often at least that is tried, for networks change without a sign.
pub const PROBE_EVERY: Duration = Duration::from_secs(60);

/// The next try; none where the tunnel is wanted on site as well.
#[derive(Debug, Clone)]
pub(super) struct Site {
    due: Option<Duration>,
}

impl Site {
    pub(super) fn new(steps_aside: bool) -> Self {
        Self { due: steps_aside.then_some(Duration::ZERO) }
    }

    /// When the next try is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// It was tried.
    pub(super) fn probed(&mut self, now: Duration) {
        self.due = self.due.map(|_| now + PROBE_EVERY);
    }

    /// The machine may be somewhere else now.
    pub(super) fn doubt(&mut self, now: Duration) {
        self.due = self.due.map(|due| due.min(now));
    }
}
