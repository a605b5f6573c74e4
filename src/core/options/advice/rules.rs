//! Rules against each other: those that another one makes void, and groups and names that mean nothing.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};

use super::Advice;
use crate::options::Options;
use crate::options::ast::{Kind, Name, Scope, Selector, Statement, Who};
use crate::text::{Span, in_ticks};

/// A rule's features and whom it is for, in canonical spelling; features count without case.
type Key = (String, String);

/// The first rule of each key.
type First = BTreeMap<Key, Span>;

/// What the file's rules say, by key.
#[derive(Default)]
struct Seen {
    exclude: First,
    include: First,
    exclude_borrow: First,
    include_borrow: First,
    max: BTreeMap<Key, (Span, u32)>,
    /// MAX lines for all of a kind: features and kind.
    max_all: BTreeMap<(String, Kind), Span>,
}

const ALL: &str = "*";

pub(super) fn look(options: &Options, advice: &mut Advice<'_>) {
    let excluded = excluded(options);
    let mut seen = Seen::default();
    for statement in &options.statements {
        let span = statement.span;
        match &statement.node {
            Statement::Exclude(scope, who) => {
                let key = key(&features(scope), who);
                covered(&seen.exclude, &key, span, "EXCLUDEALL", advice);
                repeated(&mut seen.exclude, key, span, advice);
            }
            Statement::Include(scope, who) => {
                let key = key(&features(scope), who);
                contradicted(&excluded, &key, span, "lets nobody in", advice);
                covered(&seen.include, &key, span, "INCLUDEALL", advice);
                repeated(&mut seen.include, key, span, advice);
            }
            Statement::ExcludeBorrow(feature, who) => {
                let key = key(&name(feature), who);
                contradicted(&excluded, &key, span, "adds nothing", advice);
                repeated(&mut seen.exclude_borrow, key, span, advice);
            }
            Statement::IncludeBorrow(feature, who) => {
                let key = key(&name(feature), who);
                contradicted(&excluded, &key, span, "lets nobody borrow", advice);
                repeated(&mut seen.include_borrow, key, span, advice);
            }
            Statement::Reserve(seats, feature, who) => {
                let key = key(&name(feature), who);
                contradicted(&excluded, &key, span, "keeps seats for nobody", advice);
                if seats.node == 0 {
                    advice.warn(
                        seats.span,
                        "this reserves nothing",
                        "write how many seats, or remove the line",
                    );
                }
            }
            Statement::Max(seats, feature, who) => {
                let key = key(&name(feature), who);
                contradicted(&excluded, &key, span, "limits nobody", advice);
                max(&mut seen, key, who, span, seats.node, advice);
            }
            _ => {}
        }
    }
    borrow_conflicts(&seen, advice);
    names(options, advice);
}

fn features(scope: &Scope) -> String {
    match scope {
        Scope::All => ALL.into(),
        Scope::Of(selector) => name(selector),
    }
}

fn name(selector: &Selector) -> String {
    let feature = selector.feature.node.as_str().to_ascii_lowercase();
    match &selector.narrowing {
        None => feature,
        Some(narrowing) => format!("{feature} {}={}", narrowing.node.key(), narrowing.node.value()),
    }
}

fn key(features: &str, who: &Who) -> Key {
    (features.into(), who.to_string())
}

/// Whom EXCLUDE lines name, for which features. They count wherever they stand.
fn excluded(options: &Options) -> First {
    let mut excluded = First::new();
    for statement in &options.statements {
        if let Statement::Exclude(scope, who) = &statement.node {
            excluded.entry(key(&features(scope), who)).or_insert(statement.span);
        }
    }
    excluded
}

/// The rule of the same key, or the one for the whole feature, or for all features.
fn wider<'a>(rules: &'a First, (features, who): &Key) -> Option<&'a Span> {
    let whole = features.split(' ').next().unwrap_or_default();
    let keys = [features.as_str(), whole, ALL];
    keys.iter().find_map(|features| rules.get(&((*features).to_string(), who.clone())))
}

fn contradicted(excluded: &First, key: &Key, span: Span, what: &str, advice: &mut Advice<'_>) {
    if let Some(exclude) = wider(excluded, key) {
        let message =
            format!("this rule {what}: {} excludes {}, which comes first", advice.line(*exclude), key.1);
        advice.warn(span, message, "remove one of the two lines");
    }
}

