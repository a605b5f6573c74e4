//! The policy against a model that walks over all lines for each question.

use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as many;
use proptest::prelude::*;
use proptest::sample::select;

use super::{book, client, policy, pool};
use crate::licence::ast::Expiry;
use crate::licence::{Book, Origin, Pool, Seats};
use crate::options::ast::{
    FqdnMatching, Group, Kind, Name, Narrowing, Options, Scope, Selector, Statement, Who,
};
use crate::options::parse;
use crate::options::policy::{Client, Judgement, Limit, Policy, Refusal, Whose};
use crate::text::Source;

/// What a policy says of a client and a pool, with lines in place of numbers.
#[derive(Debug, PartialEq)]
struct Answer {
    /// Code and line.
    refused: Option<(i16, u32)>,
    no_borrow: Option<(i16, u32)>,
    /// Line, cap, and whose seats are counted.
    limits: BTreeSet<(u32, u32, String)>,
    /// First line and seats of each reservation for the client.
    reserved: Vec<(u32, u32)>,
}

const REFUSED: Answer =
    Answer { refused: None, no_borrow: None, limits: BTreeSet::new(), reserved: Vec::new() };

fn by_policy(policy: &Policy, client: Client<'_>, pool: usize) -> Answer {
    let line = |rule| policy.rule(rule).unwrap().line;
    let refused = |it: Refusal| (it.code().major(), line(it.rule()));
    let terms = match policy.judge(&policy.recognise(client), pool).unwrap() {
        Judgement::Allow(terms) => terms,
        Judgement::Refuse(refusal) => return Answer { refused: Some(refused(refusal)), ..REFUSED },
    };
    let whose = |limit: &Limit| match &limit.counter.whose {
        Whose::Name(name) => policy.names.text(*name),
        Whose::User(user) => format!("user {user}"),
        Whose::Host(host) => format!("host {host}"),
    };
    let limits = terms.limits.iter().map(|limit| (line(limit.counter.rule), limit.cap, whose(limit)));
    let own =
        |place: &usize| (line(terms.pool.reservations[*place].rule), terms.pool.reservations[*place].seats);
    Answer {
        refused: None,
        no_borrow: terms.may_borrow.err().map(refused),
        limits: limits.collect(),
        reserved: terms.reservations.iter().map(own).collect(),
    }
}

/// The slow and obvious way.
struct Model<'a> {
    options: &'a Options,
    book: &'a Book,
}

