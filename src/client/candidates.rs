//! From places to candidates: whom to ask, in which order.

use std::path::Path;

use licgate_core::code::Code;
use licgate_core::host::{HostId, allows_platform};
use licgate_core::licence::ast::{Attribute, Count, Feature, Server, Statement};
use licgate_core::licence::{Licence, Proof, parse};
use licgate_core::path::{DEFAULT_PORTS, Element, PortAtHost};
use licgate_core::version::Version;

use crate::errand::{Errand, Trust};
use crate::error::{Error, Report};
use crate::search::{Origin, Place};

/// Somebody who may grant.
#[derive(Debug, Clone)]
pub(crate) enum Candidate {
    /// A licence host. `scanned` means that the port is a guess, so that nobody there is no news.
    Server { host: String, port: u16, scanned: bool },
    /// A licence file on this machine that needs no server.
    Local(LocalSeat),
}

/// A node-locked licence that holds by itself.
#[derive(Debug, Clone)]
pub(crate) struct LocalSeat {
    pub(crate) version: Version,
    pub(crate) file: String,
}

impl Candidate {
    /// As path lists write it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Server { host, port, .. } => {
                PortAtHost { host: host.clone(), port: Some(*port) }.to_string()
            }
            Self::Local(seat) => seat.file.clone(),
        }
    }
}

/// All candidates of the errand's places, in order, and what went wrong in collecting them.
pub(crate) fn candidates(errand: &Errand) -> (Vec<Candidate>, Vec<Error>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for place in &errand.places {
        match &place.element {
            Element::Server(server) => add_server(&mut found, server),
            Element::Triad(servers) => servers.iter().for_each(|server| add_server(&mut found, server)),
            Element::Path(path) => {
                let (files, unread) = read_all(Path::new(path));
                errors.extend(unread.into_iter().filter(|error| worth_saying(place, error)));
                errors.extend(files.iter().filter_map(|file| add_file(&mut found, errand, file)));
            }
        }
    }
    (found, errors)
}

