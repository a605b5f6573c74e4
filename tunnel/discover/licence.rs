//! Names and ports that a licence file tells: FlexNet's and licgate's, read by the grammar of the core, and RLM's.

use licgate_core::host::HostId;
use licgate_core::licence::ast::{Server, Statement};
use licgate_core::licence::parse;
use licgate_core::text::Source;

use super::Step;
use super::found::{Found, Role};
use super::name;
use super::system::System;

/// More servers and vendors than this of one file are not read.
const MOST: usize = 64;

/// The servers and vendor daemons of a licence file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LicenceFile {
    servers: Vec<(String, Option<u16>)>,
    vendors: Vec<(String, Option<u16>)>,
    system: Option<System>,
}

impl LicenceFile {
    /// Reads a licence text, as far as it can be understood.
    pub(super) fn parse(source: &Source) -> Self {
        let mut file = if is_rlm(source.text()) { rlm(source.text()) } else { flexnet(source) };
        file.servers.truncate(MOST);
        file.vendors.truncate(MOST);
        file
    }

    /// What it tells about the server with these names. Where a file has one server, that is the one, whatever it is called.
    ///
    /// # Errors
    /// The file has no servers, or several and none of these names: plain words.
    pub(super) fn about(&self, names: &[String], by: Step) -> Result<Found, String> {
        let is_named = |host: &str| names.iter().any(|name| name::is_same_host(host, name));
        let server = match &*self.servers {
            [] => return Err("it names no server".to_owned()),
            [only] => only,
            several => several.iter().find(|(host, _)| is_named(host)).ok_or_else(|| {
                let hosts: Vec<_> = several.iter().filter_map(|(host, _)| name::host(host)).collect();
                format!("it names the servers {}, and none of them is this one", hosts.join(", "))
            })?,
        };
        let mut found = Found::default();
        name::host(&server.0).into_iter().for_each(|name| found.call(name, by));
        self.system.into_iter().for_each(|system| found.recognise(system));
        match server.1 {
            Some(port) => found.add(port, Role::Master, by),
            None => {
                let system = self.system.unwrap_or(System::FlexNet);
                system.usual_ports().for_each(|port| found.add(port, Role::Candidate, by));
            }
        }
        for (vendor, port) in &self.vendors {
            let Some(vendor) = name::vendor(vendor) else { continue };
            match port {
                Some(port) => found.add(*port, Role::Vendor(vendor), by),
                None => found.expect(vendor),
            }
        }
        Ok(found)
    }

    /// Whether one of its servers has one of these names, or goes by whatever name it is called.
    pub(super) fn is_of(&self, names: &[String]) -> bool {
        self.servers.iter().any(|(host, _)| {
            *host == Server::THIS_HOST || names.iter().any(|name| name::is_same_host(host, name))
        })
    }

    /// The other servers of a triad, which need tunnels of their own.
    pub(super) fn others(&self, names: &[String]) -> Vec<String> {
        if self.servers.len() < 2 {
            return Vec::new();
        }
        let is_named = |host: &str| names.iter().any(|name| name::is_same_host(host, name));
        self.servers.iter().filter_map(|(host, _)| name::host(host)).filter(|host| !is_named(host)).collect()
    }
}

fn flexnet(source: &Source) -> LicenceFile {
    let mut file = LicenceFile::default();
    for statement in parse(source).0.statements {
        match statement.node {
            Statement::Server(server) => {
                // No other licence system can show this host id.
                if server.hostids.node.iter().any(|id| matches!(id, HostId::Key(_))) {
                    file.system = Some(System::Licgate);
                }
                file.servers.push((server.host.node, server.port.map(|port| port.node)));
            }
            Statement::Vendor(vendor) => {
                file.vendors.push((vendor.name.node.as_str().to_owned(), vendor.port.map(|port| port.node)));
            }
            Statement::UseServer | Statement::Feature(_) | Statement::Upgrade(_) | Statement::Package(_) => {}
        }
    }
    file
}

/// Whether a word begins a line of this text that only RLM has. RLM reads SERVER for HOST as well, but no FlexNet file has ISV.
fn is_rlm(text: &str) -> bool {
    let first = |line: &str| line.split_ascii_whitespace().next().map(str::to_ascii_uppercase);
    text.lines().filter_map(first).any(|word| word == "HOST" || word == "ISV")
}

