//! Two kinds of time that never mix: the lease clock and the calendar.
//!
//! Silence, grace, linger and leases run on the *lease clock*, which only ever advances by durations that
//! really passed while the daemon was up; so an outage expires nobody and a clock set back or forward
//! changes nothing. Licence expiry and START are calendar *dates* in the licence host's own time zone.

use core::fmt;
use core::time::Duration;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// A point on the lease clock, in microseconds since the clock of this ledger began.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct LeaseTime(#[n(0)] pub u64);

impl LeaseTime {
    /// This point plus `duration`; stays at the end of time when it would pass it.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }

    /// How long it is from now until this point; nothing when it has passed.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// A point on the wall clock, in seconds since 1970 (UTC). For people and logs: it decides nothing about leases.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct WallTime(#[n(0)] pub i64);

/// The present, on both clocks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub struct Now {
    /// The lease clock, which decides.
    #[n(0)]
    pub lease: LeaseTime,
    /// The wall clock, which is shown.
    #[n(1)]
    pub wall: WallTime,
}

/// A wall-clock time as a person at the licence host would read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The day.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
}

/// Turns wall-clock time into local time: the shell, which knows the time zone, hands it in.
pub trait Zone {
    /// The local reading of `time`.
    fn civil(&self, time: WallTime) -> Civil;
}

impl<F: Fn(WallTime) -> Civil> Zone for F {
    fn civil(&self, time: WallTime) -> Civil {
        self(time)
    }
}

/// A day of the calendar, printed as licence files write it: `31-dec-2027`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Date {
    #[n(0)]
    year: u16,
    #[n(1)]
    month: u8,
    #[n(2)]
    day: u8,
}

/// English month names, whatever the locale: they are part of the file format.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

impl Date {
    /// A date of the Gregorian calendar; `None` when there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        (year >= 1 && (1..=12).contains(&month) && day >= 1 && day <= date.days_in_month()).then_some(date)
    }

    /// Reads `d-mmm-yyyy`: one or two digits, an English month in any case, four digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, count: core::ops::RangeInclusive<usize>| {
            count.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if parts.next().is_some() || !digits(day, 1..=2) || !digits(year, 4..=4) {
            return None;
        }
        let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
        Self::new(year.parse().ok()?, u8::try_from(month).ok()?, day.parse().ok()?)
    }

    /// The year, 1 to 65535.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }

    /// The day after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::new(self.year, self.month, self.day.saturating_add(1))
            .or_else(|| Self::new(self.year, self.month + 1, 1))
            .or_else(|| Self::new(self.year.saturating_add(1), 1, 1))
            .unwrap_or(self)
    }

    /// Days from `earlier` to this date; negative when it lies before.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.day_number() - earlier.day_number()
    }

    /// The English weekday in three letters.
    pub fn weekday(self) -> &'static str {
        let index = usize::try_from((self.day_number() + 1).rem_euclid(7)).unwrap_or(0);
        WEEKDAYS.get(index).copied().unwrap_or("Sun")
    }

    fn days_in_month(self) -> u8 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if self.year.is_multiple_of(4)
                && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            _ => 31,
        }
    }

    /// Days since 31 December of the year −1 in the proleptic Gregorian calendar, such that day 0 is a Saturday
    /// (Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`, shifted).
    fn day_number(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year + 2
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS.get(usize::from(self.month) - 1).copied().unwrap_or("jan");
        write!(f, "{}-{month}-{:04}", self.day, self.year)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn dates_read_and_print_as_in_licence_files() {
        assert_eq!(date("1-JAN-2027").to_string(), "1-jan-2027");
        assert_eq!(date("09-may-2014").to_string(), "9-may-2014");
        assert_eq!(date("29-feb-2028").to_string(), "29-feb-2028");
        for text in [
            "29-feb-2027",
            "31-apr-2027",
            "0-jan-2027",
            "1-jan-27",
            "1-foo-2027",
            "2027-01-01",
            "1-jan-2027-",
        ] {
            assert!(Date::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn days_follow_each_other() {
        assert_eq!(date("31-dec-2027").next(), date("1-jan-2028"));
        assert_eq!(date("28-feb-2028").next(), date("29-feb-2028"));
        assert_eq!(date("28-feb-2027").next(), date("1-mar-2027"));
        assert_eq!(date("1-jan-2028").days_since(date("1-jan-2027")), 365);
        let (mut day, end, mut count) = (date("1-jan-1999"), date("1-jan-2031"), 0);
        while day < end {
            assert_eq!(day.next().days_since(day), 1);
            day = day.next();
            count += 1;
        }
        assert_eq!(count, 11688);
    }

    #[test]
    fn weekdays_are_right() {
        assert_eq!(date("15-oct-2020").weekday(), "Thu");
        assert_eq!(date("5-may-2022").weekday(), "Thu");
        assert_eq!(date("29-feb-2024").weekday(), "Thu");
        assert_eq!(date("1-jan-2000").weekday(), "Sat");
        assert_eq!(date("21-nov-2026").weekday(), "Sat");
    }

    #[test]
    fn the_lease_clock_saturates() {
        let end = LeaseTime(u64::MAX - 5);
        assert_eq!(end.after(Duration::from_secs(1)), LeaseTime(u64::MAX));
        assert_eq!(LeaseTime(3).since(LeaseTime(9)), Duration::ZERO);
    }
}
