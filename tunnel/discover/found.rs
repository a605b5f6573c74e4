//! What is known about a server: its names, its ports, and what is still missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::system::System;
use super::{Step, name};

/// More ports than this of one server are not forwarded. What is found beyond them is left out; more that a user names are an error
/// of the plan.
pub const MOST_PORTS: usize = 64;
/// More names than this no server has.
pub(super) const MOST_NAMES: usize = 32;

/// What a port is for, the surest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The master daemon (`licmgrd`, `lmgrd`, `rlm`).
    Master,
    /// The daemon of this vendor.
    Vendor(String),
    /// One of the ports on which the master daemon may be, as none is written anywhere.
    Candidate,
    /// Something else that the licence server, or its user, wants to be reached at.
    Other,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => f.write_str("master daemon"),
            Self::Vendor(name) => write!(f, "vendor daemon {name}"),
            Self::Candidate => f.write_str("perhaps the master daemon"),
            Self::Other => f.write_str("another port"),
        }
    }
}

/// A port of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// What it is for.
    pub role: Role,
    /// Which step found it.
    pub by: Step,
}

/// How far a name of the server is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    /// Only the server's side says it, and nothing speaks for it.
    Strange,
    /// The server's side says it, and it is kin to what the user says.
    Kin,
    /// The user's own files say it.
    Own,
}

/// What is known about a server. Names and ports are checked and bounded, whoever they came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    names: BTreeMap<String, Word>,
    machine: Option<String>,
    ports: BTreeMap<u16, Port>,
    vendors: BTreeSet<String>,
    system: Option<System>,
    is_cut: bool,
}

impl Found {
    /// The server's own names, in lower case: what clients may be told to go to.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.believed(|word| word >= Word::Kin)
    }

    /// Names by which the server's side calls it, but which may as well be another's: not to be taken unless the user says so.
    pub fn strange_names(&self) -> impl Iterator<Item = &str> {
        self.believed(|word| word == Word::Strange)
    }

    /// Where the licence server may be in the eyes of the ssh server, best first: by the names in the user's own files, on
    /// the ssh server itself, and there by the name that its system has. What else is heard there is no place to go to.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.believed(|word| word == Word::Own).chain(["localhost"]).chain(self.machine.as_deref())
    }

    fn believed(&self, is: impl Fn(Word) -> bool) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |(_, word)| is(**word)).map(|(name, _)| name.as_str())
    }

    /// The ports by number.
    pub fn ports(&self) -> &BTreeMap<u16, Port> {
        &self.ports
    }

    /// The ports of master daemons; without a sure one, those on which it may be.
    pub fn masters(&self) -> impl Iterator<Item = u16> {
        let is_master = |port: &Port| matches!(port.role, Role::Master | Role::Candidate);
        self.ports.iter().filter(move |(_, port)| is_master(port)).map(|(number, _)| *number)
    }

    /// The vendor daemons whose port is not known, by name.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| {
            self.ports.values().any(|port| matches!(&port.role, Role::Vendor(known) if known == name))
        };
        self.vendors.iter().map(String::as_str).filter(move |name| !is_known(name))
    }

    /// The licence system, where something shows it.
    pub fn system(&self) -> Option<System> {
        self.system
    }

    /// Whether more ports, names or vendor daemons were told than any server has, and some were left out.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether a client could do with these ports: there is a master daemon, and no vendor daemon without a port.
    pub fn is_complete(&self) -> bool {
        let has = |is: fn(&Role) -> bool| self.ports.values().any(|port| is(&port.role));
        let has_vendor = has(|role| matches!(role, Role::Vendor(_)))
            || self.system.is_some_and(|system| !system.has_vendors());
        has(|role| *role == Role::Master) && has_vendor && self.missing().next().is_none()
    }

    /// Learns a port. A surer role replaces another one, and a sure master daemon all ports on which it only might have been.
    pub(super) fn add(&mut self, number: u16, role: Role, by: Step) {
        let has_master = self.ports.values().any(|port| port.role == Role::Master);
        if number == 0 || (role == Role::Candidate && has_master) {
            return;
        }
        if role == Role::Master {
            self.ports.retain(|_, port| port.role != Role::Candidate);
        }
        if let Role::Vendor(name) = &role {
            self.expect(name.clone());
        }
        let is_full = self.ports.len() >= MOST_PORTS && by != Step::Given;
        match self.ports.get_mut(&number) {
            Some(port) if role < port.role => *port = Port { role, by },
            Some(_) => {}
            None if is_full => self.is_cut = true,
            None => drop(self.ports.insert(number, Port { role, by })),
        }
    }

    /// Learns a name of the server.
    pub(super) fn call(&mut self, name: String, by: Step) {
        self.believe(name, if by == Step::Licence { Word::Own } else { Word::Strange });
    }

    fn believe(&mut self, name: String, word: Word) {
        let is_full = self.names.len() >= MOST_NAMES;
        match self.names.get_mut(&name) {
            Some(known) => *known = word.max(*known),
            None if is_full => self.is_cut = true,
            None => drop(self.names.insert(name, word)),
        }
    }

    /// Learns the names that another source knows.
    pub(super) fn name_as(&mut self, other: &Self) {
        other.names.iter().for_each(|(name, word)| self.believe(name.clone(), *word));
    }

    /// Learns what the host's own system is called.
    pub(super) fn stand_on(&mut self, machine: String) {
        self.machine.get_or_insert(machine);
    }

    /// Judges what is heard of names by the user's own ones.
    pub(super) fn judge_names(&mut self, given: &[String]) {
        for (name, word) in &mut self.names {
            if name::is_kin(name, given, self.machine.as_deref()) {
                *word = Word::Kin.max(*word);
            }
        }
    }

    /// Learns that there is a daemon of this vendor.
    pub(super) fn expect(&mut self, vendor: String) {
        if self.vendors.len() < MOST_PORTS {
            self.vendors.insert(vendor);
        } else {
            self.is_cut |= !self.vendors.contains(&vendor);
        }
    }

    /// Learns of a licence system there; of several, the one that tells most stands.
    pub(super) fn recognise(&mut self, system: System) {
        self.system = Some(self.system.map_or(system, |known| known.min(system)));
    }

    /// Learns all that another source knows.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { names, machine, ports, vendors, system, is_cut } = other;
        self.is_cut |= is_cut;
        names.into_iter().for_each(|(name, word)| self.believe(name, word));
        machine.into_iter().for_each(|name| self.stand_on(name));
        vendors.into_iter().for_each(|vendor| self.expect(vendor));
        ports.into_iter().for_each(|(number, port)| self.add(number, port.role, port.by));
        system.into_iter().for_each(|system| self.recognise(system));
    }
}