/// `HOST name hostid [port]` and `ISV name [binary [options [port]]] [port=port]`.
fn rlm(text: &str) -> LicenceFile {
    let mut file = LicenceFile { system: Some(System::Rlm), ..LicenceFile::default() };
    for line in text.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let Some((keyword, rest)) = words.split_first() else { continue };
        match (keyword.to_ascii_uppercase().as_str(), rest) {
            ("HOST" | "SERVER", [host, _, rest @ ..]) => {
                file.servers.push(((*host).to_owned(), rest.first().and_then(|word| port(word))));
            }
            ("ISV" | "VENDOR" | "DAEMON", [vendor, rest @ ..]) => {
                let named = rest.iter().find_map(|word| {
                    let (keyword, value) = word.split_once('=')?;
                    if keyword.eq_ignore_ascii_case("port") { port(value) } else { None }
                });
                let positional = || rest.get(2).and_then(|word| port(word));
                file.vendors.push(((*vendor).to_owned(), named.or_else(positional)));
            }
            _ => {}
        }
    }
    file
}

fn port(word: &str) -> Option<u16> {
    word.parse().ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn about(text: &str, server: &str) -> Result<String, String> {
        let found = LicenceFile::parse(&Source::new("x.lic", text)).about(&[server.into()], Step::Licence)?;
        let names: Vec<_> = found.names().collect();
        let missing: Vec<_> = found.missing().collect();
        let system = found.system().map_or_else(String::new, |system| format!(" {system}"));
        Ok(format!("{} {found} without {}{system}", names.join("+"), missing.join("+")))
    }

    #[test]
    fn names_and_ports_are_read_as_their_systems_read_them() {
        for (text, expected) in [
            (
                "SERVER LIC1.corp 0050560a1b2c 1715\nVENDOR acme /opt/acme OPTIONS=a.opt PORT=1716\nUSE_SERVER\n",
                "lic1.corp 1715 (master daemon), 1716 (vendor daemon acme) without ",
            ),
            (
                "SERVER lic1 ANY 27000\r\nDAEMON acme\r\nVENDOR orbit /a /b 2222\r\n",
                "lic1 2222 (vendor daemon orbit), 27000 (master daemon) without acme",
            ),
            ("SERVER this_host ANY 27000", " 27000 (master daemon) without "),
            (
                "SERVER lic1 KEY=ed25519:0707070707070707070707070707070707070707070707070707070707070707 27000",
                "lic1 27000 (master daemon) without  licgate",
            ),
            (
                "HOST melody 80b918aa 2700\nISV reprise /a/b /a/c 8765\nISV other port=8766 binary=/x\nisv third\n",
                "melody 2700 (master daemon), 8765 (vendor daemon reprise), 8766 (vendor daemon other) without third RLM",
            ),
            ("SERVER melody any\nISV reprise", "melody 5053 (perhaps the master daemon) without reprise RLM"),
        ] {
            assert_eq!(about(text, "lic1").as_deref(), Ok(expected), "{text}");
        }
        let unsaid = about("SERVER lic1 ANY\nVENDOR acme", "lic1").unwrap();
        assert!(unsaid.contains("27000 (perhaps") && unsaid.contains("27009 (perhaps"), "{unsaid}");
    }

    #[test]
    fn of_a_triad_only_the_server_itself_counts() {
        let triad = "SERVER a ANY 5280\nSERVER b.corp ANY 5281\nSERVER c ANY 5282\nVENDOR acme PORT=5290\n";
        assert_eq!(
            about(triad, "b").unwrap(),
            "b.corp 5281 (master daemon), 5290 (vendor daemon acme) without "
        );
        assert_eq!(
            about(triad, "d").unwrap_err(),
            "it names the servers a, b.corp, c, and none of them is this one"
        );
        let file = LicenceFile::parse(&Source::new("x.lic", triad));
        assert_eq!(file.others(&["b".into()]), ["a", "c"]);
        assert!(file.is_of(&["c.corp".into()]) && !file.is_of(&["d".into()]));
        assert_eq!(about("VENDOR acme", "a").unwrap_err(), "it names no server");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((SERVER|HOST|ISV|VENDOR|x)[ =a0-9\\n\\u{1b}]{0,20}){0,20}") {
            drop(about(&text, "lic1"));
        }
    }
}
