//! `USER bob`, `HOST 10.1.2.*`, `GROUP ALL_GROUPS`: whom a rule is for; and the members of groups.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::keyword::Keyword;
use super::line::{Line, error, warning};
use crate::host::HostId;
use crate::options::ast::{Group, Kind, Name, Who};
use crate::text::{Keywords as _, Remarks, Spanned, in_ticks};

/// Reads the type and the name. `None`: one of them is none, which has been said.
pub(super) fn read(line: &mut Line<'_, '_>) -> Option<Who> {
    let kind = line.choice("type", &Kind::ALL.map(|kind| (kind.word(), kind)))?;
    let what = match kind {
        Kind::User => "user name",
        Kind::Host => "host name",
        Kind::Display => "display",
        Kind::Internet => "address",
        Kind::Project => "project",
        Kind::Group | Kind::HostGroup => "group name",
    };
    let name = line.name(what)?;
    if kind.all_word() == Some(name.node) {
        return all(kind, name, line);
    }
    match kind {
        Kind::Host => check_host(name, line),
        Kind::Internet if !is_address(name.node) => {
            let message = format!("{} is no address", in_ticks(name.node));
            let hint = "write four numbers as in 10.1.2.*, or an IPv6 address; a host's name goes with HOST";
            line.push(error(name.span, message).with_hint(hint));
            return None;
        }
        Kind::Internet | Kind::User | Kind::Display | Kind::Project | Kind::Group | Kind::HostGroup => {}
    }
    Some(Who { kind, name: Spanned::new(name.span, Name::Is(name.node.into())) })
}

/// `ALL_USERS` and the like have a meaning on MAX lines only.
fn all(kind: Kind, name: Spanned<&str>, line: &mut Line<'_, '_>) -> Option<Who> {
    if line.keyword() == Keyword::Max {
        return Some(Who { kind, name: Spanned::new(name.span, Name::All) });
    }
    let message = format!("{} has a meaning on MAX lines only", name.node);
    let hint = "name one of them, or a group of them";
    line.push(error(name.span, message).with_hint(hint));
    None
}

/// Reads the name of a group and its members.
pub(super) fn group(line: &mut Line<'_, '_>) -> Option<Group> {
    let name = line.name("group name")?;
    let is_reserved = Kind::ALL.iter().any(|kind| kind.all_word() == Some(name.node));
    if is_reserved {
        let message = format!("{} cannot be the name of a group: it stands for all of them", name.node);
        line.push(error(name.span, message).with_hint("choose another name"));
        return None;
    }
    let mut members: Vec<Spanned<String>> = Vec::new();
    while let Some(word) = line.next() {
        let Some(member) = line.text(word, "member") else { continue };
        if line.keyword() == Keyword::HostGroup {
            check_host(member, line);
        }
        members.push(Spanned::new(member.span, member.node.into()));
    }
    if members.is_empty() {
        let message = format!("the group {} has no members on this line", in_ticks(name.node));
        let hint = "write their names behind the name of the group";
        line.push(warning(line.span(), message).with_hint(hint));
    }
    Some(Group { name: Spanned::new(name.span, name.node.into()), members })
}

/// Says of what looks like an address with `*` but is none that it can only be a strange name.
fn check_host(host: Spanned<&str>, line: &mut Line<'_, '_>) {
    if !host.node.contains('*') || is_address(host.node) {
        return;
    }
    let message =
        format!("{} is no address, and in a host's name `*` stands for itself", in_ticks(host.node));
    let hint = "`*` stands for one whole number of an address: 10.1.2.*, or 10.1.*.* for more";
    line.push(warning(host.span, message).with_hint(hint));
}

/// Whether this is an IPv4 or IPv6 address, with or without `*`.
fn is_address(text: &str) -> bool {
    HostId::parse(&format!("INTERNET={text}")).is_some()
}

/// The keyword that an unknown first word was probably meant to be.
pub(super) fn suggestion(head: &str, remarks: &Remarks) -> String {
    match remarks.closest(head, Keyword::names()) {
        Some(meant) => format!("did you mean {meant}? a comment begins with `#`"),
        None => "write the rule behind its keyword; a comment begins with `#`".into(),
    }
}
