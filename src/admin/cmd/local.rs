//! The licence host of this machine: its administrators' socket, and FlexNet's flags that would name another.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::Args;
use licgate::admin::Admin;
use licgate::search::native;
use licgate_core::path::{Element, PathList, PortAtHost};
use licgate_machine::{facts, places};

use crate::failure::{Failure, Kind};
use crate::out::Out;

/// Which licence host of this machine.
#[derive(Debug, Default, Args)]
pub(super) struct Socket {
    /// The state directory of the licence host; its default is that of `licmgrd` for the same user
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Its administrators' socket, where that lies elsewhere
    #[arg(long, value_name = "FILE", conflicts_with = "state_dir")]
    socket: Option<PathBuf>,
    #[command(flatten)]
    flexnet: FlexNetFlags,
}

/// Flags of FlexNet's `lmdown` and `lmreread` that choose among licence hosts or overrule them.
#[derive(Debug, Default, Args)]
struct FlexNetFlags {
    /// Where FlexNet's programs look for the licence host
    #[arg(short = 'c', value_name = "LIST", hide = true)]
    list: Vec<String>,
    /// All licence hosts of the list
    #[arg(long, hide = true)]
    all: bool,
    /// Although licences are borrowed
    #[arg(long, hide = true)]
    force: bool,
    /// More words on errors
    #[arg(long, hide = true)]
    verbose: bool,
}

impl Socket {
    /// Connects to the master daemon; says which of FlexNet's flags have no effect.
    ///
    /// # Errors
    /// `-c` names only other machines: nobody may stop the wrong licence host by it.
    pub(super) fn connect(&self, out: &mut Out) -> Result<Admin, Failure> {
        self.flexnet.is_about_this_machine(is_own)?;
        if let Some(note) = self.flexnet.note() {
            out.talk(&note);
        }
        self.connect_again()
    }

    /// Another connection, without words.
    pub(super) fn connect_again(&self) -> Result<Admin, Failure> {
        let socket = match &self.socket {
            Some(socket) => socket.clone(),
            None => {
                let dir = self.state_dir.clone().or_else(places::state_dir);
                let dir = dir.ok_or_else(|| {
                    Failure::new(Kind::Usage, "there is no home directory to look for a licence host in")
                        .hint("say with --state-dir where its state is")
                })?;
                places::admin_socket(&dir)
            }
        };
        Ok(Admin::connect(&socket)?)
    }
}

impl FlexNetFlags {
    /// What has been given and has no effect.
    fn note(&self) -> Option<String> {
        let flags = [("-c", !self.list.is_empty()), ("-all", self.all), ("-force", self.force)];
        let given: Vec<_> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
        (!given.is_empty()).then(|| {
            format!(
                "note: {} has no effect here: this is about the licence host of this machine, which --state-dir names",
                given.join(" ")
            )
        })
    }

    fn is_about_this_machine(&self, is_own: impl Fn(&PortAtHost) -> bool) -> Result<(), Failure> {
        let list = PathList::parse(&self.list.join(if cfg!(windows) { ";" } else { ":" }), native())
            .map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        let is_here = |element: &Element| match element {
            Element::Path(_) => true,
            Element::Server(server) => is_own(server),
            Element::Triad(triad) => triad.iter().any(&is_own),
        };
        let Some(first) = list.elements().first() else { return Ok(()) };
        if list.elements().iter().any(is_here) {
            return Ok(());
        }
        Err(Failure::new(Kind::Usage, format!("'{first}' is another machine than this one"))
            .hint("licence hosts take orders from their own machine only: log in there, and leave out -c"))
    }
}

/// Whether the name or address is this machine's.
fn is_own(server: &PortAtHost) -> bool {
    let facts = facts::measure();
    let is_address = |address: IpAddr| {
        address.is_loopback() || facts.addresses.iter().any(|own| own.parse() == Ok(address))
    };
    if facts.names.iter().any(|name| name.eq_ignore_ascii_case(&server.host)) {
        return true;
    }
    let found = (server.host.as_str(), 0).to_socket_addrs();
    found.is_ok_and(|mut addresses| addresses.any(|address| is_address(address.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(list: &[&str]) -> FlexNetFlags {
        FlexNetFlags { list: list.iter().map(ToString::to_string).collect(), ..FlexNetFlags::default() }
    }

    #[test]
    fn a_list_that_names_only_other_machines_stops_nothing() {
        let is_own = |server: &PortAtHost| server.host == "lic1";
        for (list, is_here) in [
            (&[] as &[&str], true),
            (&["27000@lic1"], true),
            (&["27000@lic2", "@lic1"], true),
            (&["1@a,2@lic1,3@c"], true),
            (&["/opt/acme.lic"], true),
            (&["27000@lic2"], false),
            (&["1@a,2@b,3@c:@lic2"], false),
            (&["lic1:27000"], false),
        ] {
            assert_eq!(flags(list).is_about_this_machine(is_own).is_ok(), is_here, "{list:?}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names_and_addresses() {
        let own = |host: &str| is_own(&PortAtHost { host: host.into(), port: None });
        assert!(own("localhost") && own("127.0.0.1") && own("::1"));
        assert!(facts::measure().names.iter().all(|name| own(name)));
        assert!(!own("192.0.2.1"), "an address for documentation");
    }

    #[test]
    fn flags_without_effect_are_named() {
        let given = FlexNetFlags { all: true, force: true, ..flags(&["@lic1"]) };
        assert!(given.note().unwrap().starts_with("note: -c -all -force has no effect here"));
        assert_eq!(FlexNetFlags { verbose: true, ..flags(&[]) }.note(), None);
    }
}
