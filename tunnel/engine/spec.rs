//! What a tunnel is about: a server, and what is kept and said about it.

use std::path::PathBuf;

use licgate_core::path::PortAtHost;

use crate::failure::{Exit, Failure};
use crate::hosts::edit::entries;
use crate::hosts::file::HostsFile;
use crate::hosts::line::OwnerId;
use crate::hosts::name::{HostName, Names};
use crate::hosts::protocol::Wish;
use crate::loopback::Loopback;
use crate::profile::Profile;
use crate::ssh::config::{Destination, Request, evaluate};
use crate::ssh::target::Target;

/// What a tunnel is about.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The server, as typed or by the name of its profile.
    pub server: String,
    /// What is kept about it.
    pub profile: Profile,
    /// The ports of its master daemons that the command line names, in lists as licence variables hold them.
    pub masters: Vec<u16>,
    /// Whether a person can be asked for a password.
    pub at_terminal: bool,
}

impl Spec {
    /// What one would type after `ssh`.
    pub fn destination(&self) -> Result<Destination, Failure> {
        let typed = self.profile.ssh.as_deref().unwrap_or(&self.server);
        typed.parse().map_err(|error| Failure::new(Exit::BadConfig, format!("{error}")))
    }

    /// Whom to call and how.
    pub async fn target(&self) -> Result<Target, Failure> {
        let profile = &self.profile;
        let request = Request {
            user: profile.user.clone(),
            identities: profile.identities.clone(),
            jump: profile.jump.clone(),
            ..Request::new(self.destination()?)
        };
        let evaluated = evaluate(&request).await;
        let evaluated = evaluated.map_err(|error| Failure::new(Exit::BadConfig, error.to_string()))?;
        evaluated.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
        Ok(evaluated.target)
    }

    /// The name by which the server is known here: without account and port.
    pub fn name(&self) -> String {
        self.server.parse::<Destination>().map_or_else(|_| self.server.clone(), |typed| typed.host)
    }

    /// The names that applications use for the server, as far as the user says them.
    pub fn names(&self) -> Vec<String> {
        [self.name()].into_iter().chain(self.profile.names.iter().cloned()).collect()
    }

    /// What the command line says of its ports, as the value of a licence variable would.
    pub fn list(&self) -> String {
        let host = self.name();
        let element = |port: &u16| PortAtHost { host: host.clone(), port: Some(*port) }.to_string();
        self.masters.iter().map(element).collect::<Vec<_>>().join(if cfg!(windows) { ";" } else { ":" })
    }

    /// The server's address on this machine.
    pub fn address(&self) -> Result<Loopback, Failure> {
        if let Some(pinned) = self.profile.address {
            return Ok(pinned);
        }
        let own = OwnerId::of(&self.name());
        let file = HostsFile::system().read().unwrap_or_default();
        let blocks: Vec<_> = entries(&file).into_iter().filter_map(|entry| entry.block).collect();
        let is_taken = |address| blocks.iter().any(|block| block.address == address && block.id != own);
        Loopback::of(&self.name(), is_taken).ok_or_else(|| {
            Failure::new(Exit::PortTaken, "no loopback address is free")
                .with_hint("pin one in the profile: address = \"127.77.3.1\"")
        })
    }

    /// The block that the hosts file is to have for `names`; `None` when none of them can stand in it.
    pub fn block(&self, address: Loopback, names: &[String]) -> Option<Wish> {
        // The user's own come first; what a server says of itself is cut where it gets too much.
        let names = names.iter().filter_map(|name| HostName::parse(name).ok()).take(Names::MOST);
        let names = Names::new(names).ok()?;
        Some(Wish { id: OwnerId::of(&self.name()), pid: std::process::id(), address, names })
    }
}

/// The program itself, for helpers.
pub fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new(Exit::NoFile, format!("this program cannot be found: {error}")))
}