impl fmt::Display for Found {
    /// `27000 (master daemon), 27010 (vendor daemon acme)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ports.is_empty() {
            return f.write_str("no ports");
        }
        for (index, (number, port)) in self.ports.iter().enumerate() {
            write!(f, "{}{number} ({})", if index == 0 { "" } else { ", " }, port.role)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(name: &str) -> Role {
        Role::Vendor(name.into())
    }

    fn found(ports: &[(u16, Role)]) -> Found {
        let mut found = Found::default();
        for (number, role) in ports {
            found.add(*number, role.clone(), Step::Look);
        }
        found
    }

    #[test]
    fn a_surer_role_replaces_a_guess() {
        let mut guess = found(&[
            (27000, Role::Candidate),
            (27001, Role::Candidate),
            (27010, Role::Other),
            (0, Role::Master),
        ]);
        assert_eq!(guess.masters().collect::<Vec<_>>(), [27000, 27001]);
        guess.merge(found(&[(27001, Role::Master), (27010, vendor("acme"))]));
        assert_eq!(guess.to_string(), "27001 (master daemon), 27010 (vendor daemon acme)");
        guess.merge(found(&[(27000, Role::Candidate), (27010, Role::Other), (27001, Role::Other)]));
        assert_eq!(guess.to_string(), "27001 (master daemon), 27010 (vendor daemon acme)");
    }

    #[test]
    fn a_server_is_complete_when_no_vendor_daemon_is_missing() {
        let mut server = found(&[(27010, vendor("acme"))]);
        assert!(!server.is_complete());
        server.add(27000, Role::Candidate, Step::Licence);
        assert!(!server.is_complete());
        server.add(27000, Role::Master, Step::Look);
        assert!(server.is_complete());
        server.expect("orbit".into());
        assert!(!server.is_complete() && server.missing().eq(["orbit"]));
        server.add(27011, vendor("orbit"), Step::Look);
        assert!(server.is_complete());
        assert!(!found(&[(27000, Role::Master)]).is_complete());
    }

    #[test]
    fn what_the_server_says_is_believed_if_it_is_kin_and_is_no_place_to_go_to() {
        let mut server = Found::default();
        server.call("lic-office".into(), Step::Licence);
        for name in ["lic1.example.com", "lic-office", "github.com"] {
            server.call(name.into(), Step::Look);
        }
        assert!(server.names().eq(["lic-office"]));
        server.stand_on("srv042".into());
        server.judge_names(&["lic1".into()]);
        assert!(server.names().eq(["lic-office", "lic1.example.com"]));
        assert!(server.strange_names().eq(["github.com"]));
        assert!(server.hosts().eq(["lic-office", "localhost", "srv042"]));
    }

    #[test]
    fn no_source_can_make_it_grow_for_ever() {
        let mut many = Found::default();
        many.add(1, Role::Other, Step::Look);
        assert!(!many.is_cut());
        for number in 1..=9999 {
            many.add(number, Role::Other, Step::Look);
            many.call(format!("lic{number}"), Step::Licence);
            many.expect(format!("v{number}"));
        }
        assert_eq!(
            (many.ports().len(), many.names().count(), many.missing().count()),
            (MOST_PORTS, MOST_NAMES, MOST_PORTS)
        );
        let mut other = Found::default();
        other.merge(many);
        assert!(other.is_cut());
    }
}
