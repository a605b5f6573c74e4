//! Licence files and licence variables on this machine.

use std::path::{Path, PathBuf};

use licgate_core::path::{Element, PathList, PortAtHost, Separator};
use licgate_machine::files;

use super::found::{Found, Role};
use super::licence::LicenceFile;
use super::{Request, Step, name, printable};

/// More files than this are not read.
const MOST: usize = 64;

const SEPARATOR: Separator = if cfg!(windows) { Separator::Semicolon } else { Separator::Colon };

/// The variables among `all` that name licence servers: `LM_LICENSE_FILE`, `ACME_LICENSE_FILE`, `RLM_LICENSE`, `acme_LICENSE`.
pub fn licence_variables(all: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let names_licences = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.ends_with("_LICENSE_FILE") || name.ends_with("_LICENSE")
    };
    all.filter(|(name, _)| names_licences(name)).collect()
}

/// What the files and variables of a request say about its server, with a remark on each that was of use or in trouble.
pub(super) fn search(request: &Request) -> (Found, Vec<String>) {
    let mut search = Search { names: &request.names, found: Found::default(), remarks: Vec::new(), read: 0 };
    for path in &request.files {
        search.path(path, Trust::Given);
    }
    for (variable, value) in &request.variables {
        search.variable(variable, value);
    }
    (search.found, search.remarks)
}

/// Whether a file is known to be about the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The user said so.
    Given,
    /// Only if one of its servers has the name.
    IfNamed,
}

struct Search<'a> {
    names: &'a [String],
    found: Found,
    remarks: Vec<String>,
    read: usize,
}

impl Search<'_> {
    fn path(&mut self, path: &Path, trust: Trust) {
        match files::licence_files(path) {
            Ok(paths) => paths.iter().for_each(|path| self.file(path, trust)),
            Err(error) if trust == Trust::Given => self.remarks.push(error.to_string()),
            // Variables often name files that are no more.
            Err(_) => {}
        }
    }

    fn file(&mut self, path: &Path, trust: Trust) {
        self.read += 1;
        if self.read > MOST {
            return;
        }
        let file = match files::read(path) {
            Ok(source) => LicenceFile::parse(&source),
            Err(error) => return self.remarks.push(error.to_string()),
        };
        if trust == Trust::IfNamed && !file.is_of(self.names) {
            return;
        }
        match file.about(self.names, Step::Licence) {
            Ok(found) => {
                self.remarks.push(format!("{} says {found}", path.display()));
                self.found.merge(found);
            }
            Err(why) => self.remarks.push(format!("{} is of no use: {why}", path.display())),
        }
        let others = file.others(self.names);
        if !others.is_empty() {
            self.remarks.push(format!(
                "it shares its licences with {}; they need tunnels of their own",
                others.join(", ")
            ));
        }
    }

    fn variable(&mut self, variable: &str, value: &str) {
        let list = match PathList::parse(value, SEPARATOR) {
            Ok(list) => list,
            Err(error) if value.contains('@') => {
                return self.remarks.push(printable(&format!("{variable}: {error}")));
            }
            // The variable is about something else.
            Err(_) => return,
        };
        for element in list.elements() {
            match element {
                Element::Path(path) => self.path(&PathBuf::from(path), Trust::IfNamed),
                Element::Server(server) => self.server(variable, server),
                Element::Triad(servers) => servers.iter().for_each(|server| self.server(variable, server)),
            }
        }
    }

    fn server(&mut self, variable: &str, server: &PortAtHost) {
        if !self.names.iter().any(|name| name::is_same_host(name, &server.host)) {
            return;
        }
        self.remarks.push(format!("{variable} has {server}"));
        name::host(&server.host).into_iter().for_each(|name| self.found.call(name, Step::Licence));
        let role = if server.port.is_some() { Role::Master } else { Role::Candidate };
        server.ports().for_each(|port| self.found.add(port, role.clone(), Step::Licence));
    }
}

#[cfg(test)]
mod tests;
