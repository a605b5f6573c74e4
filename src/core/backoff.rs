//! How long to wait before the next try: twice as long each time, up to a bound, and never in step with others.

use core::time::Duration;

/// Waits that grow from try to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// The first wait is at most `base`, later ones double up to `cap`.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, failures: 0 }
    }

    /// How long to wait after one more failure: at least half of what this failure deserves, and `jitter` (from 0 to 1, drawn
    /// at random by the caller) of the other half. So clients that lost the same server do not come back at the same moment.
    pub fn next(&mut self, jitter: f64) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let whole = self.base.saturating_mul(factor).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        let jitter = if jitter.is_nan() { 1.0 } else { jitter.clamp(0.0, 1.0) };
        half.saturating_add((whole - half).mul_f64(jitter))
    }

    /// After a success: the next failure waits as little as the first.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn millis(backoff: &mut Backoff, jitter: f64, count: usize) -> Vec<u128> {
        (0..count).map(|_| backoff.next(jitter).as_millis()).collect()
    }

    #[test]
    fn waits_double_up_to_the_cap_and_begin_anew_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        assert_eq!(millis(&mut backoff, 1.0, 6), [1000, 2000, 4000, 8000, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(millis(&mut backoff, 1.0, 2), [1000, 2000]);
    }

    #[test]
    fn jitter_shortens_a_wait_by_half_at_most() {
        for (jitter, first) in
            [(0.0, 500), (0.5, 750), (1.0, 1000), (-3.0, 500), (7.0, 1000), (f64::NAN, 1000)]
        {
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
            assert_eq!(millis(&mut backoff, jitter, 1), [first], "{jitter}");
        }
    }

    #[test]
    fn it_never_overflows() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::MAX);
        let waits: Vec<_> = (0..100).map(|_| backoff.next(1.0)).collect();
        assert!(waits.is_sorted());
        assert_eq!(waits[99], Duration::from_secs(u64::from(u32::MAX)));
        assert!(Backoff::new(Duration::MAX, Duration::MAX).next(1.0) > Duration::from_secs(u64::MAX / 2));
    }
}
