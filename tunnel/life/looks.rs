//! When the ports are looked for anew although the session is well.

use std::time::Duration;

/// How often at most the ports are looked for, for whatever reason.
pub const FIND_EVERY: Duration = Duration::from_secs(5);
/// The longest pause between two looks for a vendor daemon that is not up.
pub const FIND_SELDOM: Duration = Duration::from_secs(300);

/// The last look and the next.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    last: Duration,
    due: Option<Duration>,
    /// How long to wait when a look did not find everything.
    pause: Duration,
}

impl Looks {
    pub(super) const fn new() -> Self {
        Self { last: Duration::ZERO, due: None, pause: FIND_EVERY }
    }

    /// When the next look is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// A look begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.last = now;
        self.due = None;
    }

    /// A look is over. A vendor daemon that is not up may come up any moment, or never.
    pub(super) fn end(&mut self, now: Duration, has_all: bool) {
        if has_all {
            self.pause = FIND_EVERY;
        } else {
            self.is_due_by(now + self.pause);
            self.pause = FIND_SELDOM.min(2 * self.pause);
        }
    }

    /// A vendor daemon may be at another port now.
    pub(super) fn doubt(&mut self, now: Duration) {
        self.is_due_by(now.max(self.last + FIND_EVERY));
    }

    /// The tunnel is ready, and stays so for a while before the next look.
    pub(super) fn settle(&mut self, now: Duration) {
        self.due = self.due.map(|due| due.max(now + FIND_EVERY));
    }

    fn is_due_by(&mut self, at: Duration) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}
