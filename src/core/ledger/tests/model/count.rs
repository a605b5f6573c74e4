//! The model's arithmetic: every question is a scan over all leases.

use std::string::ToString;
use std::vec::Vec;

use super::{Life, Model, Phase};
use crate::id::LeaseNumber;
use crate::ledger::Request;
use crate::licence::ast::DupGroup;
use crate::licence::{Pool, PoolKey, Seats};
use crate::time::LeaseTime;

impl Model {
    pub(super) fn is_orphan(&self, life: &Life) -> bool {
        match &life.phase {
            Phase::Waiting => self.eligible(life).is_empty(),
            Phase::Held(key) | Phase::Lingering(key) => self.pool(key).is_none(),
        }
    }

    /// Where a lease goes whose pool is gone.
    pub(super) fn refuge(&self, life: &Life) -> Option<&Pool> {
        let (Phase::Held(gone) | Phase::Lingering(gone)) = &life.phase else { return None };
        let family = |key: &PoolKey| key.0.split('-').next().unwrap().to_string();
        let renewed = |pool: &&Pool| family(&pool.key) == family(gone);
        let for_all = |pool: &&Pool| pool.hostids.is_empty() && pool.platforms.is_empty();
        let has_seats = |pool: &Pool| match pool.seats {
            Seats::Counted { total, overdraft } => {
                self.out(pool) + self.extra(life, pool) <= u64::from(total + overdraft)
            }
            Seats::Uncounted => true,
        };
        let pools = || {
            let pools = self.book.pools().iter().filter(|pool| pool.feature == life.feature);
            pools.filter(|pool| pool.version >= life.version && has_seats(pool))
        };
        pools().find(renewed).or_else(|| pools().find(for_all))
    }

    pub(super) fn pool(&self, key: &PoolKey) -> Option<&Pool> {
        self.book.pools().iter().find(|pool| pool.key == *key)
    }

    pub(super) fn eligible(&self, life: &Life) -> Vec<&Pool> {
        let licensed = self.licensed(life).into_iter();
        licensed.filter(|pool| self.refusal(life, pool).is_none()).collect()
    }

    /// The pools that may serve it but for the options file.
    pub(super) fn licensed(&self, life: &Life) -> Vec<&Pool> {
        let fits = |pool: &Pool| match pool.seats {
            Seats::Counted { total, overdraft } => life.seats.max(pool.minimum) <= total + overdraft,
            Seats::Uncounted => true,
        };
        let pools = self.book.pools().iter().filter(|pool| pool.feature == life.feature);
        let pools = pools.filter(|pool| pool.version >= life.version && fits(pool));
        pools.filter(|pool| life.has_host_of(pool) && life.has_platform_of(pool)).collect()
    }

    /// Whether it takes nothing from anybody, or no MAX line blocks it and it is the first of whom that is so, and there are
    /// seats.
    pub(super) fn may_have(&self, life: &Life, pool: &Pool) -> bool {
        let extra = self.extra(life, pool);
        let free = match pool.seats {
            Seats::Counted { total, overdraft } => {
                self.out(pool) + extra <= u64::from(total) + u64::from(overdraft)
            }
            Seats::Uncounted => true,
        };
        let passes = || self.waits_before(life, pool).iter().all(|it| self.is_blocked(it, pool));
        extra == 0 || free && passes() && !self.is_blocked(life, pool)
    }

    /// Who waits for the pool and came before.
    pub(super) fn waits_before(&self, life: &Life, pool: &Pool) -> Vec<&Life> {
        let waits = |it: &&Life| it.phase == Phase::Waiting && it.number < life.number;
        let for_it = |it: &&Life| self.eligible(it).iter().any(|other| other.key == pool.key);
        self.lives.values().filter(waits).filter(for_it).collect()
    }

    fn holders(&self, pool: &Pool) -> Vec<&Life> {
        let holds = |life: &&Life| match &life.phase {
            Phase::Waiting => false,
            Phase::Held(key) | Phase::Lingering(key) => *key == pool.key,
        };
        self.lives.values().filter(holds).collect()
    }

    /// Seats out: of each group the largest.
    pub(in crate::ledger::tests) fn out(&self, pool: &Pool) -> u64 {
        let mut groups: Vec<(&Life, u32)> = Vec::new();
        for life in self.holders(pool) {
            let charge = life.seats.max(pool.minimum);
            match groups.iter_mut().find(|(mate, _)| mate.shares_with(life, pool.dup_group)) {
                Some((_, seats)) => *seats = charge.max(*seats),
                None => groups.push((life, charge)),
            }
        }
        groups.iter().map(|(_, seats)| u64::from(*seats)).sum()
    }

    pub(super) fn extra(&self, life: &Life, pool: &Pool) -> u64 {
        let mates = self.holders(pool).into_iter().filter(|it| it.shares_with(life, pool.dup_group));
        let shared = mates.map(|it| it.seats.max(pool.minimum)).max().unwrap_or(0);
        u64::from(life.seats.max(pool.minimum).saturating_sub(shared))
    }
}

impl Life {
    /// As it would be if it came last.
    pub(in crate::ledger::tests) fn of(request: &Request) -> Self {
        Self {
            number: LeaseNumber(u64::MAX),
            epoch: 0,
            holder: request.holder.clone(),
            address: request.address,
            feature: request.feature.clone(),
            version: request.version.clone(),
            seats: request.seats,
            machine: request.machine.clone(),
            phase: Phase::Waiting,
            deadline: LeaseTime(u64::MAX),
            broken: false,
        }
    }

    pub(super) fn has_host_of(&self, pool: &Pool) -> bool {
        pool.hostids.is_empty() || pool.hostids.iter().any(|id| id.matches(&self.machine.facts))
    }

    pub(super) fn has_platform_of(&self, pool: &Pool) -> bool {
        pool.platforms.is_empty() || pool.platforms.contains(&self.machine.platform)
    }

    pub(super) fn shares_with(&self, other: &Self, dup_group: DupGroup) -> bool {
        match dup_group {
            DupGroup::None => false,
            DupGroup::Site => true,
            DupGroup::By { user, host, display, vendor } => {
                (!user || self.holder.user == other.holder.user)
                    && (!host || self.holder.host == other.holder.host)
                    && (!display || self.holder.display == other.holder.display)
                    && (!vendor || self.holder.data == other.holder.data)
            }
        }
    }
}
