//! Which pools may serve a request at all, however many seats are free.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::directory::{Feature, FeatureIndex, PoolIndex};
use super::entry::{Entry, State};
use super::{Denial, End, Ledger, Machine, Ruling, Why};
use crate::host::allows_platform;
use crate::id::LeaseNumber;
use crate::licence::{Pool, PoolKey};
use crate::options::policy::{Judgement, Known, Refusal, RuleId};
use crate::version::Version;

/// The part of a request that decides which pools are eligible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) version: &'a Version,
    pub(super) seats: u32,
    pub(super) machine: &'a Machine,
    pub(super) client: &'a Known<'a>,
}

/// Why a pool may not serve a request, in the order in which it is checked: the later, the closer it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Obstacle {
    Version,
    Host,
    Platform,
    Size,
    Excluded(RuleId),
    NotIncluded(RuleId),
    /// A MAX line of so many seats, which are fewer than asked for.
    Limit(RuleId, u32),
}

impl Obstacle {
    /// How a ticket ends that waited and has met this at every pool since, if that is for the policy to say.
    pub(super) fn end(self) -> Option<End> {
        match self {
            Self::Version | Self::Host | Self::Platform | Self::Size => None,
            Self::Excluded(_) => Some(End::Excluded),
            Self::NotIncluded(_) => Some(End::NotIncluded),
            Self::Limit(..) => Some(End::Limited),
        }
    }
}

impl Ledger {
    /// The pools that may serve the wish, in the order in which they are tried.
    pub(super) fn eligible(&self, feature: FeatureIndex, wish: Wish<'_>) -> Box<[PoolIndex]> {
        let pools = self.directory.feature(feature).into_iter().flat_map(Feature::pools);
        pools.filter(|index| self.obstacle(*index, wish).is_none()).collect()
    }

    fn obstacle(&self, index: PoolIndex, wish: Wish<'_>) -> Option<Obstacle> {
        let (pool, stock) = (self.pool(index)?, self.directory.stock(index)?);
        if pool.version < *wish.version {
            Some(Obstacle::Version)
        } else if !runs_on_host(pool, wish.machine) {
            Some(Obstacle::Host)
        } else if !allows_platform(&pool.platforms, &wish.machine.platform) {
            Some(Obstacle::Platform)
        } else if !stock.could_ever_fit(wish.seats) {
            Some(Obstacle::Size)
        } else {
            match self.policy.judge(wish.client, index.in_book())? {
                Judgement::Refuse(Refusal::Excluded(rule)) => Some(Obstacle::Excluded(rule)),
                Judgement::Refuse(Refusal::NotIncluded(rule)) => Some(Obstacle::NotIncluded(rule)),
                Judgement::Allow(terms) => {
                    let low = terms.limits.iter().filter(|limit| limit.cap < stock.charge(wish.seats));
                    let first = low.min_by_key(|limit| limit.counter.rule)?;
                    Some(Obstacle::Limit(first.counter.rule, first.cap))
                }
            }
        }
    }

    /// What stands in the way at the pool that comes closest. `None` when the feature has no pool.
    fn closest(&self, feature: &Feature, wish: Wish<'_>) -> Option<(Obstacle, PoolIndex)> {
        let obstacles = feature.pools().filter_map(|index| Some((self.obstacle(index, wish)?, index)));
        obstacles.max_by_key(|(obstacle, _)| *obstacle)
    }

    /// How a ticket ends because the policy in force keeps every pool from it, and why.
    pub(super) fn refusal(&self, entry: &Entry) -> Option<(End, Denial)> {
        let State::Waiting { machine, .. } = &entry.state else { return None };
        let feature = self.directory.feature(entry.feature)?;
        let client = self.policy.recognise(entry.holder.client(entry.address));
        let wish = Wish { version: &entry.version, seats: entry.seats, machine, client: &client };
        let (obstacle, _) = self.closest(feature, wish)?;
        Some((obstacle.end()?, self.not_eligible(feature, wish)))
    }

