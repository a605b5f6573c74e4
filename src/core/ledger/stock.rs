//! The seats of one pool: how many are out, who shares one, who waits, and who is next.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use super::Holder;
use crate::id::LeaseNumber;
use crate::licence::ast::DupGroup;
use crate::licence::{Pool, PoolKey, Seats};
use crate::time::WallTime;

/// The live side of a [`Pool`]. It knows leases and tickets by their numbers only; every operation is O(log n).
#[derive(Debug, PartialEq)]
pub(super) struct Stock {
    pub(super) key: PoolKey,
    /// Licensed seats and overdraft together; `None`: as many as come.
    capacity: Option<u64>,
    minimum: u32,
    dup_group: DupGroup,
    out: u64,
    /// Held and lingering, the longest first.
    leases: BTreeSet<(WallTime, LeaseNumber)>,
    /// Waiting, in the order of arrival.
    queue: BTreeSet<LeaseNumber>,
    groups: BTreeMap<GroupKey, Group>,
    /// Of each group, the ticket that could share what the group has out already, if there is one.
    riders: BTreeSet<LeaseNumber>,
}

/// Who wants how much: what [`Stock`] has to know of a lease or ticket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) number: LeaseNumber,
    pub(super) holder: &'a Holder,
    /// As asked, before MINIMUM.
    pub(super) seats: u32,
}

impl Stock {
    pub(super) fn new(pool: &Pool) -> Self {
        let capacity = match pool.seats {
            Seats::Counted { total, overdraft } => Some(u64::from(total) + u64::from(overdraft)),
            Seats::Uncounted => None,
        };
        Self { capacity, minimum: pool.minimum, dup_group: pool.dup_group, ..Self::orphan(pool.key.clone()) }
    }

    /// A pool that is not in the book (any more): it has no seats, and whoever holds one is to be ended.
    pub(super) fn orphan(key: PoolKey) -> Self {
        Self {
            key,
            capacity: Some(0),
            minimum: 0,
            dup_group: DupGroup::None,
            out: 0,
            leases: BTreeSet::new(),
            queue: BTreeSet::new(),
            groups: BTreeMap::new(),
            riders: BTreeSet::new(),
        }
    }

    /// Licensed seats and overdraft together; `None`: as many as come.
    pub(super) fn capacity(&self) -> Option<u64> {
        self.capacity
    }

    /// Seats out.
    pub(super) fn out(&self) -> u64 {
        self.out
    }

    /// Seats that are not out, as far as they are counted.
    pub(super) fn free(&self) -> u64 {
        self.capacity.map_or(0, |capacity| capacity.saturating_sub(self.out))
    }

    /// Held and lingering leases, the longest first.
    pub(super) fn leases(&self) -> &BTreeSet<(WallTime, LeaseNumber)> {
        &self.leases
    }

    /// Waiting tickets in the order of arrival.
    pub(super) fn queue(&self) -> &BTreeSet<LeaseNumber> {
        &self.queue
    }

    /// What a request for so many seats takes here.
    pub(super) fn charge(&self, seats: u32) -> u32 {
        seats.max(self.minimum)
    }

    /// Whether the pool is large enough for so many seats, were they all free.
    pub(super) fn could_ever_fit(&self, seats: u32) -> bool {
        self.capacity.is_none_or(|capacity| u64::from(self.charge(seats)) <= capacity)
    }

    /// Whether somebody who comes now gets seats: they are free and nobody waits for them, or none is needed
    /// because the group has enough out already.
    pub(super) fn admits(&self, claim: Claim<'_>) -> bool {
        match self.extra(claim) {
            0 => true,
            extra => self.queue.is_empty() && self.has_free(extra),
        }
    }

    /// Whether there are seats for somebody who need not wait for his turn.
    pub(super) fn has_room(&self, claim: Claim<'_>) -> bool {
        self.has_free(self.extra(claim))
    }

