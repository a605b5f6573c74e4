//! Two machines and a cable between them.

use std::process::Command;

use super::namespace::Namespace;

/// A licence host and a client's machine that reach each other; all of it goes away with the test.
#[derive(Debug)]
pub struct Network {
    host: Namespace,
    client: Namespace,
}

impl Network {
    /// The licence host's address.
    pub const HOST: &str = "192.0.2.1";
    /// The client's address.
    pub const CLIENT: &str = "192.0.2.2";

    /// Two machines that reach each other.
    pub fn new() -> Self {
        let [host, client] = Namespace::some(['h', 'c']);
        let (near, far) = (format!("{}/24", Self::HOST), format!("{}/24", Self::CLIENT));
        host.join(("veth", &near), &client, ("veth", &far));
        Self { host, client }
    }

    /// `command` on the licence host.
    pub fn on_host(&self, command: &Command) -> Command {
        self.host.command(command)
    }

    /// `command` on the client's machine.
    pub fn on_client(&self, command: &Command) -> Command {
        self.client.command(command)
    }

    /// Pulls the cable out: nothing passes, and nobody is told.
    pub fn cut(&self) {
        self.host.ip(&["link", "set", "veth", "down"]);
    }

    /// Plugs the cable in again.
    pub fn mend(&self) {
        self.host.ip(&["link", "set", "veth", "up"]);
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}