    /// The pool to which a lease moves whose own is gone, if one has seats for it: whoever waits there has none yet to lose.
    ///
    /// Its client's machine is not known any more. So only a pool for the same machines will do: one that differs in
    /// nothing but the version, which comes first, or one that is for all machines.
    pub(super) fn refuge(&self, number: LeaseNumber, entry: &Entry) -> Option<&PoolKey> {
        let (State::Held { pool: gone, .. } | State::Lingering { pool: gone, .. }) = &entry.state else {
            return None;
        };
        let gone = &self.directory.stock(*gone)?.key;
        let pools = self.directory.feature(entry.feature)?.pools();
        let mut roomy = Vec::new();
        for (pool, stock) in pools.filter_map(|index| Some((self.pool(index)?, self.directory.stock(index)?)))
        {
            if pool.version >= entry.version && stock.has_room(entry.claim(number)) {
                roomy.push(pool);
            }
        }
        let is_for_all = |pool: &&&Pool| pool.hostids.is_empty() && pool.platforms.is_empty();
        let kin = roomy.iter().find(|pool| pool.key.is_kin(gone));
        kin.or_else(|| roomy.iter().find(is_for_all)).map(|pool| &pool.key)
    }

    /// What to say when no pool is eligible: the obstacle of the pool that came closest.
    pub(super) fn not_eligible(&self, feature: &Feature, wish: Wish<'_>) -> Denial {
        let name = || feature.name.clone();
        let pools = || feature.pools().filter_map(|index| self.pool(index));
        let Some((obstacle, index)) = self.closest(feature, wish) else {
            let absence = self.book.absent(&feature.name).first();
            return absence
                .map_or_else(|| Why::NoSuchFeature(name()), |it| Why::NotServed(it.clone()))
                .into();
        };
        let closest = self.pool(index);
        match obstacle {
            Obstacle::Version => Why::VersionTooHigh {
                feature: name(),
                asked: wish.version.clone(),
                highest: pools().map(|pool| &pool.version).max().unwrap_or(wish.version).clone(),
            },
            Obstacle::Host => Why::WrongHost {
                feature: name(),
                hostids: words(closest.map_or(&[], |pool| pool.hostids.as_slice())),
            },
            Obstacle::Platform => Why::WrongPlatform {
                feature: name(),
                platforms: words(closest.map_or(&[], |pool| pool.platforms.as_slice())),
            },
            Obstacle::Size => {
                Why::NeverEnough { feature: name(), asked: wish.seats, issued: self.largest(feature, wish) }
            }
            Obstacle::Excluded(rule) => self.ruled(feature, wish.client, Ruling::Excluded, rule),
            Obstacle::NotIncluded(rule) => self.ruled(feature, wish.client, Ruling::NotIncluded, rule),
            Obstacle::Limit(rule, cap) => {
                let asked = self.directory.stock(index).map_or(wish.seats, |stock| stock.charge(wish.seats));
                self.ruled(feature, wish.client, Ruling::Limited { asked, out: 0, cap }, rule)
            }
        }
        .into()
    }

    /// What to say when a rule of the policy in force decides.
    pub(super) fn ruled(&self, feature: &Feature, client: &Known<'_>, ruling: Ruling, rule: RuleId) -> Why {
        let rule = self.policy.rule(rule).cloned().unwrap_or_default();
        Why::Ruled { feature: feature.name.clone(), user: client.client().user.to_string(), ruling, rule }
    }

    /// The size of the largest pool that is only too small.
    fn largest(&self, feature: &Feature, wish: Wish<'_>) -> u64 {
        let small = feature.pools().filter(|index| self.obstacle(*index, wish) == Some(Obstacle::Size));
        small.filter_map(|index| self.directory.stock(index)?.capacity()).max().unwrap_or(0)
    }
}

fn runs_on_host(pool: &Pool, machine: &Machine) -> bool {
    pool.hostids.is_empty() || pool.hostids.iter().any(|id| id.matches(&machine.facts))
}

/// Words with blanks between them, as licence files write lists.
fn words<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
