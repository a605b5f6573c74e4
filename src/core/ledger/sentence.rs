//! Refusals and ends in plain words, beside FlexNet's codes.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Denial, End, HeldBy, InUse, Ruling, Why};
use crate::code::Code;
use crate::id::FeatureName;
use crate::time::{WallTime, Zone};

impl Denial {
    /// What is the matter, for the person who asked: lower case, no full stop. Times are those of `zone`.
    pub fn sentence(&self, zone: &impl Zone) -> String {
        match &self.why {
            Why::NoSuchFeature(feature) => format!("the licence files name no feature \"{feature}\""),
            Why::NotServed(absence) => format!("\"{}\" is not served: {}", absence.feature, absence.why),
            Why::VersionTooHigh { feature, asked, highest } => format!(
                "the highest version of \"{feature}\" that is served is {highest}, you asked for {asked}"
            ),
            Why::WrongHost { feature, hostids } => {
                format!("\"{feature}\" is locked to machines with the host id {hostids}, which yours is not")
            }
            Why::WrongPlatform { feature, platforms } => {
                format!("\"{feature}\" is for the platform {platforms} only, which yours is not")
            }
            Why::NeverEnough { feature, asked, issued } => {
                format!(
                    "you asked for {} of \"{feature}\", there are never more than {issued}",
                    seats((*asked).into())
                )
            }
            Why::Ruled { feature, user, ruling, rule } => match ruling {
                Ruling::Excluded => format!("user {user} is excluded from \"{feature}\" by {rule}"),
                Ruling::NotIncluded => {
                    format!("no INCLUDE line for \"{feature}\" names user {user}; the first is {rule}")
                }
                Ruling::Limited { asked, out, cap } => {
                    let so_many = if asked > cap {
                        format!("at most {cap} may be out")
                    } else {
                        format!("{out} of at most {cap} are out")
                    };
                    let asked = seats((*asked).into());
                    format!("you asked for {asked} of \"{feature}\", and {so_many} for you by {rule}")
                }
            },
            Why::AllInUse(in_use) => all_in_use(in_use, zone),
            Why::TooManyWait { feature, waiting } => format!(
                "no seat of \"{feature}\" is free, and {waiting} requests wait at this server already, which is all that \
                 may; try again later, or let its administrator raise `connections` in licgate.toml"
            ),
            Why::Unknown => {
                "the licence server knows no such checkout: it was given back or ended unheard; check out again"
                    .to_string()
            }
            Why::Stale => "this checkout has gone over to a newer connection of its client".to_string(),
            Why::Bad(words) => (*words).to_string(),
        }
    }
}

/// `all 5 seats of "solver" 2.0 are in use: anna@node1 since 09:12, and 2 more; 3 requests wait already`
fn all_in_use(in_use: &InUse, zone: &impl Zone) -> String {
    let InUse { feature, version, asked, issued, free, holders, more, waiting, at } = in_use;
    let are = if *free == 1 { "is" } else { "are" };
    let mut sentence = match (*issued, *free) {
        (1, 0) => format!("the only seat of \"{feature}\" {version} is in use"),
        (_, 0) => format!("all {issued} seats of \"{feature}\" {version} are in use"),
        (_, _) if *free < u64::from(*asked) => {
            format!("you asked for {} of \"{feature}\" {version}, {free} {are} free", seats((*asked).into()))
        }
        (_, _) => format!("{} of \"{feature}\" {version} {are} free, but others wait for them", seats(*free)),
    };
    let mut people: Vec<_> = holders.iter().map(|holder| held_by(holder, *at, zone)).collect();
    if *more > 0 {
        people.push(format!("and {more} more"));
    }
    if !people.is_empty() {
        sentence.push_str(": ");
        sentence.push_str(&people.join(", "));
    }
    match waiting {
        0 => {}
        1 => sentence.push_str("; 1 request waits already"),
        _ => sentence.push_str(&format!("; {waiting} requests wait already")),
    }
    sentence
}

/// `bob@node2 since 07:40 (2 seats)`
fn held_by(holder: &HeldBy, at: WallTime, zone: &impl Zone) -> String {
    let HeldBy { user, host, since, seats } = holder;
    let since = moment(*since, at, zone);
    if *seats == 1 {
        format!("{user}@{host} since {since}")
    } else {
        format!("{user}@{host} since {since} ({seats} seats)")
    }
}

/// `09:12` if that was today, else as `lmstat` writes it: `Mon 9/28 12:43`.
fn moment(time: WallTime, now: WallTime, zone: &impl Zone) -> String {
    let (time, now) = (zone.civil(time), zone.civil(now));
    if time.date == now.date {
        return format!("{:02}:{:02}", time.hour, time.minute);
    }
    let date = time.date;
    format!("{} {}/{} {}:{:02}", date.weekday(), date.month(), date.day(), time.hour, time.minute)
}

/// `1 seat`, `5 seats`
fn seats(count: u64) -> String {
    if count == 1 { "1 seat".to_string() } else { format!("{count} seats") }
}

impl End {
    /// FlexNet's code for it.
    pub fn code(self) -> Code {
        match self {
            Self::Returned | Self::Silent | Self::HungUp | Self::Lingered => Code::NEVER_CHECKED_OUT,
            Self::Expired => Code::EXPIRED,
            Self::Removed => Code::REMOVED_BY_REREAD,
            Self::Excluded => Code::EXCLUDED,
            Self::NotIncluded => Code::NOT_INCLUDED,
            Self::Limited => Code::MAX_REACHED,
        }
    }

    /// What happened to a lease or ticket of `feature`, for its holder: lower case, no full stop.
    pub fn sentence(self, feature: &FeatureName) -> String {
        match self {
            Self::Returned => format!("\"{feature}\" was given back"),
            Self::Silent => format!("\"{feature}\" was taken back: its client was not heard in time"),
            Self::HungUp => format!("\"{feature}\" was taken back: its client did not reconnect in time"),
            Self::Lingered => format!("\"{feature}\" was given back and its linger time is over"),
            Self::Expired => format!("the licence for \"{feature}\" has expired"),
            Self::Removed => {
                format!("\"{feature}\" is no longer in the licence files as it was when you got it")
            }
            Self::Excluded => format!("the options file excludes you from \"{feature}\" now"),
            Self::NotIncluded => format!("the options file includes you no longer for \"{feature}\""),
            Self::Limited => format!("the options file allows you fewer seats of \"{feature}\" now"),
        }
    }
}
