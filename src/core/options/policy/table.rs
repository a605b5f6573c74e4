//! What rules say of each name: one row a name, so that a client's names find its rules.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Known;
use super::by_name::ByName;
use super::names::NameId;
use super::rule::RuleId;
use super::terms::{Counter, Limit, PoolTerms, Reservation, Whose};
use crate::options::ast::Kind;

/// The rows of a pool, or of all pools.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: ByName<Row>,
    /// Rows that [`settle`](Self::settle) will put in their places.
    new: Vec<(NameId, Row)>,
    /// The first INCLUDE, for anybody.
    pub(super) first_include: Option<RuleId>,
    /// The first INCLUDE_BORROW, for anybody.
    pub(super) first_include_borrow: Option<RuleId>,
}

/// What rules say of one name; of several that say the same, the first.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Row {
    pub(super) checkout: Lists,
    pub(super) borrow: Lists,
    pub(super) max: Option<Cap>,
}

/// On which lists a client is, and by which rule.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Lists {
    pub(super) excluded: Option<RuleId>,
    pub(super) included: Option<RuleId>,
}

/// A MAX line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cap {
    pub(super) rule: RuleId,
    pub(super) seats: u32,
}

/// The rules of one pool.
#[derive(Debug)]
pub(super) struct PoolRules {
    /// The place in the book of its feature's first pool.
    pub(super) feature: usize,
    pub(super) table: Table,
    /// MAX lines for each of a kind.
    pub(super) max_each: BTreeMap<Kind, Cap>,
    pub(super) terms: PoolTerms,
    /// The places of the reservations of each name.
    pub(super) reserved: ByName<usize>,
    /// How many licensed seats are reserved for nobody yet.
    pub(super) unreserved: u32,
}

/// The lists on which a client was found by any of its names.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) checkout: Lists,
    pub(super) borrow: Lists,
}

impl Table {
    /// Takes in what the next rule says of a name.
    pub(super) fn add(&mut self, name: NameId, row: Row) {
        self.new.push((name, row));
    }

    /// After the last rule: makes one row of those of a name.
    pub(super) fn settle(&mut self) {
        self.rows = ByName::new(core::mem::take(&mut self.new), Row::add);
    }
}

impl Found {
    pub(super) fn add(&mut self, table: &Table, client: &Known<'_>) {
        for row in table.rows.of(&client.names).filter_map(|(_, row)| row) {
            self.checkout.add(&row.checkout);
            self.borrow.add(&row.borrow);
        }
    }
}

impl Row {
    fn add(&mut self, later: &Self) {
        self.checkout.add(&later.checkout);
        self.borrow.add(&later.borrow);
        self.max = self.max.or(later.max);
    }
}

impl Lists {
    pub(super) fn excluded(rule: RuleId) -> Self {
        Self { excluded: Some(rule), included: None }
    }

    pub(super) fn included(rule: RuleId) -> Self {
        Self { excluded: None, included: Some(rule) }
    }

    /// Keeps the earlier rule of each list.
    fn add(&mut self, other: &Self) {
        let first = |left: Option<RuleId>, right: Option<RuleId>| left.into_iter().chain(right).min();
        self.excluded = first(self.excluded, other.excluded);
        self.included = first(self.included, other.included);
    }
}

impl PoolRules {
    /// The MAX lines that apply to a client: for each of its names the line that mentions it, and lines for each user, host
    /// or group where none does.
    pub(super) fn limits(&self, client: &Known<'_>, kind: impl Fn(NameId) -> Option<Kind>) -> Vec<Limit> {
        let mut limits = Vec::new();
        let (mut has_user, mut has_host) = (false, false);
        for (name, row) in self.table.rows.of(&client.names) {
            let Some(kind) = kind(name) else { continue };
            let own = row.and_then(|row| row.max);
            let each = || {
                self.max_each.get(&kind).copied().filter(|_| matches!(kind, Kind::Group | Kind::HostGroup))
            };
            has_user |= kind == Kind::User && own.is_some();
            has_host |= kind == Kind::Host && own.is_some();
            limits.extend(own.or_else(each).map(|cap| self.limit(cap, Whose::Name(name))));
        }
        if let Some(cap) = self.max_each.get(&Kind::User).filter(|_| !has_user) {
            limits.push(self.limit(*cap, Whose::User(client.client.user.into())));
        }
        if let Some(cap) = self.max_each.get(&Kind::Host).filter(|_| !has_host) {
            limits.push(self.limit(*cap, Whose::Host(client.client.host.into())));
        }
        limits
    }

    /// The places of the reservations that are for a client.
    pub(super) fn reservations(&self, client: &Known<'_>) -> Vec<usize> {
        let mut places: Vec<_> =
            self.reserved.of(&client.names).filter_map(|(_, place)| place.copied()).collect();
        places.sort_unstable();
        places
    }

    /// Keeps seats for a name.
    pub(super) fn reserve(&mut self, seats: Reservation) {
        self.unreserved -= seats.seats;
        self.terms.reservations.push(seats);
    }

    /// After the last rule: brings everything in the order in which it is looked for. Reservations of one user, host,
    /// display, address or project come before those of groups: who has both should use his own.
    pub(super) fn settle(&mut self, kind: impl Fn(NameId) -> Option<Kind>) {
        self.table.settle();
        let reservations = &mut self.terms.reservations;
        reservations.sort_by_key(|it| (it.name, it.rule));
        reservations.dedup_by(|later, first| {
            let is_same = later.name == first.name;
            if is_same {
                first.seats += later.seats;
            }
            is_same
        });
        reservations
            .sort_by_key(|it| (matches!(kind(it.name), Some(Kind::Group | Kind::HostGroup)), it.rule));
        let places = reservations.iter().enumerate().map(|(place, it)| (it.name, place));
        self.reserved = ByName::new(places.collect(), |_, _| ());
    }

    fn limit(&self, cap: Cap, whose: Whose) -> Limit {
        let counter = Counter { rule: cap.rule, feature: self.feature, whose };
        Limit { counter, cap: cap.seats }
    }
}
