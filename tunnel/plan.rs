//! What to forward where: profile and found ports make a plan, or the reasons why there is none.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use crate::discover::{MOST_PORTS, Role};
use crate::failure::{Exit, Failure};
use crate::hosts::name::HostName;

/// The first port that needs no privilege.
const FIRST_FREE: u16 = 1024;

/// Everything that a plan is made of.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The server's address on this machine.
    pub address: IpAddr,
    /// Names under which applications look for the server, given or found. Those that no hosts file can hold are left out.
    pub names: Vec<String>,
    /// Names that the server's side says and nobody speaks for; they are left alone.
    pub strange_names: Vec<String>,
    /// The server's ports, given or found.
    pub ports: Vec<Port>,
    /// Whether `ports` are all: the user named them, or master daemon and vendor daemons were found.
    pub is_whole: bool,
    /// Where the licence server is in the eyes of the ssh server, best first.
    pub hosts: Vec<String>,
    /// Whether this process may listen on ports below 1024.
    pub is_privileged: bool,
    /// What was tried to find ports, one line each.
    pub tried: Vec<String>,
}

/// A port of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its number, there and here.
    pub number: u16,
    /// What it is for.
    pub role: Role,
}

/// What is forwarded where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The server's address on this machine.
    pub address: IpAddr,
    /// The names that lead to it, without repetition.
    pub names: Vec<String>,
    /// Names that the server calls itself and that are left alone, as they may be another's.
    pub strange_names: Vec<String>,
    /// Where the licence server is in the eyes of the ssh server; the first that takes a connection is used.
    pub hosts: Vec<String>,
    /// The ports, each only once, by number.
    pub forwards: Vec<Port>,
    /// Whether these are all. If not, a vendor daemon is not up or was not seen.
    pub is_whole: bool,
}

/// What is different in a new plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ports to listen on.
    pub add: Vec<u16>,
    /// Ports to leave.
    pub drop: Vec<u16>,
}

/// A reason why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A port below 1024 wants privilege.
    Privileged(u16),
    /// No port is known; what was tried.
    NoPorts(Vec<String>),
    /// So many ports cannot be right.
    TooMany(usize),
}

impl Plan {
    /// The plan, or everything that stands in its way.
    pub fn make(wish: &Wish) -> Result<Self, Vec<Obstacle>> {
        let forwards = each_once(&wish.ports);
        let mut obstacles = Vec::new();
        if forwards.is_empty() {
            obstacles.push(Obstacle::NoPorts(wish.tried.clone()));
        }
        if forwards.len() > MOST_PORTS {
            obstacles.push(Obstacle::TooMany(forwards.len()));
        }
        let privileged = |port: &Port| port.number < FIRST_FREE && !wish.is_privileged;
        obstacles.extend(
            forwards.iter().filter(|port| privileged(port)).map(|port| Obstacle::Privileged(port.number)),
        );
        if !obstacles.is_empty() {
            return Err(obstacles);
        }
        let mut hosts = Vec::new();
        wish.hosts.iter().filter(|host| !host.is_empty()).for_each(|host| push_new(&mut hosts, host));
        if hosts.is_empty() {
            hosts.push("localhost".to_owned());
        }
        Ok(Self {
            address: wish.address,
            strange_names: names(&wish.strange_names),
            names: names(&wish.names),
            hosts,
            forwards,
            is_whole: wish.is_whole,
        })
    }

    /// The ports of which one has to take a connection, to show that the licence server answers: the master daemon's, else those on
    /// which it may be, else the first.
    pub fn proofs(&self) -> Vec<u16> {
        let with = |role: &Role| -> Vec<u16> {
            self.forwards.iter().filter(|port| port.role == *role).map(|port| port.number).collect()
        };
        let first = || self.forwards.first().map(|port| port.number).into_iter().collect();
        let ways = [with(&Role::Master), with(&Role::Candidate)];
        ways.into_iter().find(|ports| !ports.is_empty()).unwrap_or_else(first)
    }

    /// This plan with those ports of vendor daemons in `old` that a look which did not find all may have overlooked.
    #[must_use]
    pub fn keeping(mut self, old: Option<&Self>) -> Self {
        let is_vendor = |port: &&Port| matches!(port.role, Role::Vendor(_));
        if !self.is_whole {
            for port in old.iter().flat_map(|old| &old.forwards).filter(is_vendor) {
                if self.forwards.iter().all(|known| known.number != port.number) {
                    self.forwards.push(port.clone());
                }
            }
            self.forwards.sort_by_key(|port| port.number);
        }
        self
    }

    /// What has to change on the way from `old`, or from nothing, to this plan.
    pub fn changes_from(&self, old: Option<&Self>) -> Changes {
        let numbers = |plan: Option<&Self>| -> BTreeSet<u16> {
            plan.iter().flat_map(|plan| plan.forwards.iter().map(|port| port.number)).collect()
        };
        let (was, is) = (numbers(old), numbers(Some(self)));
        Changes { add: is.difference(&was).copied().collect(), drop: was.difference(&is).copied().collect() }
    }

    /// Whether the override of `old` does for this plan.
    pub fn same_override(&self, old: &Self) -> bool {
        self.address == old.address && self.names == old.names
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Privileged(port) => {
                write!(f, "port {port} is below {FIRST_FREE}, which only an administrator may listen on")
            }
            Self::NoPorts(tried) => {
                f.write_str("no licence port of the server is known")?;
                tried.iter().try_for_each(|tried| write!(f, "\n  tried: {tried}"))
            }
            Self::TooMany(count) => {
                write!(f, "{count} ports are too many, at most {MOST_PORTS} are forwarded; name fewer")
            }
        }
    }
}

/// Each number once: with the role that says most.
fn each_once(ports: &[Port]) -> Vec<Port> {
    let mut sorted: Vec<Port> = ports.iter().filter(|port| port.number != 0).cloned().collect();
    sorted.sort_by(|a, b| (a.number, &a.role).cmp(&(b.number, &b.role)));
    sorted.dedup_by_key(|port| port.number);
    sorted
}

fn names(given: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for name in given.iter().filter_map(|name| HostName::parse(name).ok()) {
        push_new(&mut names, name.as_str());
    }
    names
}

/// What to tell of names that are left alone; `None` where there are none.
pub fn left_alone(strange_names: &[String]) -> Option<Failure> {
    let [first, ..] = strange_names else { return None };
    let message = format!(
        "the server calls itself {} as well, which may be another's name and is left alone",
        strange_names.join(", ")
    );
    let hint = format!("if applications use it for this server: --name {first}, or names in the profile");
    Some(Failure::new(Exit::No, message).with_hint(hint))
}

fn push_new(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|known| known == item) {
        list.push(item.to_owned());
    }
}

#[cfg(test)]
mod tests;
