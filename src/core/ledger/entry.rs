//! A lease or a ticket as the ledger keeps it.

use alloc::boxed::Box;
use core::net::IpAddr;

use super::directory::{FeatureIndex, PoolIndex};
use super::stock::Claim;
use super::{Holder, Machine};
use crate::id::{CheckoutId, LeaseNumber};
use crate::time::{LeaseTime, WallTime};
use crate::version::Version;

/// A lease or a ticket.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) checkout: CheckoutId,
    pub(super) epoch: u32,
    pub(super) feature: FeatureIndex,
    /// As asked, before MINIMUM.
    pub(super) seats: u32,
    pub(super) version: Version,
    pub(super) holder: Holder,
    pub(super) address: Option<IpAddr>,
    /// When it got its seats or, for a ticket, began to wait.
    pub(super) since: WallTime,
    /// When it ends unless its client is heard before; for a lingering lease, when it ends.
    pub(super) deadline: LeaseTime,
    pub(super) state: State,
}

/// Where a lease or ticket is in its life.
#[derive(Debug)]
pub(super) enum State {
    /// A ticket: in the queues of these pools.
    Waiting { line: Line, machine: Box<Machine>, pools: Box<[PoolIndex]> },
    /// A lease: its client has the seats.
    Held { line: Line, pool: PoolIndex },
    /// A lease that was given back and whose seats stay out until its deadline.
    Lingering { from: LeaseTime, pool: PoolIndex },
}

/// How a client can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Over the connection that it last used.
    Open,
    /// Not at all: its connection broke.
    Broken,
}

impl Entry {
    pub(super) fn claim(&self, number: LeaseNumber) -> Claim<'_> {
        Claim { number, holder: &self.holder, seats: self.seats }
    }

    /// The pools whose stock knows it.
    pub(super) fn pools(&self) -> &[PoolIndex] {
        match &self.state {
            State::Waiting { pools, .. } => pools,
            State::Held { pool, .. } | State::Lingering { pool, .. } => core::slice::from_ref(pool),
        }
    }
}
