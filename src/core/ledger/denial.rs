//! Why a request got nothing, and in which words that is said.

use alloc::string::String;
use alloc::vec::Vec;

use crate::code::Code;
use crate::id::FeatureName;
use crate::licence::Absence;
use crate::options::policy::Rule;
use crate::time::WallTime;
use crate::version::Version;

/// A refusal: FlexNet's code and what lies behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    /// FlexNet's code.
    pub code: Code,
    /// What lies behind it.
    pub why: Why,
}

/// What lies behind a refusal.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// No line of this feature at all.
    NoSuchFeature(FeatureName),
    /// The feature stands in the licence but is not served.
    NotServed(Absence),
    /// There is no version as high as that.
    VersionTooHigh {
        /// The feature.
        feature: FeatureName,
        /// Asked for.
        asked: Version,
        /// The highest that is served.
        highest: Version,
    },
    /// The feature is locked to other machines.
    WrongHost {
        /// The feature.
        feature: FeatureName,
        /// The host ids, as licence files write them.
        hostids: String,
    },
    /// The feature is for other platforms.
    WrongPlatform {
        /// The feature.
        feature: FeatureName,
        /// The platforms, as written.
        platforms: String,
    },
    /// More than there ever are.
    NeverEnough {
        /// The feature.
        feature: FeatureName,
        /// Asked for.
        asked: u32,
        /// The size of the largest pool that would do otherwise, overdraft included.
        issued: u64,
    },
    /// The options file keeps the feature from the client.
    Ruled {
        /// The feature.
        feature: FeatureName,
        /// The user who asked.
        user: String,
        /// In which way.
        ruling: Ruling,
        /// The line that decided.
        rule: Rule,
    },
    /// All seats are out, or kept for those who wait.
    AllInUse(InUse),
    /// No seat is free, and no more requests may wait at this server.
    TooManyWait {
        /// The feature.
        feature: FeatureName,
        /// How many requests wait, for any feature.
        waiting: usize,
    },
    /// The lease or ticket is not known (any more).
    Unknown,
    /// The message comes from a connection that has been replaced.
    Stale,
    /// The request makes no sense: plain words.
    Bad(&'static str),
}

/// How a line of the options file keeps seats from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is an EXCLUDE that names the client.
    Excluded,
    /// It is the first INCLUDE, and none names the client.
    NotIncluded,
    /// It is a MAX that allows no more.
    Limited {
        /// How many seats the request would take.
        asked: u32,
        /// How many of those that the line counts are out; 0 when it allows fewer than were asked for anyway.
        out: u64,
        /// How many the line allows.
        cap: u32,
    },
}

/// Who has the seats that a request would need.
#[derive(Debug, Clone, PartialEq)]
pub struct InUse {
    /// The feature.
    pub feature: FeatureName,
    /// The version that was asked for.
    pub version: Version,
    /// How many seats were asked for.
    pub asked: u32,
    /// Seats of the pools that would do, overdraft included.
    pub issued: u64,
    /// Seats free in the pool that has most of them: too few, or others wait for them.
    pub free: u64,
    /// Some of the holders, longest first.
    pub holders: Vec<HeldBy>,
    /// How many leases there are besides.
    pub more: usize,
    /// How many requests for the feature wait before this one.
    pub waiting: usize,
    /// When that was so.
    pub at: WallTime,
}

/// Somebody who holds seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBy {
    /// User name.
    pub user: String,
    /// Host name.
    pub host: String,
    /// Since when.
    pub since: WallTime,
    /// How many.
    pub seats: u32,
}

impl From<Why> for Denial {
    /// The refusal with the code that belongs to it.
    fn from(why: Why) -> Self {
        let code = match &why {
            Why::NoSuchFeature(_) => Code::NO_SUCH_FEATURE,
            Why::NotServed(absence) => absence.code,
            Why::VersionTooHigh { .. } => Code::VERSION,
            Why::WrongHost { .. } => Code::WRONG_HOST,
            Why::WrongPlatform { .. } => Code::PLATFORM,
            Why::NeverEnough { .. } => Code::NEVER_ENOUGH,
            Why::Ruled { ruling, .. } => match ruling {
                Ruling::Excluded => Code::EXCLUDED,
                Ruling::NotIncluded => Code::NOT_INCLUDED,
                Ruling::Limited { .. } => Code::MAX_REACHED,
            },
            Why::AllInUse(_) => Code::ALL_IN_USE,
            Why::TooManyWait { .. } => Code::USERS_QUEUED,
            Why::Unknown => Code::NEVER_CHECKED_OUT,
            Why::Stale | Why::Bad(_) => Code::BAD_PARAMETER,
        };
        Self { code, why }
    }
}