impl Model<'_> {
    fn answer(&self, client: Client<'_>, pool: usize) -> Answer {
        let refused = self.listed(client, pool, |it| match it {
            Statement::Exclude(scope, who) => Some((true, scope.clone(), who)),
            Statement::Include(scope, who) => Some((false, scope.clone(), who)),
            _ => None,
        });
        if refused.is_some() {
            return Answer { refused, ..REFUSED };
        }
        let no_borrow = self.listed(client, pool, |it| match it {
            Statement::ExcludeBorrow(feature, who) => Some((true, Scope::Of(feature.clone()), who)),
            Statement::IncludeBorrow(feature, who) => Some((false, Scope::Of(feature.clone()), who)),
            _ => None,
        });
        let (limits, reserved) = (self.limits(client, pool), self.reserved(client, pool));
        Answer { refused: None, no_borrow, limits, reserved }
    }

    /// All statements with the numbers of their lines.
    fn lines(&self) -> impl Iterator<Item = (u32, &Statement)> {
        (1..).zip(self.options.statements.iter().map(|statement| &statement.node))
    }

    fn listed<'a>(
        &'a self,
        client: Client<'_>,
        pool: usize,
        of: impl Fn(&'a Statement) -> Option<(bool, Scope, &'a Who)>,
    ) -> Option<(i16, u32)> {
        let (mut includes, mut is_included) = (None, false);
        let mut excludes = None;
        for (line, statement) in self.lines() {
            let Some((excluding, scope, who)) = of(statement) else { continue };
            let is_for = match scope {
                Scope::All => true,
                Scope::Of(selector) => self.is_for(&selector, pool),
            };
            if !is_for {
                continue;
            }
            let means = self.means(who, client);
            if excluding {
                excludes = excludes.or(means.then_some(line));
            } else {
                includes = includes.or(Some(line));
                is_included |= means;
            }
        }
        if let Some(line) = excludes {
            return Some((-38, line));
        }
        includes.filter(|_| !is_included).map(|line| (-39, line))
    }

    fn limits(&self, client: Client<'_>, pool: usize) -> BTreeSet<(u32, u32, String)> {
        let mut limits = BTreeSet::new();
        let mut settled: BTreeSet<(Kind, String)> = BTreeSet::new();
        let mut closed: BTreeSet<Kind> = BTreeSet::new();
        for (line, statement) in self.lines() {
            let Statement::Max(cap, selector, who) = statement else { continue };
            if !self.is_for(selector, pool) || closed.contains(&who.kind) {
                continue;
            }
            match &who.name.node {
                Name::Is(name) => {
                    if self.means(who, client) && settled.insert((who.kind, name.clone())) {
                        limits.insert((line, cap.node, format!("{} {name}", who.kind.word())));
                    }
                }
                Name::All => {
                    closed.insert(who.kind);
                    let is_open = !settled.iter().any(|(kind, _)| *kind == who.kind);
                    match who.kind {
                        Kind::User if is_open => {
                            limits.insert((line, cap.node, format!("user {}", client.user)));
                        }
                        Kind::Host if is_open => {
                            limits.insert((line, cap.node, format!("host {}", client.host)));
                        }
                        Kind::User | Kind::Host => {}
                        kind => {
                            for group in self.groups_of(kind, client) {
                                if settled.insert((kind, group.clone())) {
                                    limits.insert((line, cap.node, format!("{} {group}", kind.word())));
                                }
                            }
                        }
                    }
                }
            }
        }
        limits
    }

    fn reserved(&self, client: Client<'_>, pool: usize) -> Vec<(u32, u32)> {
        let mut free: Vec<u32> = self
            .book
            .pools()
            .iter()
            .map(|it| match it.seats {
                Seats::Counted { total, .. } => total,
                Seats::Uncounted => 0,
            })
            .collect();
        // By kind and name: the first line, and seats of the pool.
        let mut own: BTreeMap<(bool, u32), (Who, u32)> = BTreeMap::new();
        for (line, statement) in self.lines() {
            let Statement::Reserve(seats, selector, who) = statement else { continue };
            for feature in ["f", "g"] {
                let mut left = seats.node;
                for (place, it) in self.book.pools().iter().enumerate() {
                    if it.feature.as_str() != feature || !self.is_for(selector, place) {
                        continue;
                    }
                    let taken = left.min(free[place]);
                    left -= taken;
                    free[place] -= taken;
                    if place != pool || taken == 0 {
                        continue;
                    }
                    match own.values_mut().find(|(known, _)| known == who) {
                        Some((_, seats)) => *seats += taken,
                        None => {
                            let is_group = matches!(who.kind, Kind::Group | Kind::HostGroup);
                            own.insert((is_group, line), (who.clone(), taken));
                        }
                    }
                }
            }
        }
        let own = own.into_iter().filter(|(_, (who, _))| self.means(who, client));
        own.map(|((_, line), (_, seats))| (line, seats)).collect()
    }

    fn is_for(&self, selector: &Selector, pool: usize) -> bool {
        let pool = self.book.pool(pool).unwrap();
        let packed = |it: &&Origin| it.package.as_ref() == Some(&selector.feature.node);
        let is_named = pool.feature == selector.feature.node;
        let has = |is: &dyn Fn(&Origin) -> bool| {
            if is_named { pool.origins.iter().any(is) } else { pool.origins.iter().filter(packed).any(is) }
        };
        if !is_named && !pool.origins.iter().any(|it| packed(&it)) {
            return false;
        }
        match selector.narrowing.as_ref().map(|it| &it.node) {
            None => true,
            Some(Narrowing::Version(version)) => pool.version == *version,
            Some(Narrowing::VendorString(text)) => pool.vendor_string.clone().unwrap_or_default() == *text,
            Some(Narrowing::ExpiryDate(day)) => has(&|it| it.expiry == *day),
            Some(other) => panic!("{other:?}"),
        }
    }

    fn means(&self, who: &Who, client: Client<'_>) -> bool {
        let Name::Is(name) = &who.name.node else { return false };
        match who.kind {
            Kind::User => client.user == name,
            Kind::Host => self.is_host(name, client, false),
            Kind::Display => client.display == name,
            Kind::Internet => is_address(name, client),
            Kind::Project => client.project == name,
            Kind::Group | Kind::HostGroup => self.groups_of(who.kind, client).contains(name),
        }
    }

    fn groups_of(&self, kind: Kind, client: Client<'_>) -> BTreeSet<String> {
        let mut groups = BTreeSet::new();
        let mut any_case = false;
        for (_, statement) in self.lines() {
            let (group, is_member): (&Group, &dyn Fn(&str) -> bool) = match statement {
                Statement::Group(group) if kind == Kind::Group => {
                    (group, &|user| same(user, client.user, any_case))
                }
                Statement::HostGroup(group) if kind == Kind::HostGroup => {
                    (group, &|host| self.is_host(host, client, any_case))
                }
                Statement::GroupCaseInsensitive(on) => {
                    any_case = *on;
                    continue;
                }
                _ => continue,
            };
            if group.members.iter().any(|member| is_member(&member.node)) {
                groups.insert(group.name.node.clone());
            }
        }
        groups
    }

    fn is_host(&self, name: &str, client: Client<'_>, any_case: bool) -> bool {
        if name.split('.').count() == 4 {
            return is_address(name, client);
        }
        let matching = self.lines().filter_map(|(_, it)| match it {
            Statement::FqdnMatching(matching) => Some(*matching),
            _ => None,
        });
        let is_lenient = matching.last() == Some(FqdnMatching::Lenient);
        let short = |host: &str| host.split('.').next().unwrap().to_string();
        let one_is_short = !name.contains('.') || !client.host.contains('.');
        same(name, client.host, any_case)
            || (is_lenient && one_is_short && same(&short(name), &short(client.host), any_case))
    }
}

