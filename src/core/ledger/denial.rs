//! Why a request got nothing.

use alloc::string::String;
use alloc::vec::Vec;

use crate::code::Code;
use crate::id::FeatureName;
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
    /// The feature stands in the licence but is not served: the words of the book's `Absence`.
    NotServed(String),
    /// The highest version there is.
    VersionTooHigh {
        /// Asked for.
        asked: Version,
        /// The highest that is served.
        highest: Version,
    },
    /// The feature is locked to other machines: the host ids, as written.
    WrongHost(String),
    /// The feature is for other platforms: the words of the line.
    WrongPlatform(String),
    /// More than was ever issued.
    NeverEnough {
        /// Asked for.
        asked: u32,
        /// The largest pool that would do.
        issued: u32,
    },
    /// All seats are out.
    AllInUse {
        /// Seats of the pools that would do.
        issued: u32,
        /// Some of the holders, longest first.
        holders: Vec<HeldBy>,
        /// How many holders there are besides.
        more: u32,
        /// How many requests wait before this one would.
        waiting: u32,
    },
    /// The lease or ticket is not known (any more).
    Unknown,
    /// The message comes from a connection that has been replaced.
    Stale,
    /// The request makes no sense: plain words.
    Bad(&'static str),
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
