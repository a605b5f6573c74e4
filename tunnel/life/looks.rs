//! When the ports are looked for anew although the session is well.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often at most the ports are looked for, for whatever reason.
pub const FIND_EVERY: Duration = Duration::from_secs(5);
/// The longest pause between two looks, where one after the other brings nothing new.
pub const FIND_SELDOM: Duration = Duration::from_secs(300);

/// The last look and the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks {
    last: Duration,
    due: Option<Duration>,
    /// So many looks in a row brought nothing new and left something to be wished.
    short: u32,
    /// The ports of which somebody complained since the last look ended.
    doubted: BTreeSet<u16>,
    /// So many looks in a row a complaint about this port brought nothing new. Each port counts for itself: a client that insists on a
    /// closed one must not keep those of another vendor waiting.
    vain: BTreeMap<u16, u32>,
}

impl Looks {
    /// When the next look is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// A look begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.last = now;
        self.due = None;
    }

    /// A look is over: whether it brought anything new, and whether that is all there can be. Else a vendor daemon or a port may
    /// come free any moment, or never.
    pub(super) fn end(&mut self, now: Duration, is_new: bool, is_all: bool) {
        if is_new {
            self.forget();
        }
        for port in std::mem::take(&mut self.doubted) {
            *self.vain.entry(port).or_default() += u32::from(!is_new);
        }
        if is_all {
            self.short = 0;
        } else {
            self.is_due_by(now + pause(self.short));
            self.short += 1;
        }
    }

    /// A vendor daemon that was at this port may be at another one now.
    pub(super) fn doubt(&mut self, now: Duration, port: u16) {
        let vain = self.vain.get(&port).copied().unwrap_or_default();
        self.doubted.insert(port);
        self.is_due_by(now.max(self.last + pause(vain)));
    }

    /// Something has changed, and there is hope again.
    pub(super) fn forget(&mut self) {
        self.short = 0;
        self.vain.clear();
    }

    /// The tunnel is ready, and stays so for a while before the next look.
    pub(super) fn settle(&mut self, now: Duration) {
        self.due = self.due.map(|due| due.max(now + FIND_EVERY));
    }

    fn is_due_by(&mut self, at: Duration) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

/// How long to wait after so many looks in vain.
fn pause(vain: u32) -> Duration {
    FIND_EVERY.saturating_mul(2_u32.saturating_pow(vain)).min(FIND_SELDOM)
}
