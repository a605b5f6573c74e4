//! Sums of seats in which whoever shares a seat counts it once.

use alloc::collections::BTreeMap;

/// Seats out. Leases of one `group` have out together what the largest of them takes; one without a group counts by itself.
#[derive(Debug, PartialEq)]
pub(super) struct Tally<G> {
    sum: u64,
    groups: BTreeMap<G, Charges>,
}

/// How many leases take so many seats.
#[derive(Debug, Default, PartialEq)]
struct Charges(BTreeMap<u32, u32>);

impl<G> Default for Tally<G> {
    fn default() -> Self {
        Self { sum: 0, groups: BTreeMap::new() }
    }
}

impl<G: Ord> Tally<G> {
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// The seats that the group has out.
    pub(super) fn shared(&self, group: &G) -> u32 {
        self.groups.get(group).map_or(0, Charges::largest)
    }

    /// What a lease of this charge would add to the sum.
    pub(super) fn extra(&self, group: Option<&G>, charge: u32) -> u64 {
        charge.saturating_sub(group.map_or(0, |group| self.shared(group))).into()
    }

    pub(super) fn add(&mut self, group: Option<G>, charge: u32) {
        self.sum += self.extra(group.as_ref(), charge);
        if let Some(group) = group {
            *self.groups.entry(group).or_default().0.entry(charge).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, group: Option<&G>, charge: u32) {
        let Some(group) = group else {
            self.sum -= u64::from(charge);
            return;
        };
        let Some(charges) = self.groups.get_mut(group) else { return };
        let before = charges.largest();
        charges.remove(charge);
        self.sum -= u64::from(before - charges.largest());
        if charges.0.is_empty() {
            self.groups.remove(group);
        }
    }
}

impl Charges {
    fn largest(&self) -> u32 {
        self.0.last_key_value().map_or(0, |(charge, _)| *charge)
    }

    fn remove(&mut self, charge: u32) {
        let Some(count) = self.0.get_mut(&charge) else { return };
        *count -= 1;
        if *count == 0 {
            self.0.remove(&charge);
        }
    }
}
