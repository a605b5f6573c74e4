//! The time without a connection, and when to try to come back.

use std::time::{Duration, Instant};

use licgate_core::backoff::Backoff;

/// The first wait between attempts: short, because the server's patience with a broken connection is short.
const FIRST: Duration = Duration::from_millis(200);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Outage {
    pub(super) since: Instant,
    /// How long to wait before the next attempt.
    pub(super) pause: Duration,
    backoff: Backoff,
}

impl Outage {
    /// The connection has just broken: the first attempt is made at once. Later ones are made at least as often as
    /// heartbeats, because a server that comes back waits for its clients only for one silence period.
    pub(super) fn begin(rhythm: Duration) -> Self {
        let backoff = Backoff::new(FIRST, LONGEST.min(rhythm));
        Self { since: Instant::now(), pause: Duration::ZERO, backoff }
    }

    /// The connection that ended this outage has broken in its turn, after so long. A server that takes its clients back
    /// and loses them at once would be called without a pause: so the pauses go on growing until a connection lasts.
    pub(super) fn recur(self, lasted: Duration, rhythm: Duration) -> Self {
        if lasted >= rhythm {
            return Self::begin(rhythm);
        }
        let mut next = Self { since: Instant::now(), ..self };
        next.fail();
        next
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_until_a_connection_lasts() {
        let (rhythm, short) = (Duration::from_secs(40), Duration::from_secs(39));
        let mut outage = Outage::begin(rhythm);
        for doublings in 0..7 {
            outage = outage.recur(short, rhythm);
            let whole = (FIRST * (1 << doublings)).min(LONGEST);
            assert!(outage.pause >= whole / 2 && outage.pause <= whole, "{doublings}: {:?}", outage.pause);
        }
        assert_eq!(outage.recur(rhythm, rhythm).pause, Duration::ZERO);
    }

    #[test]
    fn attempts_are_made_at_least_as_often_as_heartbeats() {
        for (rhythm, longest) in [(2, 2), (15, 15), (40, 15)] {
            let mut outage = Outage::begin(Duration::from_secs(rhythm));
            assert_eq!(outage.pause, Duration::ZERO);
            (0..20).for_each(|_| outage.fail());
            let longest = Duration::from_secs(longest);
            assert!(outage.pause >= longest / 2 && outage.pause <= longest, "{rhythm}: {:?}", outage.pause);
        }
    }
}
