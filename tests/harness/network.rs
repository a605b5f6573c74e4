//! Two machines and a cable between them: network namespaces joined by a veth pair.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::process::{run, under};

/// Names of this many networks of one process are told apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Two namespaces and the link between them; all of it goes away with the test.
#[derive(Debug)]
pub struct Network {
    name: String,
}

impl Network {
    /// The licence host's address.
    pub const HOST: &str = "192.0.2.1";
    /// The client's address.
    pub const CLIENT: &str = "192.0.2.2";

    /// Two machines that reach each other.
    pub fn new() -> Self {
        clear_away();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // Dropped, it takes away what there is of it, so a half-built one leaves nothing behind.
        let network = Self { name: format!("lg{}n{number}", std::process::id()) };
        let (host, client) = (network.end("h"), network.end("c"));
        for end in [&host, &client] {
            ip(&["netns", "add", end]);
        }
        ip(&["-n", &host, "link", "add", "veth", "type", "veth", "peer", "name", "veth", "netns", &client]);
        for (end, address) in [(&host, Self::HOST), (&client, Self::CLIENT)] {
            ip(&["-n", end, "address", "add", &format!("{address}/24"), "dev", "veth"]);
            ip(&["-n", end, "link", "set", "lo", "up"]);
            ip(&["-n", end, "link", "set", "veth", "up"]);
        }
        network
    }

    /// `command` on the licence host.
    pub fn on_host(&self, command: &Command) -> Command {
        under(&["ip", "netns", "exec", &self.end("h")], command)
    }

    /// `command` on the client's machine.
    pub fn on_client(&self, command: &Command) -> Command {
        under(&["ip", "netns", "exec", &self.end("c")], command)
    }

    /// Pulls the cable out: nothing passes, and nobody is told.
    pub fn cut(&self) {
        ip(&["-n", &self.end("h"), "link", "set", "veth", "down"]);
    }

    /// Plugs the cable in again.
    pub fn mend(&self) {
        ip(&["-n", &self.end("h"), "link", "set", "veth", "up"]);
    }

    fn end(&self, which: &str) -> String {
        format!("{}{which}", self.name)
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for which in ["h", "c"] {
            drop(Command::new("ip").args(["netns", "del", &self.end(which)]).output());
        }
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
