//! A machine of a test: a network namespace, and what runs in it.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::process::{run, under};

/// Machines of this many sets of one process are told apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A machine with a network of its own; it goes away with the test.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A machine for each of these letters, not joined yet, each with its loopback interface up.
    pub fn some<const N: usize>(letters: [char; N]) -> [Self; N] {
        clear_away();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        letters.map(|letter| {
            // Dropped, it takes away what there is of it, so a half-built one leaves nothing behind.
            let machine = Self { name: format!("lg{}n{number}{letter}", std::process::id()) };
            ip(&["netns", "add", &machine.name]);
            machine.ip(&["link", "set", "lo", "up"]);
            machine
        })
    }

    /// Lays a cable to another machine: the interface at each end, and its address with the length of its prefix.
    pub fn join(&self, (interface, address): (&str, &str), other: &Self, (far, far_address): (&str, &str)) {
        self.ip(&["link", "add", interface, "type", "veth", "peer", "name", far, "netns", &other.name]);
        for (machine, interface, address) in [(self, interface, address), (other, far, far_address)] {
            machine.ip(&["address", "add", address, "dev", interface]);
            machine.ip(&["link", "set", interface, "up"]);
        }
    }

    /// Runs `ip` on this machine.
    pub fn ip(&self, arguments: &[&str]) {
        let mut all = vec!["-n", &self.name];
        all.extend(arguments);
        ip(&all);
    }

    /// `command` on this machine.
    pub fn command(&self, command: &Command) -> Command {
        under(&["ip", "netns", "exec", &self.name], command)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["netns", "del", &self.name]).output());
    }
}

fn ip(arguments: &[&str]) {
    let (code, _, said) = run(Command::new("ip").args(arguments));
    assert_eq!(code, 0, "ip {}: {said}", arguments.join(" "));
}

/// Removes namespaces of test runs that were killed before they could do it themselves.
fn clear_away() {
    for entry in fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("lg").and_then(|rest| rest.split_once('n')).map(|(pid, _)| pid);
        let Some(Ok(pid)) = owner.map(str::parse::<u32>) else { continue };
        if !fs::exists(format!("/proc/{pid}")).unwrap_or(true) {
            drop(Command::new("ip").args(["netns", "del", &name]).output());
        }
    }
}