fn same(left: &str, right: &str, any_case: bool) -> bool {
    if any_case { left.eq_ignore_ascii_case(right) } else { left == right }
}

fn is_address(pattern: &str, client: Client<'_>) -> bool {
    let Some(address) = client.address.map(|address| address.to_string()) else { return false };
    let mut pairs = pattern.split('.').zip(address.split('.'));
    pairs.all(|(wanted, own)| wanted == "*" || wanted == own)
}

const USERS: [&str; 4] = ["anna", "bob", "carl", "Bob"];
const HOSTS: [&str; 5] = ["n1", "N1", "n1.a.org", "n1.b.org", "n2"];
const ADDRESSES: [&str; 4] = ["10.0.0.1", "10.0.0.*", "10.*.*.2", "*.*.*.*"];

fn who() -> impl Strategy<Value = String> {
    prop_oneof![
        select(&USERS[..]).prop_map(|user| format!("USER {user}")),
        select(&HOSTS[..]).prop_map(|host| format!("HOST {host}")),
        select(&ADDRESSES[..]).prop_map(|address| format!("HOST {address}")),
        select(&ADDRESSES[..]).prop_map(|address| format!("INTERNET {address}")),
        select(
            &[
                "DISPLAY :0",
                "PROJECT wing",
                "PROJECT nose",
                "GROUP g1",
                "GROUP g2",
                "HOST_GROUP h1",
                "GROUP none"
            ][..]
        )
        .prop_map(String::from),
    ]
}

