//! Debug builds count everything anew that `apply` keeps, by looking at all leases, and compare.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Ledger;
use super::entry::{Entry, State};
use super::stock::Stock;
use crate::id::LeaseNumber;
use crate::licence::ast::DupGroup;
use crate::licence::{Pool, Seats};
use crate::options::policy::{Counter, Limit};

/// Larger ledgers are not recounted, so that debug builds stay usable.
const SMALL: usize = 64;

impl Ledger {
    /// Panics when an index is not what the leases say, if that is quickly seen.
    pub(super) fn recount_if_small(&self) {
        if self.entries.len() + self.directory.stocks().len() <= SMALL {
            self.recount();
        }
    }

    fn recount(&self) {
        let numbers: BTreeMap<_, _> =
            self.entries.iter().map(|(number, it)| (it.checkout, *number)).collect();
        assert_eq!(numbers, self.numbers, "the numbers of the checkouts");
        let deadlines: BTreeSet<_> = self.entries.iter().map(|(number, it)| (it.deadline, *number)).collect();
        assert_eq!(deadlines, self.deadlines, "the deadlines");
        let served = self.book.pools().len();
        let doomed: BTreeSet<_> =
            self.numbers_where(|it| it.pools().iter().all(|pool| pool.in_book() >= served)).collect();
        assert_eq!(doomed, self.doomed, "those without a pool");
        assert!(self.entries.keys().all(|number| *number < self.next), "the next number is in use");
        let tickets: BTreeSet<_> =
            self.numbers_where(|it| matches!(it.state, State::Waiting { .. })).collect();
        assert_eq!(tickets.len(), self.waiting, "how many tickets there are");
        let told = self.directory.features().iter().flat_map(|feature| feature.tickets.iter().copied());
        assert_eq!(tickets, told.collect(), "the tickets of the features");
        self.recount_counters();
        for (stock, place) in self.directory.stocks().iter().zip(0..) {
            self.recount_pool(stock, place, self.book.pools().get(place));
        }
    }

    fn recount_pool(&self, stock: &Stock, place: usize, pool: Option<&Pool>) {
        let (mut lent, mut waiting) = (Vec::new(), Vec::new());
        for (number, entry) in &self.entries {
            if entry.pools().iter().any(|pool| pool.in_book() == place) {
                match entry.state {
                    State::Waiting { .. } => waiting.push((*number, entry)),
                    State::Held { .. } | State::Lingering { .. } => lent.push((*number, entry)),
                }
            }
        }
        let charge = |entry: &Entry| u64::from(entry.seats.max(pool.map_or(0, |pool| pool.minimum)));
        let dup_group = pool.map_or(DupGroup::None, |pool| pool.dup_group);
        let shared = |entry: &Entry| {
            let mates = lent.iter().filter(|(_, other)| share(dup_group, entry, other));
            mates.map(|(_, other)| charge(other)).max().unwrap_or(0)
        };
        // Of each group, the largest lease stands for all; among equals the one with the highest number.
        let stands_for_group = |(number, entry): &&(LeaseNumber, &Entry)| {
            let mates = lent.iter().filter(|(_, other)| share(dup_group, entry, other));
            mates.clone().all(|(other, it)| (charge(it), other) <= (charge(entry), number))
        };
        let out: u64 = lent.iter().filter(stands_for_group).map(|(_, entry)| charge(entry)).sum();
        assert_eq!(stock.out(), out, "the seats out of pool {place}");
        let leases: BTreeSet<_> = lent.iter().map(|(number, entry)| (entry.since, *number)).collect();
        assert_eq!(*stock.leases(), leases, "the leases of pool {place}");
        let queue: BTreeSet<_> = waiting.iter().map(|(number, _)| *number).collect();
        assert_eq!(*stock.queue(), queue, "the queue of pool {place}");

        let capacity = match pool.map(|pool| pool.seats) {
            Some(Seats::Counted { total, overdraft }) => u64::from(total) + u64::from(overdraft),
            Some(Seats::Uncounted) => u64::MAX,
            None => 0,
        };
        let rides = waiting.iter().any(|(_, entry)| charge(entry) <= shared(entry));
        let head = waiting.iter().find(|(_, entry)| !self.is_blocked(place, entry));
        let fits = head.is_some_and(|(_, head)| out + charge(head) - shared(head) <= capacity);
        let ripe = self.ripe.iter().any(|pool| pool.in_book() == place);
        assert_eq!(ripe, rides || fits, "whether somebody may be promoted in pool {place}");
    }

