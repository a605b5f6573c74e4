//! What others may see of a ledger: for answers, logs and status.

use core::ops::Bound;

use super::directory::{Feature, FeatureIndex};
use super::entry::{Entry, State};
use super::{Denial, Holder, InUse, Ledger, Why};
use crate::code::Code;
use crate::id::{CheckoutId, FeatureName, LeaseNumber};
use crate::licence::{Absence, Pool, Seats};
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

/// A feature with its pools, leases and waiting tickets.
#[derive(Debug, Clone, Copy)]
pub struct FeatureView<'a> {
    ledger: &'a Ledger,
    feature: &'a Feature,
}

/// How much of a pool is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Licensed seats, without overdraft; `None`: uncounted.
    pub issued: Option<u32>,
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

    /// Why a ticket waits: who has the seats, and how many wait before it (counted to 1000 at most). Its code is that of
    /// a queued request.
    pub fn why_waiting(&self, checkout: &CheckoutId) -> Option<Denial> {
        let (number, entry) = self.find(checkout)?;
        let feature = self.directory.feature(entry.feature)?;
        match &entry.state {
            State::Waiting { pools, .. } => {
                let waiting = feature.tickets.range(..number).take(FARTHEST).count();
                let client = self.policy.recognise(entry.holder.client(entry.address));
                let why = match self.within_limits(feature, pools, entry.claim(number), &client) {
                    Ok(pools) => {
                        let in_use = self.in_use(self.now, feature, &pools, &entry.version, entry.seats);
                        Why::AllInUse(InUse { waiting, ..in_use })
                    }
                    Err(limited) => limited,
                };
                Some(Denial { code: Code::QUEUED, why })
            }
            State::Held { .. } | State::Lingering { .. } => None,
        }
    }

    /// Why the policy in force lets no pool serve a ticket, which the next [`due`](Self::due) ends for it.
    pub fn why_refused(&self, checkout: &CheckoutId) -> Option<Denial> {
        let (number, entry) = self.find(checkout)?;
        if !self.doomed.contains(&number) {
            return None;
        }
        self.refusal(entry).map(|(_, denial)| denial)
    }

    /// The feature in this place, from 0, in the order of the book; those that are not served come last.
    pub fn feature(&self, place: u32) -> Option<FeatureView<'_>> {
        Some(FeatureView { ledger: self, feature: self.directory.feature(FeatureIndex(place))? })
    }

    /// The place of the feature of this name.
    pub fn place_of(&self, feature: &FeatureName) -> Option<u32> {
        self.directory.find(feature).map(|(index, _)| index.0)
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

impl<'a> FeatureView<'a> {
    /// Its name.
    pub fn name(self) -> &'a FeatureName {
        &self.feature.name
    }

    /// Its pools in the order in which they are tried.
    pub fn pools(self) -> impl Iterator<Item = (&'a Pool, Usage)> {
        (0..).map_while(move |place| self.pool(place))
    }

    /// The pool in this place, from 0.
    pub fn pool(self, place: u32) -> Option<(&'a Pool, Usage)> {
        let index = self.feature.pools().nth(place as usize)?;
        let (pool, stock) = (self.ledger.pool(index)?, self.ledger.directory.stock(index)?);
        let issued = match pool.seats {
            Seats::Counted { total, overdraft: _ } => Some(total),
            Seats::Uncounted => None,
        };
        Some((pool, Usage { issued, in_use: stock.out(), waiting: stock.queue().len() }))
    }

    /// Why its other lines are not served.
    pub fn absences(self) -> &'a [Absence] {
        self.ledger.book.absent(&self.feature.name)
    }

    /// How many requests wait for it.
    pub fn waiting(self) -> usize {
        self.feature.tickets.len()
    }

    /// The leases of the pool in this place, the longest first, after the one with this beginning and number.
    pub fn leases(self, pool: u32, after: (WallTime, LeaseNumber)) -> impl Iterator<Item = LeaseView<'a>> {
        let stock =
            self.feature.pools().nth(pool as usize).and_then(|pool| self.ledger.directory.stock(pool));
        let after = (Bound::Excluded(after), Bound::Unbounded);
        let numbers = stock.into_iter().flat_map(move |stock| stock.leases().range(after));
        numbers.filter_map(move |(_, number)| self.ledger.view(*number, self.ledger.entries.get(number)?))
    }

    /// Its waiting tickets after the one with this number, in the order of arrival.
    pub fn tickets(self, after: LeaseNumber) -> impl Iterator<Item = LeaseView<'a>> {
        let numbers = self.feature.tickets.range((Bound::Excluded(after), Bound::Unbounded));
        numbers.filter_map(move |number| self.ledger.view(*number, self.ledger.entries.get(number)?))
    }
}