/// The licence hosts that these places name, in order, for tools that talk to servers: `port@host` elements themselves,
/// and the SERVER lines of licence files. Without a port, the master daemon is at one of [`DEFAULT_PORTS`].
///
/// # Errors
/// Beside the hosts, what was wrong with files.
pub fn servers(places: &[Place]) -> (Vec<PortAtHost>, Vec<Error>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for place in places {
        match &place.element {
            Element::Server(server) => found.push(server.clone()),
            Element::Triad(servers) => found.extend_from_slice(servers),
            Element::Path(path) => {
                let (files, unread) = read_all(Path::new(path));
                errors.extend(unread.into_iter().filter(|error| worth_saying(place, error)));
                found.extend(files.iter().flat_map(|(_, licence)| hosts(licence)));
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|server| seen.insert(server.clone()));
    (found, errors)
}

fn add_server(found: &mut Vec<Candidate>, server: &PortAtHost) {
    let scanned = server.port.is_none();
    for port in server.ports() {
        let known = |other: &Candidate| match other {
            Candidate::Server { host, port: its, .. } => *host == server.host && *its == port,
            Candidate::Local(_) => false,
        };
        if !found.iter().any(known) {
            found.push(Candidate::Server { host: server.host.clone(), port, scanned });
        }
    }
}

/// Adds the candidates of a licence file; what is wrong with it.
fn add_file(
    found: &mut Vec<Candidate>,
    errand: &Errand,
    (file, licence): &(String, Licence),
) -> Option<Error> {
    let hosts = hosts(licence);
    let error = match local_seat(errand, file, licence) {
        Ok(Some(seat)) => {
            found.push(Candidate::Local(seat));
            None
        }
        Ok(None) => hosts.is_empty().then(|| no_line(errand, file)),
        Err(error) => Some(error),
    };
    hosts.iter().for_each(|server| add_server(found, server));
    error
}

fn no_line(errand: &Errand, file: &str) -> Error {
    let why = format!("'{file}' names no server and has no node-locked line for \"{}\"", errand.feature);
    Error::Denied(Report::new(Code::NO_SUCH_FEATURE, why))
}

/// A default place that does not exist is nothing to talk about.
fn worth_saying(place: &Place, error: &Error) -> bool {
    place.origin != Origin::Default || error.code() != Some(Code::NO_LICENSE_FILE)
}

/// A file, or all licence files of a directory, with their names; and what cannot be read.
fn read_all(path: &Path) -> (Vec<(String, Licence)>, Vec<Error>) {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    match licgate_machine::files::licence_files(path) {
        Ok(files) if files.is_empty() => {
            let why = format!("there is no licence file (*.lic) in the directory '{}'", path.display());
            errors.push(Error::Machine(Report::new(Code::NO_LICENSE_FILE, why)));
        }
        Ok(files) => {
            for file in files {
                match read_file(&file) {
                    Ok(licence) => read.push((file.display().to_string(), licence)),
                    Err(error) => errors.push(error),
                }
            }
        }
        Err(error) => errors.push(unread(&error)),
    }
    (read, errors)
}

fn read_file(path: &Path) -> Result<Licence, Error> {
    let source = licgate_machine::files::read(path).map_err(|error| unread(&error))?;
    Ok(parse(&source).0)
}

fn unread(error: &licgate_machine::files::FileError) -> Error {
    let (action, path, source) = (error.action, error.path.display(), &error.source);
    if source.kind() == std::io::ErrorKind::NotFound {
        let why = format!("there is no licence file '{path}'; check the path, or name a server as port@host");
        return Error::Machine(Report::new(Code::NO_LICENSE_FILE, why).system(source));
    }
    let why = format!("cannot {action} '{path}': {source}");
    Error::Machine(Report::new(Code::CANNOT_READ_FILE, why).system(source))
}

/// The licence hosts of a file. `this_host` in a file that is read here can only mean this machine.
fn hosts(licence: &Licence) -> Vec<PortAtHost> {
    let server = |server: &Server| {
        let host = match server.host.node.as_str() {
            Server::THIS_HOST => "localhost",
            name => name,
        };
        PortAtHost { host: host.into(), port: server.port.as_ref().map(|port| port.node) }
    };
    server_lines(licence).map(server).collect()
}

fn server_lines(licence: &Licence) -> impl Iterator<Item = &Server> {
    licence.statements.iter().filter_map(|statement| match &statement.node {
        Statement::Server(server) => Some(server),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    })
}

/// An uncounted line that the vendor locked to this machine, above USE_SERVER. If there are such lines but none of them
/// is good, the error says what is the matter with the last.
fn local_seat(errand: &Errand, file: &str, licence: &Licence) -> Result<Option<LocalSeat>, Error> {
    let statements = licence.statements.iter().map(|statement| &statement.node);
    let own = statements.take_while(|statement| !matches!(statement, Statement::UseServer));
    let id_texts = |server: &Server| {
        let ids: Vec<_> = server.hostids.node.iter().map(ToString::to_string).collect();
        ids.join(" ")
    };
    let server_hostids: Vec<_> = server_lines(licence).map(id_texts).collect();
    // The line needs no server, so whose key the server has does not matter: take the one that the file names.
    let key = |id: &HostId| if let HostId::Key(key) = id { Some(*key) } else { None };
    let server_key = server_lines(licence).flat_map(|server| &server.hostids.node).find_map(key);
    let mut refused = None;
    for statement in own {
        let Statement::Feature(line) = statement else { continue };
        if !is_local(line) || line.name.node != errand.feature || !fits(errand, line) {
            continue;
        }
        if matches!(errand.trust, Trust::Anybody) {
            let why = format!(
                "'{file}' counts for nothing without the vendor's key: anybody could write such a file"
            );
            return Err(Error::Denied(Report::new(Code::BAD_SIGNATURE, why)));
        }
        let proof = Proof { lines: vec![statement.to_string()], server_hostids: server_hostids.clone() };
        match errand.prove(&proof, &line.vendor.node, errand.seats, server_key.unwrap_or_default()) {
            Ok(()) => {
                return Ok(Some(LocalSeat { version: line.version.node.clone(), file: file.to_owned() }));
            }
            Err(error) => {
                refused = Some(Error::Denied(Report::new(error.code, format!("'{file}': {error}"))));
            }
        }
    }
    refused.map_or(Ok(None), Err)
}

fn is_local(line: &Feature) -> bool {
    let locked = line.attributes.iter().any(|attribute| matches!(attribute.node, Attribute::HostId(_)));
    line.count.node == Count::Uncounted && locked
}

fn fits(errand: &Errand, line: &Feature) -> bool {
    let platform = licgate_machine::facts::platform();
    let allows = |attribute: &Attribute| match attribute {
        Attribute::Platforms(platforms) => allows_platform(platforms, platform),
        _ => true,
    };
    errand.vendor.as_ref().is_none_or(|vendor| *vendor == line.vendor.node)
        && line.attributes.iter().all(|attribute| allows(&attribute.node))
}

/// Says that nobody is at any of the scanned ports of `host`; `error` is what was wrong with one of them.
pub(crate) fn nobody_scanned(host: &str, error: Error) -> Error {
    if error.code() == Some(Code::UNKNOWN_HOST) {
        return error;
    }
    let (first, last) = (DEFAULT_PORTS.start(), DEFAULT_PORTS.end());
    let why = format!(
        "no licence server is at '{host}' on any port from {first} to {last}; name its port, as in 27010@{host}"
    );
    Error::Unreachable(Report::new(Code::CANNOT_CONNECT, why))
}