fn feature() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "f",
            "F",
            "g",
            "pack",
            "other",
            "f:VERSION=2",
            "pack:VERSION=1.0",
            "f:VENDOR_STRING=edu",
            "\"f EXPDATE=1-jan-2030\"",
        ][..],
    )
}

fn line() -> impl Strategy<Value = String> {
    let rules = select(&["EXCLUDE", "INCLUDE", "EXCLUDE_BORROW", "INCLUDE_BORROW"][..]);
    let all = select(&["EXCLUDEALL", "INCLUDEALL"][..]);
    let each =
        select(&["USER ALL_USERS", "HOST ALL_HOSTS", "GROUP ALL_GROUPS", "HOST_GROUP ALL_HOST_GROUPS"][..]);
    let members = many(select(&USERS[..]), 1..3).prop_map(|users| users.join(" "));
    let hosts =
        many(prop_oneof![select(&HOSTS[..]), select(&ADDRESSES[..])], 1..3).prop_map(|hosts| hosts.join(" "));
    prop_oneof![
        4 => (rules, feature(), who()).prop_map(|(rule, feature, who)| format!("{rule} {feature} {who}")),
        1 => (all, who()).prop_map(|(rule, who)| format!("{rule} {who}")),
        4 => (0..9u32, feature(), who()).prop_map(|(seats, feature, who)| format!("MAX {seats} {feature} {who}")),
        2 => (0..9u32, feature(), each).prop_map(|(seats, feature, each)| format!("MAX {seats} {feature} {each}")),
        3 => (0..9u32, feature(), who()).prop_map(|(seats, feature, who)| format!("RESERVE {seats} {feature} {who}")),
        2 => (select(&["g1", "g2"][..]), members).prop_map(|(group, users)| format!("GROUP {group} {users}")),
        1 => hosts.prop_map(|hosts| format!("HOST_GROUP h1 {hosts}")),
        1 => select(&["GROUPCASEINSENSITIVE ON", "GROUPCASEINSENSITIVE OFF", "FQDN_MATCHING lenient", "FQDN_MATCHING exact"][..])
            .prop_map(String::from),
    ]
}

/// Clients that differ in every part, each with what few others have.
fn clients() -> Vec<String> {
    let mut clients = Vec::new();
    for (index, user) in ["anna", "bob", "Bob", "BOB", "zoe"].iter().enumerate() {
        for (host, address) in
            [("n1", ",10.0.0.1"), ("n1.a.org", ",10.7.7.2"), ("N1", ""), ("n2", ",11.0.0.1")]
        {
            let rest = ["/:0", "#wing", "", "/:1#nose", "/:0#wing"][index];
            clients.push(format!("{user}@{host}{rest}{address}"));
        }
    }
    clients
}

fn pools() -> Book {
    let origin = |package: Option<&str>, expiry| Origin {
        package: package.map(Into::into),
        expiry,
        attributes: Vec::new(),
    };
    let day = Expiry::parse("1-jan-2030").unwrap();
    let edu = Pool { vendor_string: Some("edu".into()), ..pool("f", "2.0") };
    let mixed =
        Pool { origins: vec![origin(None, day), origin(Some("pack"), Expiry::Never)], ..pool("f", "1.0") };
    let packed = Pool { origins: vec![origin(Some("Pack"), day)], ..pool("g", "1.0") };
    book(vec![pool("f", "2.0"), edu, mixed, packed])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_policy_says_what_a_walk_over_all_lines_says(lines in many(line(), 0..14)) {
        let text = lines.join("\n");
        let book = pools();
        let policy = policy(&text, &book);
        let (options, _) = parse(&Source::new("acme.opt", &*text));
        let model = Model { options: &options, book: &book };
        for who in clients() {
            for pool in 0..book.pools().len() {
                let client = client(&who);
                prop_assert_eq!(by_policy(&policy, client, pool), model.answer(client, pool), "{} {}\n{}", who, pool, text);
            }
        }
    }
}
