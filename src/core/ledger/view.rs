//! What others may see of a ledger: for answers, logs and status.

use super::entry::{Entry, State};
use super::{Denial, Holder, Ledger, Why};
use crate::code::Code;
use crate::id::{CheckoutId, FeatureName, LeaseNumber};
use crate::licence::Pool;
use crate::time::{LeaseTime, WallTime};
use crate::version::Version;

/// The farthest place in a queue that is counted, so that no long queue makes a heartbeat slow.
const FARTHEST: usize = 1000;

/// A lease or a waiting ticket.
#[derive(Debug, Clone, Copy)]
pub struct LeaseView<'a> {
    /// The client's name for it.
    pub checkout: CheckoutId,
    /// Its number.
    pub number: LeaseNumber,
    /// Counts the connections that it has had, from 1.
    pub epoch: u32,
    /// Who.
    pub holder: &'a Holder,
    /// The feature.
    pub feature: &'a FeatureName,
    /// The version that was asked for.
    pub version: &'a Version,
    /// How many seats: for a lease what it takes (MINIMUM applied), for a ticket what was asked for.
    pub seats: u32,
    /// Where the seats come from; `None` for a ticket, and for a lease whose pool is gone and which is about to end.
    pub pool: Option<&'a Pool>,
    /// When it got its seats or, for a ticket, began to wait.
    pub since: WallTime,
    /// Where it is in its life.
    pub state: LeaseState,
}

/// Where a lease or ticket is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseState {
    /// A ticket in the queue.
    Waiting,
    /// In its client's hands.
    Held,
    /// Given back; the seats stay out for a while.
    Lingering {
        /// From the check-in …
        from: LeaseTime,
        /// … until then.
        until: LeaseTime,
    },
}

/// How much of a pool is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Licensed seats and overdraft; `None`: uncounted.
    pub issued: Option<u64>,
    /// Seats out. What a DUP_GROUP shares counts once.
    pub in_use: u64,
    /// Tickets that this pool may serve.
    pub waiting: usize,
}

impl Ledger {
    /// The lease or waiting ticket of this checkout.
    pub fn lease(&self, checkout: &CheckoutId) -> Option<LeaseView<'_>> {
        let (number, entry) = self.find(checkout)?;
        self.view(number, entry)
    }

    /// Who holds the lease or waits with the ticket of this checkout.
    pub fn holder(&self, checkout: &CheckoutId) -> Option<&Holder> {
        Some(&self.find(checkout)?.1.holder)
    }

    /// The place of a waiting ticket, from 1, in that of its queues in which it is nearest to the head; counted to 1000 at most.
    pub fn position(&self, checkout: &CheckoutId) -> Option<u32> {
        let (number, entry) = self.find(checkout)?;
        match &entry.state {
            State::Waiting { pools, .. } => {
                let stocks = pools.iter().filter_map(|index| self.directory.stock(*index));
                let place = stocks.map(|stock| stock.queue().range(..=number).take(FARTHEST).count()).min();
                u32::try_from(place.unwrap_or(1)).ok()
            }
            State::Held { .. } | State::Lingering { .. } => None,
        }
    }

    /// Why a ticket waits: who has the seats. Its code is that of a queued request.
    pub fn why_waiting(&self, checkout: &CheckoutId) -> Option<Denial> {
        let (_, entry) = self.find(checkout)?;
        let feature = self.directory.feature(entry.feature)?;
        match &entry.state {
            State::Waiting { pools, .. } => Some(Denial {
                code: Code::QUEUED,
                why: Why::AllInUse(self.in_use(self.now, feature, pools, &entry.version, entry.seats)),
            }),
            State::Held { .. } | State::Lingering { .. } => None,
        }
    }

    /// How much of a pool is used; `pool` is its place in [`Book::pools`](crate::licence::Book::pools).
    pub fn usage(&self, pool: usize) -> Option<Usage> {
        let stock = self.directory.stocks().get(pool)?;
        Some(Usage { issued: stock.capacity(), in_use: stock.out(), waiting: stock.queue().len() })
    }

    fn view<'a>(&'a self, number: LeaseNumber, entry: &'a Entry) -> Option<LeaseView<'a>> {
        let (state, pool) = match &entry.state {
            State::Waiting { .. } => (LeaseState::Waiting, None),
            State::Held { pool, .. } => (LeaseState::Held, Some(*pool)),
            State::Lingering { from, pool } => {
                (LeaseState::Lingering { from: *from, until: entry.deadline }, Some(*pool))
            }
        };
        let stock = pool.and_then(|index| self.directory.stock(index));
        Some(LeaseView {
            checkout: entry.checkout,
            number,
            epoch: entry.epoch,
            holder: &entry.holder,
            feature: &self.directory.feature(entry.feature)?.name,
            version: &entry.version,
            seats: stock.map_or(entry.seats, |stock| stock.charge(entry.seats)),
            pool: pool.and_then(|index| self.pool(index)),
            since: entry.since,
            state,
        })
    }
}
