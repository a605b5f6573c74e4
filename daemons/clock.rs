//! The only place that reads a clock.

use std::time::Duration;

use licgate_core::time::{LeaseTime, Now, WallTime};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The two clocks of a daemon. The lease clock goes on where the last run of the daemon stopped it, and advances by
/// what really passes, suspended time included; setting the wall clock does not touch it.
#[derive(Debug, Clone)]
pub struct Clock {
    lease_at_start: LeaseTime,
    boot_at_start: Duration,
}

impl Clock {
    /// A lease clock that shows `start` now: the last lease time that the journal holds, zero for a new one.
    pub fn starting_at(start: LeaseTime) -> Self {
        Self { lease_at_start: start, boot_at_start: since_boot() }
    }

    /// The present.
    pub fn now(&self) -> Now {
        let passed = since_boot().saturating_sub(self.boot_at_start);
        Now { lease: self.lease_at_start.after(passed), wall: wall() }
    }
}

/// What the wall clock shows: for logs and calendar days, never for deadlines.
pub fn wall() -> WallTime {
    WallTime(read(ClockId::Realtime).tv_sec)
}

fn since_boot() -> Duration {
    let time = read(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn read(clock: ClockId) -> Timespec {
    clock_gettime(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lease_clock_goes_on_from_its_start() {
        let start = LeaseTime(5_000_000);
        let clock = Clock::starting_at(start);
        let (first, second) = (clock.now(), clock.now());
        assert!(first.lease >= start && second.lease >= first.lease);
        assert!(first.lease.since(start) < Duration::from_secs(60));
        assert!(first.wall > WallTime(1_700_000_000));
    }
}