    /// All leases, with the place of the pool and the MAX lines that count them there.
    fn counted(&self) -> Vec<(usize, &Entry, Vec<Limit>)> {
        let lent = self.entries.values().filter(|entry| !matches!(entry.state, State::Waiting { .. }));
        let counted = lent.flat_map(|entry| entry.pools().iter().map(move |pool| (pool.in_book(), entry)));
        counted.map(|(place, entry)| (place, entry, self.limits_of(place, entry))).collect()
    }

    fn limits_of(&self, place: usize, entry: &Entry) -> Vec<Limit> {
        self.policy.limits(&self.policy.recognise(entry.holder.client(entry.address)), place)
    }

    /// The seats that a counter counts; those of `newcomer` with them, if there is one.
    fn count(&self, counter: &Counter, newcomer: Option<(usize, &Entry)>) -> u64 {
        let mut sharers: Vec<(usize, &Entry, u64)> = Vec::new();
        let all =
            self.counted().into_iter().filter(|(.., limits)| limits.iter().any(|it| it.counter == *counter));
        for (place, entry) in all.map(|(place, entry, _)| (place, entry)).chain(newcomer) {
            let Some(pool) = self.book.pools().get(place) else { continue };
            let charge = u64::from(entry.seats.max(pool.minimum));
            let is_mate = |(own, mate, _): &&mut (usize, &Entry, u64)| {
                *own == place && share(pool.dup_group, entry, mate)
            };
            match sharers.iter_mut().find(is_mate) {
                Some((.., seats)) => *seats = charge.max(*seats),
                None => sharers.push((place, entry, charge)),
            }
        }
        sharers.iter().map(|(.., seats)| seats).sum()
    }

    fn recount_counters(&self) {
        let counters = self.counted().into_iter().flat_map(|(.., limits)| limits);
        let counters: BTreeSet<_> = counters.map(|limit| limit.counter).collect();
        let sums = counters.into_iter().map(|counter| (counter.clone(), self.count(&counter, None)));
        assert_eq!(sums.collect::<BTreeMap<_, _>>(), self.counters.sums(), "the counters of MAX lines");
    }

    fn is_blocked(&self, place: usize, entry: &Entry) -> bool {
        let limits = self.limits_of(place, entry);
        limits.iter().any(|limit| self.count(&limit.counter, Some((place, entry))) > limit.cap.into())
    }

    fn numbers_where(&self, is: impl Fn(&Entry) -> bool) -> impl Iterator<Item = LeaseNumber> {
        self.entries.iter().filter(move |(_, entry)| is(entry)).map(|(number, _)| *number)
    }
}

/// Whether two leases share their seats; each does with itself, which makes no difference.
fn share(dup_group: DupGroup, one: &Entry, other: &Entry) -> bool {
    let (one_holder, other_holder) = (&one.holder, &other.holder);
    match dup_group {
        DupGroup::None => one.checkout == other.checkout,
        DupGroup::Site => true,
        DupGroup::By { user, host, display, vendor } => {
            (!user || one_holder.user == other_holder.user)
                && (!host || one_holder.host == other_holder.host)
                && (!display || one_holder.display == other_holder.display)
                && (!vendor || one_holder.data == other_holder.data)
        }
    }
}
