//! Processes, sockets and licence files of a host joined: which ports are the licence server's.

use std::collections::{BTreeMap, BTreeSet};

use super::processes::Process;
use super::sockets::{Listener, Reach};
use crate::discover::found::{Found, Role};
use crate::discover::licence::LicenceFile;
use crate::discover::{Step, System, name};

/// What a host showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::discover) struct Seen {
    /// What was left out, in plain words.
    pub(super) cut: Vec<String>,
    /// The name that its system has.
    pub(super) machine: Option<String>,
    /// Its processes.
    pub(super) processes: Vec<Process>,
    /// Its listening sockets.
    pub(super) listeners: Vec<Listener>,
    /// The licence files of its licence servers, as far as they could be read.
    pub(super) files: Vec<LicenceFile>,
}

/// What it comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::discover) struct Judgement {
    /// Names and ports.
    pub(in crate::discover) found: Found,
    /// What is wrong or could not be seen, in plain words.
    pub(in crate::discover) remarks: Vec<String>,
}

/// Which of the ports are the licence server's. Sockets that only the host itself can reach count when the forwards end on its
/// loopback address.
pub(in crate::discover) fn judge(seen: &Seen, names: &[String], to_localhost: bool) -> Judgement {
    let staff = Staff::of(&seen.processes);
    let reachable: Vec<&Listener> =
        seen.listeners.iter().filter(|socket| to_localhost || socket.reach == Reach::Network).collect();
    let mut remarks = seen.cut.clone();
    let stated = stated(seen, names, &mut remarks);
    let mut found = Found::default();
    staff.masters.values().for_each(|system| found.recognise(*system));
    found.name_as(&stated);
    seen.machine.iter().for_each(|name| found.stand_on(name.clone()));
    for (ports, system) in staff.ports_of_masters(&reachable) {
        found.recognise(system);
        let main = main_ports(&ports, &stated, system);
        for port in ports {
            let role = if main.contains(&port) { Role::Master } else { Role::Other };
            found.add(port, role, Step::Look);
        }
    }
    for socket in &reachable {
        let vendor = socket.pid.and_then(|pid| staff.vendors.get(&pid));
        vendor.into_iter().for_each(|name| found.add(socket.port, Role::Vendor(name.clone()), Step::Look));
    }
    for (port, known) in stated.ports() {
        let listens = reachable.iter().any(|socket| socket.port == *port && !staff.is_strange(socket));
        if listens || seen.listeners.is_empty() {
            found.add(*port, known.role.clone(), Step::Look);
        }
    }
    staff.vendors.values().for_each(|name| found.expect(name.clone()));
    // Which of several master daemons a vendor daemon that is missing belongs to, nobody can tell.
    if staff.masters.is_empty() || staff.vendors.is_empty() {
        stated.missing().for_each(|name| found.expect(name.to_owned()));
    }
    let system = found.system();
    found.system().or(stated.system()).into_iter().for_each(|system| found.recognise(system));
    remark(&staff, seen, &reachable, &found, &mut remarks);
    if system.is_none() && found.ports().is_empty() {
        remarks.push("no licence server that this account can see runs there".to_owned());
    }
    Judgement { found, remarks }
}

/// Who of the processes works for a licence server.
struct Staff {
    masters: BTreeMap<u32, System>,
    vendors: BTreeMap<u32, String>,
}

impl Staff {
    fn of(processes: &[Process]) -> Self {
        let rlms: BTreeSet<u32> = processes
            .iter()
            .filter(|process| System::of_program(&process.program) == Some(System::Rlm))
            .map(|process| process.pid)
            .collect();
        let mut masters: BTreeMap<u32, System> = processes
            .iter()
            .filter(|process| !(rlms.contains(&process.pid) && rlms.contains(&process.parent)))
            .filter_map(|process| Some((process.pid, System::of_program(&process.program)?)))
            .collect();
        // Its ports would be in the way of the same program on the user's machine.
        if masters.values().any(|system| *system != System::SentinelLdk) {
            masters.retain(|_, system| *system != System::SentinelLdk);
        }
        let starts_vendors = |pid: &u32| masters.get(pid).is_some_and(|system| system.has_vendors());
        let works = |process: &&Process| {
            !masters.contains_key(&process.pid) && (process.told.by_lmgrd || starts_vendors(&process.parent))
        };
        let vendor =
            |process: &Process| process.told.vendor.clone().or_else(|| name::vendor(&process.program));
        let vendors = processes
            .iter()
            .filter(works)
            .filter_map(|process| Some((process.pid, vendor(process)?)))
            .collect();
        Self { masters, vendors }
    }

