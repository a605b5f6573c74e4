//! What status requests are answered with: small pages, so that a look never holds up a checkout.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::id::{FeatureName, LeaseNumber, VendorName};
use crate::ledger::Holder;
use crate::time::WallTime;
use crate::version::Version;

/// A licence host and its vendor daemons.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct ServerStatus {
    /// The SERVER line's host.
    #[n(0)]
    pub host: String,
    /// The master daemon's port.
    #[n(1)]
    pub port: u16,
    /// Its version.
    #[n(2)]
    pub version: String,
    /// Its licence files.
    #[n(3)]
    pub files: Vec<String>,
    /// Its vendor daemons.
    #[n(4)]
    pub vendors: Vec<VendorStatus>,
}

/// One vendor daemon, as its master sees it.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct VendorStatus {
    /// Its name.
    #[n(0)]
    pub name: VendorName,
    /// How it is.
    #[n(1)]
    pub state: VendorState,
    /// Its version.
    #[n(2)]
    pub version: String,
    /// What an administrator has to see to, in plain words, though the daemon serves.
    #[n(3)]
    pub warning: Option<String>,
}

/// How a vendor daemon is.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VendorState {
    /// Serving.
    #[n(0)]
    Up {
        /// On this port.
        #[n(0)]
        port: u16,
    },
    /// Not serving: plain words.
    #[n(1)]
    Down {
        /// Plain words.
        #[n(0)]
        why: String,
    },
}

/// A request for a page of status.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct StatusAsk {
    /// Only this feature; absent: all.
    #[n(0)]
    pub feature: Option<FeatureName>,
    /// With a row for every lease and ticket?
    #[n(1)]
    pub users: bool,
    /// Where the last page ended; absent: from the beginning.
    #[n(2)]
    pub after: Option<Cursor>,
}

/// Where the next page begins. A client hands it back as it got it; what it points to may be gone by then, and after a
/// reread the places may have moved: the pages then go on with the next thing that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Cursor {
    /// The place of a feature in the order in which features are told.
    #[n(0)]
    pub feature: u32,
    /// What of it is to be told next.
    #[n(1)]
    pub part: Part,
}

/// What of a feature is to be told next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The feature itself, or why it is not served.
    #[n(0)]
    Heading,
    /// Its pool in this place, from 0.
    #[n(1)]
    Pool {
        /// The place.
        #[n(0)]
        pool: u32,
    },
    /// The leases of this pool that come after the one that began then and has this number.
    #[n(2)]
    Leases {
        /// The pool's place, from 0.
        #[n(0)]
        pool: u32,
        /// When the last one told began.
        #[n(1)]
        since: WallTime,
        /// Its number.
        #[n(2)]
        lease: LeaseNumber,
    },
    /// Its waiting tickets after this one.
    #[n(3)]
    Tickets {
        /// The last one told.
        #[n(0)]
        after: LeaseNumber,
    },
}

/// A page of status: rows in the order in which they are printed.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct StatusPage {
    /// At most [`limit::ROWS`](super::limit::ROWS).
    #[n(0)]
    pub rows: Vec<Row>,
    /// Where to go on; absent: that was all.
    #[n(1)]
    pub next: Option<Cursor>,
}

/// One line of status.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Row {
    /// A feature; its pools follow.
    #[n(0)]
    Feature {
        /// Its name.
        #[n(0)]
        name: FeatureName,
        /// Seats in all pools; absent when it is uncounted.
        #[n(1)]
        issued: Option<u32>,
        /// Seats out in all pools.
        #[n(2)]
        in_use: u32,
        /// Requests that wait.
        #[n(3)]
        waiting: u32,
    },
    /// A feature that is in the file but not served.
    #[n(1)]
    Absent {
        /// Its name.
        #[n(0)]
        name: FeatureName,
        /// Plain words.
        #[n(1)]
        why: String,
        /// The seats of its lines; absent when they count none.
        #[n(2)]
        seats: Option<u32>,
    },
    /// A pool of the feature above; its leases follow.
    #[n(2)]
    Pool {
        /// The version, as written.
        #[n(0)]
        version: Version,
        /// The last day, as licence files write it, or `permanent`.
        #[n(1)]
        expiry: String,
        /// VENDOR_STRING.
        #[n(2)]
        vendor_string: Option<String>,
        /// What it is locked to.
        #[n(3)]
        lock: Lock,
        /// Seats; absent when it is uncounted.
        #[n(4)]
        issued: Option<u32>,
        /// Seats out.
        #[n(5)]
        in_use: u32,
    },
    /// Seats out of the pool above.
    #[n(3)]
    Lease {
        /// Who.
        #[n(0)]
        holder: Holder,
        /// The version that was asked for.
        #[n(1)]
        version: Version,
        /// The handle.
        #[n(2)]
        lease: LeaseNumber,
        /// Since when.
        #[n(3)]
        since: WallTime,
        /// How many.
        #[n(4)]
        seats: u32,
        /// For a lingering seat: seconds left, seconds in all.
        #[n(5)]
        linger: Option<(u32, u32)>,
    },
    /// A request that waits for seats of the feature above.
    #[n(4)]
    Waiting {
        /// Who.
        #[n(0)]
        holder: Holder,
        /// The version that was asked for.
        #[n(1)]
        version: Version,
        /// The handle.
        #[n(2)]
        lease: LeaseNumber,
        /// Since when.
        #[n(3)]
        since: WallTime,
        /// How many.
        #[n(4)]
        seats: u32,
    },
}

/// What a pool is locked to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lock {
    /// Nothing: a floating licence.
    #[n(0)]
    Floating,
    /// These host ids, as written.
    #[n(1)]
    Nodes(#[n(0)] String),
}
