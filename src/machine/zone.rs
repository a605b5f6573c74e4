//! The wall clock and the local time zone.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use licgate_core::time::{Civil, Date, WallTime, Zone};

/// The time zone that this machine is set to.
#[derive(Debug, Clone)]
pub struct Local {
    zone: TimeZone,
}

impl Local {
    /// Reads the setting (`TZ`, `/etc/localtime`); UTC when there is none.
    pub fn system() -> Self {
        Self { zone: TimeZone::try_system().unwrap_or(TimeZone::UTC) }
    }

    /// When this day begins here: midnight, or the first moment of the day where midnight was skipped by a change
    /// of clocks.
    pub fn start_of(&self, day: Date) -> WallTime {
        let start = civil_day(day).and_then(|day| day.to_zoned(self.zone.clone()).ok());
        start.map_or(WallTime(Timestamp::MAX.as_second()), |start| WallTime(start.timestamp().as_second()))
    }
}

impl Zone for Local {
    /// The local reading; times outside the years 1 to 9999 are shown as the nearest inside.
    fn civil(&self, time: WallTime) -> Civil {
        let seconds = time.0.clamp(FIRST_SECOND, Timestamp::MAX.as_second());
        let local = self.zone.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX));
        read(local)
    }
}

/// What the wall clock shows.
pub fn wall() -> WallTime {
    let seconds = |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    WallTime(match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    })
}

/// 3 January of the year 1, UTC: in every zone a day that [`Date`] can hold.
const FIRST_SECOND: i64 = -62_135_424_000;

fn civil_day(day: Date) -> Option<civil::Date> {
    let (month, of_month) = (i8::try_from(day.month()).ok()?, i8::try_from(day.day()).ok()?);
    civil::Date::new(i16::try_from(day.year()).ok()?, month, of_month).ok()
}

fn read(local: civil::DateTime) -> Civil {
    let small = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(local.year()).unwrap_or(1);
    let date = Date::new(year, small(local.month()), small(local.day()));
    Civil {
        date: date.expect("both sides keep the Gregorian calendar"),
        hour: small(local.hour()),
        minute: small(local.minute()),
        second: small(local.second()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(posix: &str) -> Local {
        Local { zone: TimeZone::posix(posix).unwrap() }
    }

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
    /// Clocks skip from midnight to one o'clock on 11 October 2026.
    const SKIPS_MIDNIGHT: &str = "<-04>4<-03>,M10.2.0/0,M3.4.0/0";

    #[test]
    fn times_are_read_in_the_zone() {
        let table = [
            (BERLIN, 1_795_248_899, "21-nov-2026", (9, 14, 59)),
            (BERLIN, 1_774_746_000, "29-mar-2026", (3, 0, 0)),
            ("UTC0", 0, "1-jan-1970", (0, 0, 0)),
            ("UTC0", -1, "31-dec-1969", (23, 59, 59)),
            ("UTC0", i64::MIN, "3-jan-0001", (0, 0, 0)),
        ];
        for (zone, second, day, (hour, minute, second_shown)) in table {
            let expected = Civil { date: date(day), hour, minute, second: second_shown };
            assert_eq!(local(zone).civil(WallTime(second)), expected, "{zone} {second}");
        }
        assert_eq!(local("UTC0").civil(WallTime(i64::MAX)).date.year(), 9999);
    }

    #[test]
    fn a_day_starts_at_its_first_moment() {
        assert_eq!(local("UTC0").start_of(date("1-jan-1970")), WallTime(0));
        let day = date("29-mar-2026");
        let (start, next) = (local(BERLIN).start_of(day), local(BERLIN).start_of(day.next()));
        assert_eq!(next.0 - start.0, 23 * 3600);
        let zone = local(SKIPS_MIDNIGHT);
        let skipped = zone.civil(zone.start_of(date("11-oct-2026")));
        assert_eq!((skipped.date, skipped.hour), (date("11-oct-2026"), 1));
    }

    #[test]
    fn a_day_after_all_days_starts_at_the_end() {
        assert!(
            local("UTC0").start_of(Date::new(60000, 1, 1).unwrap())
                > local("UTC0").start_of(date("1-jan-9999"))
        );
    }

    #[test]
    fn the_systems_zone_reads_the_clock() {
        assert!(Local::system().civil(wall()).date > date("1-jan-2026"));
    }
}