/// Says of a rule for one feature that an earlier one for all features does the same.
fn covered(rules: &First, (features, who): &Key, span: Span, keyword: &str, advice: &mut Advice<'_>) {
    let everywhere = (ALL.to_string(), who.clone());
    if let Some(wide) = rules.get(&everywhere).filter(|_| *features != ALL) {
        let message = format!("this rule adds nothing to the {keyword} on {}", advice.line(*wide));
        advice.note(span, message, "remove one of the two lines");
    }
}

fn repeated(rules: &mut First, key: Key, span: Span, advice: &mut Advice<'_>) {
    match rules.get(&key) {
        None => _ = rules.insert(key, span),
        Some(first) => {
            let message = format!("this rule stands on {} already", advice.line(*first));
            advice.warn(span, message, "remove one of the two lines");
        }
    }
}

fn max(seen: &mut Seen, key: Key, who: &Who, span: Span, seats: u32, advice: &mut Advice<'_>) {
    let all = (key.0.clone(), who.kind);
    if let Some(first) = seen.max_all.get(&all) {
        let word = who.kind.all_word().unwrap_or_default();
        let message =
            format!("this limit is void: that for {word} on {} comes before it", advice.line(*first));
        advice.warn(span, message, "write the lines that name somebody above the one for all");
        return;
    }
    if who.name.node == Name::All {
        seen.max_all.insert(all, span);
    } else if let Some((first, _)) = seen.max.get(&key) {
        let message = format!("this limit is void: the one on {} comes first", advice.line(*first));
        advice.warn(span, message, "remove one of the two lines");
    } else {
        seen.max.insert(key, (span, seats));
    }
}

fn borrow_conflicts(seen: &Seen, advice: &mut Advice<'_>) {
    for (key, span) in &seen.include_borrow {
        if let Some(exclude) = wider(&seen.exclude_borrow, key) {
            let message = format!(
                "this rule lets nobody borrow: the EXCLUDE_BORROW on {} for {} comes first",
                advice.line(*exclude),
                key.1
            );
            advice.warn(*span, message, "remove one of the two lines");
        }
    }
}

/// Groups that no rule uses, and names that look like something else.
fn names(options: &Options, advice: &mut Advice<'_>) {
    let statements = || options.statements.iter().map(|statement| &statement.node);
    let whos = || statements().filter_map(Statement::who);
    let mut used: BTreeSet<(Kind, &str)> = BTreeSet::new();
    let mut all: BTreeSet<Kind> = BTreeSet::new();
    for who in whos() {
        match &who.name.node {
            Name::All => _ = all.insert(who.kind),
            Name::Is(name) => _ = used.insert((who.kind, name)),
        }
    }
    let mut groups: BTreeSet<(Kind, &str)> = BTreeSet::new();
    for statement in statements() {
        let (kind, group) = match statement {
            Statement::Group(group) => (Kind::Group, group),
            Statement::HostGroup(group) => (Kind::HostGroup, group),
            _ => continue,
        };
        let own = (kind, group.name.node.as_str());
        if groups.insert(own) && !used.contains(&own) && !all.contains(&kind) {
            let message = format!("no rule uses the group {}", in_ticks(own.1));
            advice.note(
                group.name.span,
                message,
                "remove it, or see whether a rule names another group by mistake",
            );
        }
        let mut members: BTreeSet<&str> = BTreeSet::new();
        for member in group.members.iter().filter(|member| !members.insert(&member.node)) {
            advice.note(member.span, format!("{} stands here twice", in_ticks(&member.node)), "");
        }
    }
    for who in whos() {
        let Name::Is(name) = &who.name.node else { continue };
        let group = match who.kind {
            Kind::User => Kind::Group,
            Kind::Host => Kind::HostGroup,
            Kind::Display | Kind::Internet | Kind::Project | Kind::Group | Kind::HostGroup => continue,
        };
        if groups.contains(&(group, name.as_str())) {
            let message = format!(
                "{} is the name of a group, and stands here as that of one {}",
                in_ticks(name),
                what(who.kind)
            );
            advice.warn(
                who.name.span,
                message,
                &format!("if the group is meant, write {} {name}", group.word()),
            );
        } else if who.kind == Kind::User && name.contains('*') {
            let message =
                format!("in a user's name `*` stands for itself, so {} means nobody", in_ticks(name));
            advice.warn(who.name.span, message, "name the users, or a group of them");
        }
    }
}

fn what(kind: Kind) -> &'static str {
    if kind == Kind::User { "user" } else { "host" }
}
