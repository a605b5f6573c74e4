//! The compiled policy: what the options file means for each pool of a book, ready to be asked about any client.
//!
//! # What the ledger does with it
//! [`Policy::recognise`] finds once a request what the file calls a client; [`Policy::judge`] then tells for each pool
//! whether the client may have seats of it, and on which [`Terms`]:
//!
//! - [`PoolTerms`], the same for everybody: how many seats of the OVERDRAFT may be used, how long seats linger, when idle
//!   clients lose them, how they may be borrowed, and which seats are reserved. [`Policy::pool`] gives them without a
//!   client, because the size of a pool depends on them.
//! - [`Limit`]s: MAX lines. The ledger keeps a sum for each [`Counter`] and refuses (−87) what would lift it above the
//!   [`cap`](Limit::cap). A lease counts in all counters that `judge` gives for its holder, whatever was in force when it
//!   began; so after a reread the sums are made anew by judging all holders.
//! - Reservations: places in [`PoolTerms::reservations`] that the client may draw on, in this order and before the seats
//!   that are for all. Seats of the others, as far as they are unclaimed, are out of its reach (−101).
//!
//! A [`RuleId`] names the line to blame; [`Policy::rule`] has its file, number and text.
//!
//! # What it costs
//! Each name in the file is a number. A client is looked up by user, host, address (once for each shape of wildcards
//! that occurs), display and project; a pool has one row for each name that its rules mention, in the order of the
//! numbers. So a decision takes the names that the client goes by, with the groups that list it, times O(log n), and never
//! more than one pass over the rows: in a great many groups it costs some nanoseconds for each.

mod address;
mod by_name;
mod client;
mod compile;
mod names;
pub(in crate::options) mod pools;
mod rule;
mod table;
mod terms;

#[cfg(test)]
mod tests;

pub use client::{Client, Known};
pub use rule::{Refusal, Rule, RuleId};
pub use terms::{BorrowTerms, Counter, Limit, PoolTerms, Reservation, Terms, Whose};

use alloc::vec::Vec;

use names::Names;
use rule::admit;
use table::{Found, PoolRules, Table};

/// What an options file says of the pools of a book.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Rule>,
    names: Names,
    /// The rules for all features.
    everywhere: Table,
    /// By the places of the book's pools.
    pools: Vec<PoolRules>,
}

/// Permission and its terms are one value, so that nobody can forget to ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement<'p> {
    /// The client may have seats, as far as there are some.
    Allow(Terms<'p>),
    /// It may not, whatever is free.
    Refuse(Refusal),
}

impl Policy {
    /// What the options file calls this client.
    pub fn recognise<'c>(&self, client: Client<'c>) -> Known<'c> {
        Known { names: self.names.of_client(&client), client }
    }

    /// Whether the client may have seats of the pool at `pool` of the book, and on which terms. `None`: the book has no such
    /// pool.
    ///
    /// What comes first decides:
    ///
    /// | | | |
    /// |---|---|---|
    /// | 1 | an EXCLUDE or EXCLUDEALL names the client | refused (−38), whatever INCLUDE says |
    /// | 2 | there is an INCLUDE or INCLUDEALL, and none names the client | refused (−39) |
    /// | 3 | a MAX that applies is less than what is asked for | refused (−87): [`Terms::limits`], all of which must hold |
    /// | | a MAX that applies is reached | refused (−87) or queued |
    /// | 4 | only seats that are reserved for others are left | refused (−101) or queued: [`Terms::reservations`] |
    /// | 5 | no seat is left, with the OVERDRAFT that is allowed | refused (−4) or queued: [`PoolTerms::overdraft`] |
    ///
    /// The first two are decided here, the others by the ledger, which counts. A checkout that shares the seats of its
    /// DUP_GROUP takes none and passes what follows the first of 3.
    pub fn judge(&self, client: &Known<'_>, pool: usize) -> Option<Judgement<'_>> {
        let rules = self.pools.get(pool)?;
        let mut found = Found::default();
        found.add(&self.everywhere, client);
        found.add(&rules.table, client);
        let first = |left: Option<RuleId>, right: Option<RuleId>| left.into_iter().chain(right).min();
        let include = first(self.everywhere.first_include, rules.table.first_include);
        if let Err(refusal) = admit(&found.checkout, include) {
            return Some(Judgement::Refuse(refusal));
        }
        Some(Judgement::Allow(Terms {
            pool: &rules.terms,
            limits: rules.limits(client, |name| self.names.kind(name)),
            reservations: rules.reservations(client),
            may_borrow: admit(&found.borrow, rules.table.first_include_borrow),
        }))
    }

    /// What the options file says of the pool at `pool` of the book, whoever asks. `None`: the book has no such pool.
    pub fn pool(&self, pool: usize) -> Option<&PoolTerms> {
        Some(&self.pools.get(pool)?.terms)
    }

    /// The line that a rule stands on.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// The MAX lines that count the client's seats of the pool at `pool` of the book, whether or not it might have more; none
    /// when the book has no such pool.
    pub fn limits(&self, client: &Known<'_>, pool: usize) -> Vec<Limit> {
        let rules = self.pools.get(pool);
        rules.map_or_else(Vec::new, |rules| rules.limits(client, |name| self.names.kind(name)))
    }
}
