//! Options and a book to a policy.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use super::Policy;
use super::by_name::ByName;
use super::names::{NameId, Names};
use super::pools::Pools;
use super::rule::{Rule, RuleId};
use super::table::{Cap, Lists, PoolRules, Row, Table};
use super::terms::{BorrowTerms, PoolTerms, Reservation};
use crate::licence::{Book, Pool, Seats};
use crate::options::Options;
use crate::options::ast::{Name, Scope, Selector, Statement, Who};
use crate::text::Source;

impl Policy {
    /// Compiles an options file for the pools of `book`. `source` is the text that `options` were read from. Rules for
    /// features that the book does not have are left out, and a rule for a package is one for each of its components.
    pub fn compile(source: &Source, options: &Options, book: &Book) -> Self {
        let mut compiler = Compiler {
            names: Names::of(options),
            everywhere: Table::default(),
            pools: book.pools().iter().map(|pool| without_rules(book, pool)).collect(),
            book,
            selection: Pools::of(book),
        };
        let mut rules = Vec::new();
        for statement in &options.statements {
            let id = RuleId(u32::try_from(rules.len()).unwrap_or(u32::MAX));
            if compiler.take(id, &statement.node) {
                rules.push(Rule::new(source, statement));
            }
        }
        let Compiler { names, mut everywhere, mut pools, .. } = compiler;
        everywhere.settle();
        pools.iter_mut().for_each(|pool| pool.settle(|name| names.kind(name)));
        Self { rules, names, everywhere, pools }
    }

    /// The policy of a vendor without an options file: everybody may have everything.
    pub fn open(book: &Book) -> Self {
        Self::compile(&Source::new("", ""), &Options::default(), book)
    }
}

struct Compiler<'b> {
    names: Names,
    everywhere: Table,
    pools: Vec<PoolRules>,
    book: &'b Book,
    selection: Pools<'b>,
}

