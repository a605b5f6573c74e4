//! The only place that reads a clock.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts at zero.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How long this thread was ready to go on and waited for a processor, since it was started; nothing where the system does not say.
pub fn queued() -> Duration {
    #[cfg(target_os = "linux")]
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    #[cfg(not(target_os = "linux"))]
    let schedstat = None::<String>;
    schedstat.as_deref().and_then(queued_in).unwrap_or_default()
}

/// The time, in nanoseconds, in a `schedstat` of `/proc` (sched-stats in the kernel's documentation): the second number.
fn queued_in(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// How long the machine has slept since it was started: what the clock that goes on in sleep is ahead of the one that
/// stops.
pub fn slept() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let awake = since_boot(rustix::time::ClockId::Monotonic);
        since_boot(rustix::time::ClockId::Boottime).saturating_sub(awake)
    }
    // Elsewhere the timers themselves go on in sleep, and the ping that is due then tells.
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

#[cfg(target_os = "linux")]
fn since_boot(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What the wall clock shows: for certificates, ages and status, never for deadlines.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// The same in whole seconds of Unix time.
pub fn unix_seconds() -> u64 {
    wall().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_in_the_queue_is_the_second_number() {
        assert_eq!(queued_in("500 70 6\n"), Some(Duration::from_nanos(70)));
        assert_eq!((queued_in("500"), queued_in("")), (None, None));
    }
}
