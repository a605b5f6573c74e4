//! MAX lines: how many seats each of them counts, and which tickets they block.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::directory::{Feature, PoolIndex};
use super::entry::{Entry, State};
use super::stock::{Claim, GroupKey};
use super::tally::Tally;
use super::{Ledger, Ruling, Why};
use crate::id::LeaseNumber;
use crate::options::policy::{Counter, Known, Limit};

/// Checkouts at a pool that the same limits block, or let through, at any time: so only the first ticket of a class has
/// to be looked at, and only when one of its counters changes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) pool: PoolIndex,
    limits: Vec<Limit>,
    /// What one of them takes, and with whom it shares that; nothing where there is no limit.
    charge: u32,
    group: Option<Sharers>,
}

/// Who shares seats, of all pools that a counter may look at.
type Sharers = (PoolIndex, GroupKey);

/// The counters of all MAX lines.
#[derive(Debug, Default)]
pub(super) struct Counters {
    tallies: BTreeMap<Counter, Tally<Sharers>>,
    /// Classes of tickets, by the counters that may block them.
    watchers: BTreeMap<Counter, BTreeSet<Arc<Class>>>,
}

impl Counters {
    /// How many seats of a limit are out.
    fn out(&self, limit: &Limit) -> u64 {
        self.tallies.get(&limit.counter).map_or(0, Tally::sum)
    }

    /// The first line among the limits that do not let a class through.
    pub(super) fn exceeded<'c>(&self, class: &'c Class) -> Option<&'c Limit> {
        let extra = |limit: &Limit| match self.tallies.get(&limit.counter) {
            Some(tally) => tally.sum() + tally.extra(class.group.as_ref(), class.charge),
            None => class.charge.into(),
        };
        let exceeded = class.limits.iter().filter(|limit| extra(limit) > limit.cap.into());
        exceeded.min_by_key(|limit| limit.counter.rule)
    }

    pub(super) fn add(&mut self, class: &Class) {
        for limit in &class.limits {
            self.tallies.entry(limit.counter.clone()).or_default().add(class.group.clone(), class.charge);
        }
    }

    pub(super) fn remove(&mut self, class: &Class) {
        for Limit { counter, .. } in &class.limits {
            let Some(tally) = self.tallies.get_mut(counter) else { continue };
            tally.remove(class.group.as_ref(), class.charge);
            if tally.sum() == 0 {
                self.tallies.remove(counter);
            }
        }
    }

    /// The classes that may be blocked, or let through, when seats of this class go out or come back.
    fn watchers(&self, class: &Class) -> BTreeSet<Arc<Class>> {
        let watchers = class.limits.iter().filter_map(|limit| self.watchers.get(&limit.counter));
        watchers.flatten().cloned().collect()
    }

    fn watch(&mut self, class: &Arc<Class>, is_waited_in: bool) {
        for Limit { counter, .. } in &class.limits {
            if is_waited_in {
                self.watchers.entry(counter.clone()).or_default().insert(Arc::clone(class));
            } else if let Some(watchers) = self.watchers.get_mut(counter) {
                watchers.remove(class);
                if watchers.is_empty() {
                    self.watchers.remove(counter);
                }
            }
        }
    }

    #[cfg(debug_assertions)]
    pub(super) fn sums(&self) -> BTreeMap<Counter, u64> {
        self.tallies.iter().map(|(counter, tally)| (counter.clone(), tally.sum())).collect()
    }
}

impl Ledger {
    /// The class of a claim at a pool.
    pub(super) fn class(&self, pool: PoolIndex, claim: Claim<'_>, client: &Known<'_>) -> Class {
        let limits = self.policy.limits(client, pool.in_book());
        let stock = self.directory.stock(pool).filter(|_| !limits.is_empty());
        let group = stock.and_then(|stock| stock.group_of(claim.holder)).map(|key| (pool, key));
        Class { pool, limits, charge: stock.map_or(0, |stock| stock.charge(claim.seats)), group }
    }

    /// Those of these pools at which no limit blocks the claim; if there is none, why it is blocked at the first.
    pub(super) fn within_limits(
        &self,
        feature: &Feature,
        pools: &[PoolIndex],
        claim: Claim<'_>,
        client: &Known<'_>,
    ) -> Result<Vec<PoolIndex>, Why> {
        let (mut open, mut limited) = (Vec::new(), None);
        for pool in pools {
            let class = self.class(*pool, claim, client);
            match self.counters.exceeded(&class) {
                None => open.push(*pool),
                Some(limit) if limited.is_none() => {
                    limited = Some(self.limited(feature, client, &class, limit));
                }
                Some(_) => {}
            }
        }
        if open.is_empty() { limited.map_or(Ok(open), Err) } else { Ok(open) }
    }

    fn limited(&self, feature: &Feature, client: &Known<'_>, class: &Class, limit: &Limit) -> Why {
        let (asked, out, cap) = (class.charge, self.counters.out(limit), limit.cap);
        self.ruled(feature, client, Ruling::Limited { asked, out, cap }, limit.counter.rule)
    }

    /// The classes of a lease or ticket, one for each of its pools.
    pub(super) fn classes(&self, number: LeaseNumber, entry: &Entry) -> Vec<Arc<Class>> {
        let client = self.policy.recognise(entry.holder.client(entry.address));
        let class = |pool: &PoolIndex| Arc::new(self.class(*pool, entry.claim(number), &client));
        entry.pools().iter().map(class).collect()
    }

    /// Carries into the counters and the queues that a lease or ticket of these classes has come or gone. Gives the pools in
    /// which somebody may be next now who was not before.
    pub(super) fn recount_limits(
        &mut self,
        state: &State,
        classes: Vec<Arc<Class>>,
        count: impl Fn(&mut Counters, &Class),
    ) -> BTreeSet<PoolIndex> {
        let mut pools: BTreeSet<_> = classes.iter().map(|class| class.pool).collect();
        let changed: BTreeSet<_> = match state {
            State::Waiting { .. } => classes.into_iter().collect(),
            State::Held { .. } | State::Lingering { .. } => {
                classes.iter().for_each(|class| count(&mut self.counters, class));
                classes.iter().flat_map(|class| self.counters.watchers(class)).collect()
            }
        };
        pools.extend(changed.iter().map(|class| class.pool));
        for class in &changed {
            let is_open = self.counters.exceeded(class).is_none();
            let Some(stock) = self.directory.stock_mut(class.pool) else { continue };
            let is_waited_in = stock.refresh(class, is_open);
            self.counters.watch(class, is_waited_in);
        }
        pools
    }
}