    /// The ticket that may have seats now: one that needs no additional ones, else the head of the queue if they are free.
    /// `claim` finds the head's claim by its number.
    pub(super) fn next<'a>(
        &self,
        claim: impl FnOnce(LeaseNumber) -> Option<Claim<'a>>,
    ) -> Option<LeaseNumber> {
        if let Some(rider) = self.riders.first() {
            return Some(*rider);
        }
        let head = *self.queue.first()?;
        self.has_room(claim(head)?).then_some(head)
    }

    /// A lease begins.
    pub(super) fn lend(&mut self, since: WallTime, claim: Claim<'_>) {
        self.leases.insert((since, claim.number));
        let charge = self.charge(claim.seats);
        match GroupKey::of(self.dup_group, claim.holder) {
            None => self.out += u64::from(charge),
            Some(key) => self.regroup(key, |group| *group.members.entry(charge).or_default() += 1),
        }
    }

    /// A lease ends.
    pub(super) fn take_back(&mut self, since: WallTime, claim: Claim<'_>) {
        self.leases.remove(&(since, claim.number));
        let charge = self.charge(claim.seats);
        match GroupKey::of(self.dup_group, claim.holder) {
            None => self.out -= u64::from(charge),
            Some(key) => self.regroup(key, |group| group.leave(charge)),
        }
    }

    /// A ticket begins to wait.
    pub(super) fn line_up(&mut self, claim: Claim<'_>) {
        self.queue.insert(claim.number);
        let place = (self.charge(claim.seats), claim.number);
        if let Some(key) = GroupKey::of(self.dup_group, claim.holder) {
            self.regroup(key, |group| _ = group.waiting.insert(place));
        }
    }

    /// A ticket waits no longer.
    pub(super) fn step_out(&mut self, claim: Claim<'_>) {
        self.queue.remove(&claim.number);
        let place = (self.charge(claim.seats), claim.number);
        if let Some(key) = GroupKey::of(self.dup_group, claim.holder) {
            self.regroup(key, |group| _ = group.waiting.remove(&place));
        }
    }

    /// How many seats this claim would add to those that are out.
    fn extra(&self, claim: Claim<'_>) -> u64 {
        let shared = GroupKey::of(self.dup_group, claim.holder)
            .and_then(|key| self.groups.get(&key))
            .map_or(0, Group::seats);
        u64::from(self.charge(claim.seats).saturating_sub(shared))
    }

    fn has_free(&self, seats: u64) -> bool {
        self.capacity.is_none_or(|capacity| self.out + seats <= capacity)
    }

    /// Changes a group and carries the consequences into `out` and `riders`.
    fn regroup(&mut self, key: GroupKey, change: impl FnOnce(&mut Group)) {
        let mut group = self.groups.remove(&key).unwrap_or_default();
        self.out -= u64::from(group.seats());
        if let Some(rider) = group.rider() {
            self.riders.remove(&rider);
        }
        change(&mut group);
        self.out += u64::from(group.seats());
        self.riders.extend(group.rider());
        if !group.members.is_empty() || !group.waiting.is_empty() {
            self.groups.insert(key, group);
        }
    }
}

/// What the members of a group have in common; what DUP_GROUP does not name is empty.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    user: Box<str>,
    host: Box<str>,
    display: Box<str>,
    data: Box<str>,
}

impl GroupKey {
    fn of(dup_group: DupGroup, holder: &Holder) -> Option<Self> {
        let (user, host, display, vendor) = match dup_group {
            DupGroup::None => return None,
            DupGroup::Site => (false, false, false, false),
            DupGroup::By { user, host, display, vendor } => (user, host, display, vendor),
        };
        let named = |counts: bool, text: &str| if counts { text.into() } else { Box::default() };
        Some(Self {
            user: named(user, &holder.user),
            host: named(host, &holder.host),
            display: named(display, &holder.display),
            data: named(vendor, &holder.data),
        })
    }
}

/// Checkouts that share seats: together they have out what the largest of them takes.
#[derive(Debug, Default, PartialEq)]
struct Group {
    /// How many leases take so many seats.
    members: BTreeMap<u32, u32>,
    /// Tickets, the most modest first.
    waiting: BTreeSet<(u32, LeaseNumber)>,
}

impl Group {
    fn seats(&self) -> u32 {
        self.members.last_key_value().map_or(0, |(seats, _)| *seats)
    }

    /// The ticket that would get along with what the group has out already.
    fn rider(&self) -> Option<LeaseNumber> {
        self.waiting.first().filter(|(seats, _)| *seats <= self.seats()).map(|(_, number)| *number)
    }

    fn leave(&mut self, charge: u32) {
        let Some(count) = self.members.get_mut(&charge) else { return };
        *count -= 1;
        if *count == 0 {
            self.members.remove(&charge);
        }
    }
}
