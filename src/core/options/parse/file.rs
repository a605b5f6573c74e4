//! What can only be seen when the whole file has been read: groups that rules name and groups that are there.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::line::{error, warning};
use crate::options::Options;
use crate::options::ast::{Group, Kind, Name, Statement};
use crate::text::{Remarks, Spanned, in_ticks};

/// The groups of a file.
#[derive(Default)]
struct Groups<'a> {
    users: BTreeSet<&'a str>,
    hosts: BTreeSet<&'a str>,
}

/// Says which rules name a group that is not there, and which groups seem to hold groups.
pub(super) fn check(options: &Options, remarks: &mut Remarks) {
    let mut groups = Groups::default();
    for statement in &options.statements {
        match &statement.node {
            Statement::Group(group) => _ = groups.users.insert(&group.name.node),
            Statement::HostGroup(group) => _ = groups.hosts.insert(&group.name.node),
            _ => {}
        }
    }
    for statement in &options.statements {
        match &statement.node {
            Statement::Group(group) => nested(group, &groups.users, "user", remarks),
            Statement::HostGroup(group) => nested(group, &groups.hosts, "host", remarks),
            rule => {
                if let Some(who) = rule.who()
                    && let Name::Is(name) = &who.name.node
                {
                    undefined(who.kind, &Spanned::new(who.name.span, name), &groups, remarks);
                }
            }
        }
    }
}

fn undefined(kind: Kind, name: &Spanned<&String>, groups: &Groups<'_>, remarks: &mut Remarks) {
    let (own, others, other) = match kind {
        Kind::Group => (&groups.users, &groups.hosts, Kind::HostGroup),
        Kind::HostGroup => (&groups.hosts, &groups.users, Kind::Group),
        Kind::User | Kind::Host | Kind::Display | Kind::Internet | Kind::Project => return,
    };
    let text = name.node.as_str();
    if own.contains(text) {
        return;
    }
    let word = kind.word();
    let hint = if others.contains(text) {
        format!("there is a {} of this name: write {} {text}", other.word(), other.word())
    } else if let Some(meant) = remarks.closest(text, own.iter().copied().filter(|name| name.is_ascii())) {
        format!("did you mean {meant}?")
    } else {
        format!("add a line: {word} {text} and its members")
    };
    let message = format!("no {word} line defines {}, so this rule is for nobody", in_ticks(text));
    remarks.push(error(name.span, message).with_hint(hint));
}

fn nested(group: &Group, groups: &BTreeSet<&str>, member: &str, remarks: &mut Remarks) {
    for inner in group.members.iter().filter(|inner| groups.contains(inner.node.as_str())) {
        let shown = in_ticks(&inner.node);
        let message =
            format!("{shown} is a group, but stands here as the name of a {member}: groups hold no groups");
        remarks.push(warning(inner.span, message).with_hint("write its members here as well"));
    }
}
