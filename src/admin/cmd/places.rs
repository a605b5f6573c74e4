//! The licence hosts that a command is about: those of `-c`, else those that the environment names.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use licgate::search::{Origin, Place, Surroundings, native};
use licgate_core::code::Code;
use licgate_core::licence::ast::{Server, Statement};
use licgate_core::path::{Element, PathList, PortAtHost};
use licgate_machine::files;

use crate::failure::{Failure, Kind};
use crate::out::Out;
use crate::remarks;

/// Flags that say where licences are.
#[derive(Debug, Default, Args)]
pub(super) struct Places {
    /// Where licences are: port@host, @host, licence files or directories, one or several with ':' between them
    ///
    /// Without it the variables LICGATE_LICENSE_FILE and LM_LICENSE_FILE say it.
    #[arg(short = 'c', long = "licence", value_name = "LIST")]
    lists: Vec<String>,
    /// How long to wait for a licence host, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
}

impl Places {
    /// How long a licence host is waited for.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    /// The places, in the order in which they are searched; what was passed over is said.
    pub(super) fn all(&self, out: &mut Out) -> Result<Vec<Place>, Failure> {
        let separator = native();
        let text = self.lists.join(if cfg!(windows) { ";" } else { ":" });
        let given = PathList::parse(&text, separator)
            .map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        let found = Surroundings::of_process().places(Some(&given), None);
        found.notes.iter().for_each(|note| out.talk(&format!("note: {note}")));
        Ok(found.places.into_iter().filter(is_there).collect())
    }

    /// The licence hosts, each once, in the order in which they are searched.
    pub(super) fn servers(&self, out: &mut Out) -> Result<Vec<PortAtHost>, Failure> {
        let mut servers: Vec<PortAtHost> = Vec::new();
        for place in self.all(out)? {
            let found = match place.element {
                Element::Server(server) => vec![server],
                Element::Triad(triad) => triad.to_vec(),
                Element::Path(path) => servers_in(Path::new(&path), out)?,
            };
            for server in found {
                if !servers.contains(&server) {
                    servers.push(server);
                }
            }
        }
        if servers.is_empty() {
            return Err(Failure::new(Kind::Usage, "no licence host is named")
                .hint("say where it is with -c port@host, or in the variable LM_LICENSE_FILE")
                .code(Code::NO_LICENSE_FILE));
        }
        Ok(servers)
    }
}

/// The places at which licences are looked for when nobody says anything are usually not there.
fn is_there(place: &Place) -> bool {
    match (&place.origin, &place.element) {
        (Origin::Default, Element::Path(path)) => Path::new(path).exists(),
        (Origin::Given | Origin::Variable(_) | Origin::Saved(_) | Origin::Default, _) => true,
    }
}

/// The licence hosts that the SERVER lines of a licence file, or of all in a directory, name.
fn servers_in(path: &Path, out: &mut Out) -> Result<Vec<PortAtHost>, Failure> {
    let mut servers = Vec::new();
    for file in files::licence_files(path)? {
        let text = remarks::read(&file)?;
        let before = servers.len();
        for line in &text.licence.statements {
            match &line.node {
                Statement::Server(server) => servers.push(address(server)),
                Statement::Vendor(_)
                | Statement::UseServer
                | Statement::Feature(_)
                | Statement::Upgrade(_)
                | Statement::Package(_) => {}
            }
        }
        if servers.len() == before {
            out.talk(&format!("note: {} has no SERVER line, so nobody can be asked about it", file.display()));
        }
    }
    Ok(servers)
}

fn address(server: &Server) -> PortAtHost {
    let host = server.host.node.as_str();
    let host = if host.eq_ignore_ascii_case(Server::THIS_HOST) { "localhost" } else { host };
    PortAtHost { host: host.into(), port: server.port.as_ref().map(|port| port.node).filter(|port| *port > 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::tests::Kept;

    #[test]
    fn hosts_are_read_from_lists_and_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        file("a.lic", "SERVER lic2 ANY 27001\nVENDOR acme\n");
        file("b.lic", "SERVER this_host ANY\nVENDOR acme\n");
        file("c.lic", "FEATURE f acme 1.0 permanent uncounted HOSTID=ANY SIGN=\"00\"\n");
        let talk = Kept::default();
        let mut out = Out::new(Box::new(Kept::default()), Box::new(talk.clone()));
        let lists = vec![format!("27000@lic1:{}", dir.path().display()), "27000@lic1:@lic3".into()];
        let servers = Places { lists, timeout: 1 }.servers(&mut out).unwrap();
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["27000@lic1", "27001@lic2", "@localhost", "@lic3"]);
        assert!(talk.text().ends_with("c.lic has no SERVER line, so nobody can be asked about it\n"));
    }

    #[test]
    fn a_place_that_makes_no_sense_is_a_usage_error() {
        let mut out = Out::new(Box::new(Kept::default()), Box::new(Kept::default()));
        let failure = Places { lists: vec!["lic1:27000".into()], timeout: 1 }.servers(&mut out).unwrap_err();
        assert_eq!(failure.status(crate::failure::Manner::Licgate), 2, "{failure}");
        let missing = Places { lists: vec!["/no/such/file.lic".into()], timeout: 1 };
        assert!(missing.servers(&mut out).unwrap_err().to_string().contains("/no/such/file.lic"));
    }
}
