//! RESERVE against INCLUDE: seats that are kept for somebody who may not have any.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Advice;
use crate::licence::Book;
use crate::options::Options;
use crate::options::ast::{Kind, Name, Scope, Statement, Who};
use crate::options::policy::pools::Pools;
use crate::text::Span;

/// A name without regard to case: what might be meant counts as meant.
type Word = (Kind, String);

/// Whom INCLUDE lines let in.
#[derive(Default)]
struct Included {
    first: Option<Span>,
    kinds: BTreeSet<Kind>,
    words: BTreeSet<Word>,
}

/// The users of each group, and the groups of each user.
type Groups = BTreeMap<Word, Vec<Word>>;

pub(super) fn look(options: &Options, book: &Book, advice: &mut Advice<'_>) {
    let selection = Pools::of(book);
    let mut everywhere = Included::default();
    let mut pools: BTreeMap<usize, Included> = BTreeMap::new();
    for statement in &options.statements {
        let Statement::Include(scope, who) = &statement.node else { continue };
        match scope {
            Scope::All => everywhere.add(who, statement.span),
            Scope::Of(feature) => {
                for place in selection.select(feature) {
                    pools.entry(place).or_default().add(who, statement.span);
                }
            }
        }
    }
    let groups = groups(options);
    for statement in &options.statements {
        let Statement::Reserve(_, feature, who) = &statement.node else { continue };
        let Name::Is(name) = &who.name.node else { continue };
        let words = words(word(who.kind, name), &groups);
        let refusal = |place: &usize| {
            let lists = [Some(&everywhere), pools.get(place)];
            refusal(lists.into_iter().flatten(), who.kind, &words)
        };
        let refusals: Option<Vec<Span>> = selection.select(feature).iter().map(refusal).collect();
        if let Some(include) = refusals.and_then(|all| all.first().copied()) {
            let message =
                format!("this rule keeps seats for nobody: {} includes others only", advice.line(include));
            advice.warn(statement.span, message, &format!("include {who} as well, or remove the line"));
        }
    }
}

impl Included {
    fn add(&mut self, who: &Who, span: Span) {
        let Name::Is(name) = &who.name.node else { return };
        self.first.get_or_insert(span);
        self.kinds.insert(who.kind);
        self.words.insert(word(who.kind, name));
    }

    /// Whether it may let in somebody of this kind who goes by these words. Anybody may be on a host that is let in.
    fn may_let_in(&self, kind: Kind, words: &[Word]) -> bool {
        self.kinds.iter().any(|own| !excludes(*own, kind)) || words.iter().any(|it| self.words.contains(it))
    }
}

/// The first INCLUDE, if there is one and surely none lets in who goes by these words.
fn refusal<'a>(
    lists: impl Iterator<Item = &'a Included> + Clone,
    kind: Kind,
    words: &[Word],
) -> Option<Span> {
    let first = lists.clone().filter_map(|list| list.first).min()?;
    lists.into_iter().all(|list| !list.may_let_in(kind, words)).then_some(first)
}

/// Whether who has one name of the first kind cannot have another of the second.
fn excludes(one: Kind, other: Kind) -> bool {
    let is_user = |kind| matches!(kind, Kind::User | Kind::Group);
    (is_user(one) && is_user(other)) || (one == other && matches!(one, Kind::Project | Kind::Display))
}

fn groups(options: &Options) -> Groups {
    let mut groups = Groups::new();
    for statement in &options.statements {
        let Statement::Group(group) = &statement.node else { continue };
        let own = word(Kind::Group, &group.name.node);
        for user in group.members.iter().map(|user| word(Kind::User, &user.node)) {
            groups.entry(user.clone()).or_default().push(own.clone());
            groups.entry(own.clone()).or_default().push(user);
        }
    }
    groups
}

/// All words that mean `own`, or somebody of that group.
fn words(own: Word, groups: &Groups) -> Vec<Word> {
    let kin = |word: &Word| groups.get(word).into_iter().flatten().cloned();
    let mut words: Vec<Word> = kin(&own).collect();
    if own.0 == Kind::Group {
        let others: Vec<_> = words.iter().flat_map(kin).collect();
        words.extend(others);
    }
    words.push(own);
    words
}

fn word(kind: Kind, name: &str) -> Word {
    (kind, name.to_ascii_lowercase())
}
