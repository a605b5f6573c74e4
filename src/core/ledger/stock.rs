//! The seats of one pool: how many are out, who shares one, who waits, and who is next.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;

use super::Holder;
use super::limits::Class;
use super::tally::Tally;
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
    out: Tally<GroupKey>,
    /// Held and lingering, the longest first.
    leases: BTreeSet<(WallTime, LeaseNumber)>,
    /// Waiting, in the order of arrival.
    queue: BTreeSet<LeaseNumber>,
    /// The same tickets, by what their limits look at.
    classes: BTreeMap<Arc<Class>, Waiters>,
    /// Of each class whose limits let it through, the first ticket. The first of them is the head of the queue.
    ready: BTreeSet<LeaseNumber>,
    /// The tickets of each group, the most modest first.
    waiting: BTreeMap<GroupKey, BTreeSet<(u32, LeaseNumber)>>,
    /// Of each group, the ticket that could share what the group has out already, if there is one.
    riders: BTreeSet<LeaseNumber>,
}

/// The tickets of a class.
#[derive(Debug, Default, PartialEq)]
struct Waiters {
    tickets: BTreeSet<LeaseNumber>,
    /// The first, if the limits let it through.
    ready: Option<LeaseNumber>,
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
            out: Tally::default(),
            leases: BTreeSet::new(),
            queue: BTreeSet::new(),
            classes: BTreeMap::new(),
            ready: BTreeSet::new(),
            waiting: BTreeMap::new(),
            riders: BTreeSet::new(),
        }
    }

    /// Licensed seats and overdraft together; `None`: as many as come.
    pub(super) fn capacity(&self) -> Option<u64> {
        self.capacity
    }

    /// Seats out.
    pub(super) fn out(&self) -> u64 {
        self.out.sum()
    }

    /// Seats that are not out, as far as they are counted.
    pub(super) fn free(&self) -> u64 {
        self.capacity.map_or(0, |capacity| capacity.saturating_sub(self.out()))
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

    /// Whether somebody whose limits let him through gets seats when he comes now: they are free and nobody waits for them
    /// but those whom limits block.
    pub(super) fn admits(&self, claim: Claim<'_>) -> bool {
        self.ready.is_empty() && self.has_room(claim)
    }

    /// Whether there are seats for somebody who need not wait for his turn.
    pub(super) fn has_room(&self, claim: Claim<'_>) -> bool {
        self.has_free(self.extra(claim))
    }

    /// The ticket that may have seats now: one that needs no additional ones, else the first that no limit blocks if they are
    /// free.
    /// `claim` finds the head's claim by its number.
    pub(super) fn next<'a>(
        &self,
        claim: impl FnOnce(LeaseNumber) -> Option<Claim<'a>>,
    ) -> Option<LeaseNumber> {
        if let Some(rider) = self.riders.first() {
            return Some(*rider);
        }
        let head = *self.ready.first()?;
        self.has_room(claim(head)?).then_some(head)
    }

    /// A lease begins.
    pub(super) fn lend(&mut self, since: WallTime, claim: Claim<'_>) {
        self.leases.insert((since, claim.number));
        let charge = self.charge(claim.seats);
        match self.group_of(claim.holder) {
            None => self.out.add(None, charge),
            Some(key) => self.regroup(&key, |stock| stock.out.add(Some(key.clone()), charge)),
        }
    }

    /// A lease ends.
    pub(super) fn take_back(&mut self, since: WallTime, claim: Claim<'_>) {
        self.leases.remove(&(since, claim.number));
        let charge = self.charge(claim.seats);
        match self.group_of(claim.holder) {
            None => self.out.remove(None, charge),
            Some(key) => self.regroup(&key, |stock| stock.out.remove(Some(&key), charge)),
        }
    }

    /// A ticket begins to wait; [`refresh`](Self::refresh) has to follow.
    pub(super) fn line_up(&mut self, claim: Claim<'_>, class: &Arc<Class>) {
        self.queue.insert(claim.number);
        self.classes.entry(Arc::clone(class)).or_default().tickets.insert(claim.number);
        let place = (self.charge(claim.seats), claim.number);
        if let Some(key) = self.group_of(claim.holder) {
            let line_up = |stock: &mut Self| {
                stock.waiting.entry(key.clone()).or_default().insert(place);
            };
            self.regroup(&key, line_up);
        }
    }

    /// A ticket waits no longer; [`refresh`](Self::refresh) has to follow.
    pub(super) fn step_out(&mut self, claim: Claim<'_>, class: &Arc<Class>) {
        self.queue.remove(&claim.number);
        if let Some(waiters) = self.classes.get_mut(class) {
            waiters.tickets.remove(&claim.number);
        }
        let place = (self.charge(claim.seats), claim.number);
        if let Some(key) = self.group_of(claim.holder) {
            self.regroup(&key, |stock| stock.step_out_of(&key, place));
        }
    }

    /// Notes who is first of a class, and whether its limits let it through. `false`: nobody of the class waits any more.
    pub(super) fn refresh(&mut self, class: &Arc<Class>, is_open: bool) -> bool {
        let Some(waiters) = self.classes.get_mut(class) else { return false };
        if let Some(before) = waiters.ready.take() {
            self.ready.remove(&before);
        }
        waiters.ready = waiters.tickets.first().copied().filter(|_| is_open);
        self.ready.extend(waiters.ready);
        let is_empty = waiters.tickets.is_empty();
        if is_empty {
            self.classes.remove(class);
        }
        !is_empty
    }

    /// Whose seats a lease of this holder shares.
    pub(super) fn group_of(&self, holder: &Holder) -> Option<GroupKey> {
        GroupKey::of(self.dup_group, holder)
    }

    /// How many seats this claim would add to those that are out.
    pub(super) fn extra(&self, claim: Claim<'_>) -> u64 {
        self.out.extra(self.group_of(claim.holder).as_ref(), self.charge(claim.seats))
    }

    fn has_free(&self, seats: u64) -> bool {
        self.capacity.is_none_or(|capacity| self.out() + seats <= capacity)
    }

    fn step_out_of(&mut self, key: &GroupKey, place: (u32, LeaseNumber)) {
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        waiting.remove(&place);
        if waiting.is_empty() {
            self.waiting.remove(key);
        }
    }

    /// Changes a group and carries the consequences into `riders`.
    fn regroup(&mut self, key: &GroupKey, change: impl FnOnce(&mut Self)) {
        if let Some(rider) = self.rider(key) {
            self.riders.remove(&rider);
        }
        change(self);
        self.riders.extend(self.rider(key));
    }

    /// The ticket that would get along with what the group has out already.
    fn rider(&self, key: &GroupKey) -> Option<LeaseNumber> {
        let (seats, number) = self.waiting.get(key)?.first()?;
        (*seats <= self.out.shared(key)).then_some(*number)
    }
}

/// What the members of a group have in common; what DUP_GROUP does not name is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
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
