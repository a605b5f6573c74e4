//! What can happen in a ledger: journalled, applied, answered, logged and counted as one value.

use core::net::IpAddr;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::{Holder, Machine};
use crate::id::{CheckoutId, FeatureName, LeaseNumber};
use crate::licence::PoolKey;
use crate::time::{LeaseTime, Now};
use crate::version::Version;

/// One event and when it happened.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Change {
    /// When.
    #[n(0)]
    pub at: Now,
    /// What.
    #[n(1)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub enum Event {
    /// A request waits.
    #[n(0)]
    Queued {
        /// The request.
        #[n(0)]
        ticket: Ticket,
        /// What decides, now and after every reread, which pools may serve it.
        #[n(1)]
        machine: Machine,
    },
    /// A request got its seats at once.
    #[n(1)]
    Granted(#[n(0)] Grant),
    /// A waiting ticket got its seats from this pool.
    #[n(2)]
    Promoted {
        /// The ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// Where its seats come from.
        #[n(1)]
        pool: PoolKey,
    },
    /// The client came back on a new connection; older epochs are void.
    #[n(3)]
    Resumed {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// The epoch from now on.
        #[n(1)]
        epoch: u32,
    },
    /// The client gave its seat back; the seat stays out for the pool's linger time.
    #[n(4)]
    Lingers {
        /// The lease.
        #[n(0)]
        checkout: CheckoutId,
        /// The end of the linger time. It stands here because a reread may change the pool's.
        #[n(1)]
        until: LeaseTime,
    },
    /// A lease or ticket is no more.
    #[n(5)]
    Ended {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// Why.
        #[n(1)]
        why: End,
    },
    /// The pool of a lease is gone, and this one has its seats from now on.
    #[n(9)]
    Moved {
        /// The lease.
        #[n(0)]
        checkout: CheckoutId,
        /// Where its seats come from.
        #[n(1)]
        pool: PoolKey,
    },
    /// The client was heard. Not durable.
    #[n(6)]
    Heard {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
    },
    /// The client's connection broke. Not durable.
    #[n(7)]
    HungUp {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
    },
    /// Numbers below this one have been used. Only a snapshot says so: the lease that had the highest may have ended.
    #[n(8)]
    Numbered {
        /// The next number.
        #[n(0)]
        next: LeaseNumber,
    },
}

impl Event {
    /// Whether it has to be in the journal before anybody hears of it. What is not durable only moves deadlines,
    /// and after a restart everybody gets a full silence period anyway.
    pub fn is_durable(&self) -> bool {
        match self {
            Self::Queued { .. }
            | Self::Granted(_)
            | Self::Promoted { .. }
            | Self::Resumed { .. }
            | Self::Lingers { .. }
            | Self::Ended { .. }
            | Self::Moved { .. }
            | Self::Numbered { .. } => true,
            Self::Heard { .. } | Self::HungUp { .. } => false,
        }
    }
}

/// Seats in somebody's hands.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Grant {
    /// What was asked for and by whom.
    #[n(0)]
    pub ticket: Ticket,
    /// Where the seats come from.
    #[n(1)]
    pub pool: PoolKey,
}

/// A request as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Ticket {
    /// The client's name for it.
    #[n(0)]
    pub checkout: CheckoutId,
    /// Its number here, which also is its place in the order of arrival.
    #[n(1)]
    pub number: LeaseNumber,
    /// Counts the connections that it has had.
    #[n(2)]
    pub epoch: u32,
    /// Who.
    #[n(3)]
    pub holder: Holder,
    /// The feature.
    #[n(4)]
    pub feature: FeatureName,
    /// The version that was asked for.
    #[n(5)]
    pub version: Version,
    /// How many seats.
    #[n(6)]
    pub seats: u32,
    /// The address that the request came from, as the server saw it.
    #[n(7)]
    pub address: Option<IpAddr>,
}

/// Why a lease or ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum End {
    /// The client gave it back, or left the queue.
    #[n(0)]
    Returned,
    /// Nothing was heard of the client for the silence period.
    #[n(1)]
    Silent,
    /// The connection broke and the client did not come back within the grace period.
    #[n(2)]
    HungUp,
    /// Its linger time is over.
    #[n(3)]
    Lingered,
    /// The licence expired.
    #[n(4)]
    Expired,
    /// The feature is no longer in the licence.
    #[n(5)]
    Removed,
    /// It waited, and the options file excludes its client now.
    #[n(6)]
    Excluded,
    /// It waited, and no INCLUDE of the options file names its client now.
    #[n(7)]
    NotIncluded,
    /// It waited, and a MAX line of the options file allows less than it asked for now.
    #[n(8)]
    Limited,
}