impl Compiler<'_> {
    /// Puts a statement where it belongs. `false`: it is no rule on pools.
    fn take(&mut self, rule: RuleId, statement: &Statement) -> bool {
        match statement {
            Statement::Exclude(scope, who) => self.list(scope, who, |table, name| {
                table.add(name, Row { checkout: Lists::excluded(rule), ..Row::default() });
            }),
            Statement::Include(scope, who) => self.list(scope, who, |table, name| {
                table.first_include.get_or_insert(rule);
                table.add(name, Row { checkout: Lists::included(rule), ..Row::default() });
            }),
            Statement::ExcludeBorrow(feature, who) => self.list_of(feature, who, |table, name| {
                table.add(name, Row { borrow: Lists::excluded(rule), ..Row::default() });
            }),
            Statement::IncludeBorrow(feature, who) => self.list_of(feature, who, |table, name| {
                table.first_include_borrow.get_or_insert(rule);
                table.add(name, Row { borrow: Lists::included(rule), ..Row::default() });
            }),
            Statement::Max(seats, feature, who) => {
                self.max(feature, who, Cap { rule, seats: seats.node });
            }
            Statement::Reserve(seats, feature, who) => self.reserve(rule, seats.node, feature, who),
            Statement::MaxOverdraft(feature, seats) => self.each(feature, |pool, terms| {
                terms.overdraft = overdraft(pool).min(seats.node);
            }),
            Statement::Linger(feature, seconds) => self.each(feature, |pool, terms| {
                terms.linger = pool.linger.max(Duration::from_secs(seconds.node.into()));
            }),
            Statement::BorrowLowwater(feature, seats) => self.each(feature, |_, terms| {
                terms.borrow =
                    terms.borrow.map(|it| BorrowTerms { low_water: Some((seats.node, rule)), ..it });
            }),
            Statement::MaxBorrowHours(feature, hours) => self.each(feature, |pool, terms| {
                let shorter = pool.borrow.filter(|licensed| hours.node < *licensed).map(|_| rule);
                let hours = hours.node.min(pool.borrow.unwrap_or_default());
                terms.borrow = terms.borrow.map(|it| BorrowTerms { hours, hours_rule: shorter, ..it });
            }),
            Statement::Timeout(scope, seconds) => self.timeout(scope, seconds.node),
            Statement::Group(_)
            | Statement::HostGroup(_)
            | Statement::GroupCaseInsensitive(_)
            | Statement::FqdnMatching(_)
            | Statement::MaxConnections(_)
            | Statement::NoLog(_)
            | Statement::DebugLog(_)
            | Statement::ReportLog(_)
            | Statement::AutomaticReread(_)
            | Statement::SelectTimeout(_)
            | Statement::TrustedStorage(_) => return false,
        }
        true
    }

    fn name(&self, who: &Who) -> Option<NameId> {
        match &who.name.node {
            Name::All => None,
            Name::Is(name) => self.names.get(who.kind, name),
        }
    }

    fn list(&mut self, scope: &Scope, who: &Who, change: impl Fn(&mut Table, NameId)) {
        match scope {
            Scope::Of(feature) => self.list_of(feature, who, change),
            Scope::All => {
                if let Some(name) = self.name(who) {
                    change(&mut self.everywhere, name);
                }
            }
        }
    }

    fn list_of(&mut self, feature: &Selector, who: &Who, change: impl Fn(&mut Table, NameId)) {
        let Some(name) = self.name(who) else { return };
        for place in self.selection.select(feature) {
            if let Some(pool) = self.pools.get_mut(place) {
                change(&mut pool.table, name);
            }
        }
    }

    /// The first line for a name counts, and none behind one for all of its kind.
    fn max(&mut self, feature: &Selector, who: &Who, cap: Cap) {
        let name = self.name(who);
        for place in self.selection.select(feature) {
            let Some(pool) = self.pools.get_mut(place) else { continue };
            match name {
                None => _ = pool.max_each.entry(who.kind).or_insert(cap),
                Some(_) if pool.max_each.contains_key(&who.kind) => {}
                Some(name) => pool.table.add(name, Row { max: Some(cap), ..Row::default() }),
            }
        }
    }

    /// Takes so many seats of each feature from its pools in the order in which they are tried, as far as they go. The order
    /// matters only for a line that is not narrowed to one pool.
    fn reserve(&mut self, rule: RuleId, seats: u32, feature: &Selector, who: &Who) {
        let Some(name) = self.name(who) else { return };
        let mut left: BTreeMap<usize, u32> = BTreeMap::new();
        for place in self.selection.select(feature) {
            let Some(pool) = self.pools.get_mut(place) else { continue };
            let left = left.entry(pool.feature).or_insert(seats);
            let taken = (*left).min(pool.unreserved);
            *left -= taken;
            if taken > 0 {
                pool.reserve(Reservation { seats: taken, rule, name });
            }
        }
    }

    /// The last line counts.
    fn each(&mut self, feature: &Selector, change: impl Fn(&Pool, &mut PoolTerms)) {
        for place in self.selection.select(feature) {
            if let (Some(rules), Some(pool)) = (self.pools.get_mut(place), self.book.pool(place)) {
                change(pool, &mut rules.terms);
            }
        }
    }

    fn timeout(&mut self, scope: &Scope, seconds: u32) {
        let timeout = Some(Duration::from_secs(seconds.into()).max(PoolTerms::SHORTEST_TIMEOUT));
        match scope {
            Scope::All => self.pools.iter_mut().for_each(|pool| pool.terms.timeout = timeout),
            Scope::Of(feature) => self.each(feature, |_, terms| terms.timeout = timeout),
        }
    }
}

fn without_rules(book: &Book, pool: &Pool) -> PoolRules {
    let borrow = pool.borrow.map(|hours| BorrowTerms { hours, hours_rule: None, low_water: None });
    PoolRules {
        feature: book.find(&pool.feature).start,
        table: Table::default(),
        max_each: BTreeMap::new(),
        terms: PoolTerms {
            overdraft: overdraft(pool),
            linger: pool.linger,
            timeout: None,
            borrow,
            reservations: Vec::new(),
        },
        reserved: ByName::default(),
        unreserved: licensed(pool),
    }
}

fn overdraft(pool: &Pool) -> u32 {
    match pool.seats {
        Seats::Counted { overdraft, .. } => overdraft,
        Seats::Uncounted => 0,
    }
}

/// Seats that can be reserved.
fn licensed(pool: &Pool) -> u32 {
    match pool.seats {
        Seats::Counted { total, .. } => total,
        Seats::Uncounted => 0,
    }
}
