//! Status rows as the tree that they describe: features, their pools, the leases of each, and who waits.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::code::Code;
use crate::id::{FeatureName, LeaseNumber, VendorName};
use crate::ledger::Holder;
use crate::time::WallTime;
use crate::version::Version;
use crate::wire::{Lock, Row, VendorState};

/// One vendor daemon and, if it was asked, what is out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VendorReport {
    /// Its name.
    pub name: VendorName,
    /// Its version; empty when it is down.
    pub version: String,
    /// How its master sees it.
    pub state: VendorState,
    /// What an administrator has to see to, though it serves.
    pub warning: Option<String>,
    /// What it says itself.
    pub usage: VendorUsage,
}

/// What a vendor daemon says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VendorUsage {
    /// It was not asked.
    Unasked,
    /// Its features.
    Features(Vec<Feature>),
    /// It did not answer: FlexNet's code and plain words.
    Failed(Code, String),
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feature {
    /// Its name.
    pub name: FeatureName,
    /// Seats in all pools or, when it is not served, of all its lines; absent when it is uncounted.
    pub issued: Option<u32>,
    /// Seats out in all pools.
    pub in_use: u32,
    /// Why it is not served, in plain words; absent when it is.
    pub absent: Option<String>,
    /// Its pools, in the order in which they are tried.
    pub pools: Vec<Pool>,
    /// Those who wait, first the one who is served next.
    pub waiting: Vec<Waiting>,
}

/// Seats that count together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pool {
    /// The version, as written.
    pub version: Version,
    /// The last day, as licence files write it, or `permanent`.
    pub expiry: String,
    /// VENDOR_STRING.
    pub vendor_string: Option<String>,
    /// What it is locked to.
    pub lock: Lock,
    /// Seats; absent when it is uncounted.
    pub issued: Option<u32>,
    /// Seats out.
    pub in_use: u32,
    /// Who has them.
    pub leases: Vec<Lease>,
}

/// Seats out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lease {
    /// Who.
    pub holder: Holder,
    /// The version that was asked for.
    pub version: Version,
    /// The handle.
    pub lease: LeaseNumber,
    /// Since when.
    pub since: WallTime,
    /// How many.
    pub seats: u32,
    /// For a lingering seat: seconds left, seconds in all.
    pub linger: Option<(u32, u32)>,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// Who.
    pub holder: Holder,
    /// The version that was asked for.
    pub version: Version,
    /// The handle.
    pub lease: LeaseNumber,
    /// Since when.
    pub since: WallTime,
    /// How many.
    pub seats: u32,
}

/// The features that status rows describe. A row out of place (a lease before any pool) is left out: it could belong
/// to anything.
pub fn features(rows: impl IntoIterator<Item = Row>) -> Vec<Feature> {
    let mut features: Vec<Feature> = Vec::new();
    for row in rows {
        match row {
            Row::Feature { name, issued, in_use, waiting: _ } => {
                features.push(Feature { issued, in_use, ..Feature::new(name) });
            }
            Row::Absent { name, why, seats } => {
                features.push(Feature { issued: seats, absent: Some(why), ..Feature::new(name) });
            }
            Row::Pool { version, expiry, vendor_string, lock, issued, in_use } => {
                let pool = Pool { version, expiry, vendor_string, lock, issued, in_use, leases: Vec::new() };
                let Some(feature) = features.last_mut() else { continue };
                feature.pools.push(pool);
            }
            Row::Lease { holder, version, lease, since, seats, linger } => {
                let lease = Lease { holder, version, lease, since, seats, linger };
                let Some(pool) = features.last_mut().and_then(|feature| feature.pools.last_mut()) else {
                    continue;
                };
                pool.leases.push(lease);
            }
            Row::Waiting { holder, version, lease, since, seats } => {
                let waiting = Waiting { holder, version, lease, since, seats };
                let Some(feature) = features.last_mut() else { continue };
                feature.waiting.push(waiting);
            }
        }
    }
    features
}

impl Feature {
    fn new(name: FeatureName) -> Self {
        Self { name, issued: None, in_use: 0, absent: None, pools: Vec::new(), waiting: Vec::new() }
    }
}