    /// The ports of each master daemon. Without the right to see processes, a tool may still tell the program's name.
    fn ports_of_masters(&self, listeners: &[&Listener]) -> Vec<(BTreeSet<u16>, System)> {
        let mut ports: BTreeMap<(Option<u32>, u8), (BTreeSet<u16>, System)> = BTreeMap::new();
        for socket in listeners {
            let by_pid = socket.pid.and_then(|pid| self.masters.get(&pid).copied());
            let is_vendor = socket.pid.is_some_and(|pid| self.vendors.contains_key(&pid));
            let is_dongle = |system: &System| *system == System::SentinelLdk && !self.masters.is_empty();
            let named = || socket.program.as_deref().and_then(System::of_program);
            let by_name = || named().filter(|system| !is_vendor && !is_dongle(system));
            if let Some(system) = by_pid.or_else(by_name) {
                let of = ports.entry((socket.pid, system as u8)).or_insert_with(|| (BTreeSet::new(), system));
                of.0.insert(socket.port);
            }
        }
        ports.into_values().collect()
    }

    /// Those who listen, but not where anybody can reach them.
    fn host_only(&self, all: &[Listener], reachable: &[&Listener]) -> BTreeSet<Role> {
        let role = |socket: &Listener| {
            let pid = socket.pid?;
            let vendor = self.vendors.get(&pid).map(|name| Role::Vendor(name.clone()));
            vendor.or_else(|| self.masters.contains_key(&pid).then_some(Role::Master))
        };
        let reached: BTreeSet<Role> = reachable.iter().filter_map(|socket| role(socket)).collect();
        all.iter().filter_map(role).filter(|role| !reached.contains(role)).collect()
    }

    /// Whether a socket is known to be none of theirs.
    fn is_strange(&self, socket: &Listener) -> bool {
        let is_master = socket.program.as_deref().and_then(System::of_program).is_some();
        let is_staff = |pid: u32| self.masters.contains_key(&pid) || self.vendors.contains_key(&pid);
        socket.pid.is_some_and(|pid| !is_staff(pid)) && !is_master
    }
}

/// What the licence files and the command lines of vendor daemons say.
fn stated(seen: &Seen, names: &[String], remarks: &mut Vec<String>) -> Found {
    let mut stated = Found::default();
    for file in &seen.files {
        match file.about(names, Step::Look) {
            Ok(found) => stated.merge(found),
            Err(why) => remarks.push(format!("a licence file there is of no use: {why}")),
        }
    }
    for process in &seen.processes {
        let told = &process.told;
        told.host.iter().for_each(|host| stated.call(host.clone(), Step::Look));
        told.master_port.into_iter().for_each(|port| stated.add(port, Role::Master, Step::Look));
        if let (Some(port), Some(vendor)) = (told.port, name::vendor(&process.program)) {
            stated.add(port, Role::Vendor(vendor), Step::Look);
        }
    }
    stated
}

/// Which of one master daemon's ports are for licences: those that are written somewhere, else those where such daemons usually
/// are, else the lowest. The others are for its web pages and the like.
fn main_ports(ports: &BTreeSet<u16>, stated: &Found, system: System) -> BTreeSet<u16> {
    let written: BTreeSet<u16> = stated.masters().filter(|port| ports.contains(port)).collect();
    let is_usual = |port: &&u16| system.usual_ports().contains(*port);
    let usual = || ports.iter().filter(is_usual).take(1).copied().collect::<BTreeSet<_>>();
    let choices = [written, usual(), ports.iter().take(1).copied().collect()];
    choices.into_iter().find(|choice| !choice.is_empty()).unwrap_or_default()
}

fn remark(staff: &Staff, seen: &Seen, reachable: &[&Listener], found: &Found, remarks: &mut Vec<String>) {
    if seen.listeners.is_empty() {
        remarks.push("its listening ports cannot be seen by this account".to_owned());
    }
    let host_only = staff.host_only(&seen.listeners, reachable);
    for who in &host_only {
        remarks.push(format!("the {who} there listens on the server's loopback address only"));
    }
    if staff.masters.values().any(|system| *system == System::SentinelRms) {
        remarks.push("Sentinel RMS runs there, whose clients use UDP, which ssh does not carry".to_owned());
    }
    if staff.masters.values().any(|system| system.has_vendors()) && staff.vendors.is_empty() {
        remarks.push(
            "a master daemon runs there, but no vendor daemon: ask the server's administrator".to_owned(),
        );
    }
    let is_hidden = |name: &&str| !host_only.contains(&Role::Vendor((*name).to_owned()));
    let missing: Vec<&str> = found.missing().filter(is_hidden).collect();
    if !missing.is_empty() {
        remarks.push(format!(
            "the port of {} cannot be seen by this account: give it with --ports, or log in as the account that runs it",
            missing.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests;
