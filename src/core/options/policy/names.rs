//! The names in an options file, as numbers, and which of them a client goes by.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Client;
use super::address::Addresses;
use crate::options::Options;
use crate::options::ast::{FqdnMatching, Kind, Name, Statement};

/// A kind and a name, such as `USER bob` or `GROUP cae`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameId(pub(super) u32);

/// All names of an options file.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: BTreeMap<(Kind, Box<str>), NameId>,
    kinds: Vec<Kind>,
    users: Words,
    hosts: Hosts,
    displays: Words,
    projects: Words,
}

impl Names {
    /// The names that the rules and the groups of a file mention.
    pub(super) fn of(options: &Options) -> Self {
        let mut names = Self::default();
        let statements = || options.statements.iter().map(|statement| &statement.node);
        for statement in statements() {
            if let Statement::FqdnMatching(matching) = statement {
                names.hosts.matching = *matching;
            }
        }
        let mut any_case = false;
        for statement in statements() {
            match statement {
                Statement::GroupCaseInsensitive(on) => any_case = *on,
                Statement::Group(group) => {
                    let id = names.add(Kind::Group, &group.name.node);
                    group.members.iter().for_each(|user| names.users.insert(&user.node, any_case, id));
                }
                Statement::HostGroup(group) => {
                    let id = names.add(Kind::HostGroup, &group.name.node);
                    group.members.iter().for_each(|host| names.hosts.insert(&host.node, any_case, id));
                }
                rule => {
                    if let Some(who) = rule.who()
                        && let Name::Is(name) = &who.name.node
                    {
                        names.add(who.kind, name);
                    }
                }
            }
        }
        names
    }

    /// The number of a name, which is one of those that the file mentions.
    pub(super) fn get(&self, kind: Kind, name: &str) -> Option<NameId> {
        self.ids.get(&(kind, name.into())).copied()
    }

    pub(super) fn kind(&self, id: NameId) -> Option<Kind> {
        self.kinds.get(id.0 as usize).copied()
    }

    /// The names that mean this client, in order, each once.
    pub(super) fn of_client(&self, client: &Client<'_>) -> Vec<NameId> {
        let mut found = Vec::new();
        self.users.find(client.user, &mut found);
        self.hosts.find(client, &mut found);
        self.displays.find(client.display, &mut found);
        self.projects.find(client.project, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// `USER bob`
    #[cfg(test)]
    pub(super) fn text(&self, id: NameId) -> alloc::string::String {
        let own = self.ids.iter().find(|(_, known)| **known == id);
        own.map(|((kind, name), _)| alloc::format!("{} {name}", kind.word())).unwrap_or_default()
    }

    fn add(&mut self, kind: Kind, name: &str) -> NameId {
        if let Some(id) = self.get(kind, name) {
            return id;
        }
        let id = NameId(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        self.kinds.push(kind);
        self.ids.insert((kind, name.into()), id);
        match kind {
            Kind::User => self.users.insert(name, false, id),
            Kind::Host | Kind::Internet => self.hosts.insert(name, false, id),
            Kind::Display => self.displays.insert(name, false, id),
            Kind::Project => self.projects.insert(name, false, id),
            // Their members stand for them.
            Kind::Group | Kind::HostGroup => {}
        }
        id
    }
}

/// Words of one kind and the names that they belong to.
#[derive(Debug, Default)]
struct Words {
    exact: BTreeMap<Box<str>, Vec<NameId>>,
    /// In lower case: members of groups behind GROUPCASEINSENSITIVE.
    folded: BTreeMap<Box<str>, Vec<NameId>>,
}

impl Words {
    fn insert(&mut self, word: &str, any_case: bool, name: NameId) {
        let (words, word) = match any_case {
            false => (&mut self.exact, word.into()),
            true => (&mut self.folded, word.to_ascii_lowercase().into()),
        };
        words.entry(word).or_default().push(name);
    }

    fn find(&self, word: &str, found: &mut Vec<NameId>) {
        found.extend(self.exact.get(word).into_iter().flatten());
        if !self.folded.is_empty() {
            found.extend(self.folded.get(&*word.to_ascii_lowercase()).into_iter().flatten());
        }
    }
}

/// Host names and addresses.
#[derive(Debug, Default)]
struct Hosts {
    matching: FqdnMatching,
    names: Words,
    /// Names with a domain by their first label, when [`FqdnMatching::Lenient`] lets it stand for them.
    labels: Words,
    addresses: Addresses,
}

impl Hosts {
    fn insert(&mut self, host: &str, any_case: bool, name: NameId) {
        if self.addresses.insert(host, name) {
            return;
        }
        self.names.insert(host, any_case, name);
        if let Some((label, _)) = host.split_once('.').filter(|_| self.matching == FqdnMatching::Lenient) {
            self.labels.insert(label, any_case, name);
        }
    }

    fn find(&self, client: &Client<'_>, found: &mut Vec<NameId>) {
        self.names.find(client.host, found);
        match (self.matching, client.host.split_once('.')) {
            (FqdnMatching::Exact, _) => {}
            (FqdnMatching::Lenient, Some((label, _))) => self.names.find(label, found),
            (FqdnMatching::Lenient, None) => self.labels.find(client.host, found),
        }
        if let Some(address) = client.address {
            self.addresses.find(address, found);
        }
    }
}
