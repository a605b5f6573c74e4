//! From licence files to the book that is served: reading, checking, compiling, and what is to be said about it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use licgate_core::host::{HostFacts, HostId};
use licgate_core::id::VendorName;
use licgate_core::licence::ast::{self, Statement};
use licgate_core::licence::{Book, Licence, Signed, Surroundings, VendorKey, check, parse};
use licgate_core::options::{Policy, Settings};
use licgate_core::text::{Diagnostic, Severity, Source};
use licgate_core::time::Zone as _;
use licgate_machine::files;
use licgate_machine::zone::Local;
use tracing::{error, info, warn};

use super::rules::{self, Rules};
use crate::clock;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::keys::vendor_key;

/// What is to be read.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Whose lines count.
    pub(super) vendor: VendorName,
    /// Files, and directories of which all `*.lic` count.
    pub(super) paths: Vec<PathBuf>,
    /// Where the vendor's public key is.
    pub(super) config: Config,
    /// What this licence host shows for itself, its identity key included.
    pub(super) host: HostFacts,
    /// In which zone its days begin.
    pub(super) zone: Local,
}

/// Files that were read and checked, for as many books as the calendar wants.
#[derive(Debug)]
pub(super) struct Shelf {
    order: Order,
    key: VendorKey,
    files: Vec<(Source, Signed<Licence>)>,
    /// The options file, if there is one.
    rules: Option<Rules>,
    /// The licence host, as the first SERVER line calls it.
    host: Option<String>,
    /// Whether there is a VENDOR line at all.
    is_named: bool,
    /// The vendor daemon's port, as its first VENDOR line says.
    pub(super) port: Option<u16>,
}

/// One thing to be said about the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) severity: Severity,
    /// One line: file, place, words.
    pub(super) line: String,
}

impl Remark {
    pub(super) fn of(source: &Source, diagnostic: &Diagnostic) -> Self {
        Self { severity: diagnostic.severity, line: diagnostic.one_line(source) }
    }

    /// Puts it into the log.
    pub(super) fn log(&self) {
        match self.severity {
            Severity::Error => error!("{}", self.line),
            Severity::Warning => warn!("{}", self.line),
            Severity::Note => info!("{}", self.line),
        }
    }
}

impl Shelf {
    /// Reads and checks everything, the options file included. Lines that cannot be used are left out and remarked upon; only
    /// a file that cannot be read, or a key, is a failure. Blocking.
    pub(super) fn read(order: Order) -> Result<(Self, Vec<Remark>), Failure> {
        let paths = list(&order.paths)?;
        let key = vendor_key(&order.config, &order.vendor, &paths)?;
        let sources = paths.iter().map(|path| files::read(path)).collect::<Result<_, _>>();
        let sources = sources.map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
        Self::of(order, key, sources, rules::read)
    }

    /// Checks these texts with `key`. Takes a while for large ones. `options` gives the options file that a VENDOR line and
    /// the licence file with it stand for; the first VENDOR line counts.
    pub(super) fn of(
        order: Order,
        key: VendorKey,
        sources: Vec<Source>,
        options: impl Fn(&ast::Vendor, &str) -> Result<Option<Source>, Failure>,
    ) -> Result<(Self, Vec<Remark>), Failure> {
        let (mut files, mut remarks, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            let (signed, line, said) = examine(&source, &order.vendor, &key);
            remarks.extend(said);
            lines.extend(line.map(|line| (line, source.name().to_owned())));
            files.push((source, signed));
        }
        let mut rules = None;
        if let Some((line, licence)) = lines.first()
            && let Some(source) = options(line, licence)?
        {
            let (read, said) = Rules::of(source);
            remarks.extend(said);
            rules = Some(read);
        }
        let later = lines.iter().skip(1);
        remarks.extend(later.filter_map(|(line, licence)| rules::passed_over(line, licence, rules.as_ref())));
        let host = files.iter().find_map(|(_, signed)| server_host(signed.as_ref()));
        let is_named = !lines.is_empty();
        let port = lines.first().and_then(|(line, _)| line.port.as_ref()).map(|port| port.node);
        Ok((Self { order, key, files, rules, host, is_named, port }, remarks))
    }

    /// The texts.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().map(|(source, _)| source)
    }

    /// The options file.
    pub(super) fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    /// What the options file says of the pools of `book`.
    pub(super) fn policy(&self, book: &Book) -> Policy {
        self.rules.as_ref().map_or_else(|| Policy::open(book), |rules| rules.policy(book))
    }

    /// What the options file says of the daemon itself.
    pub(super) fn settings(&self) -> Settings {
        self.rules.as_ref().map(Rules::settings).unwrap_or_default()
    }

    /// The host ids of each SERVER line that other state directories of this machine could serve for as well: those
    /// without a `KEY=`, which is what decides where there is one.
    pub(super) fn shared_hostids(&self) -> BTreeSet<String> {
        let statements = self.files.iter().flat_map(|(_, signed)| &signed.as_ref().statements);
        let lines = statements.filter_map(|statement| match &statement.node {
            Statement::Server(server) => Some(&server.hostids.node),
            Statement::Vendor(_)
            | Statement::UseServer
            | Statement::Feature(_)
            | Statement::Upgrade(_)
            | Statement::Package(_) => None,
        });
        let shared = lines.filter(|ids| !ids.iter().any(|id| matches!(id, HostId::Key(_))));
        shared.map(|ids| ids.iter().map(HostId::to_string).collect::<Vec<_>>().join(" ")).collect()
    }

    /// The vendor's key, with which they were checked.
    pub(super) fn key(&self) -> &VendorKey {
        &self.key
    }

    /// The book of today, and what is to be said about it. Takes a while for large files.
    pub(super) fn book(&self) -> (Book, Vec<Remark>) {
        let today = self.order.zone.civil(clock::wall()).date;
        let files: Vec<_> = self.files.iter().map(|(source, signed)| (source, signed)).collect();
        let surroundings = Surroundings { today, host: &self.order.host };
        let (book, said) = Book::compile(&self.order.vendor, &files, &surroundings);
        let remarks = said.iter().filter_map(|(index, diagnostic)| {
            let (source, _) = self.files.get(*index)?;
            Some(Remark::of(source, diagnostic))
        });
        (book, remarks.collect())
    }

    /// What the licence host is called: by the SERVER line, or else by itself.
    pub(super) fn host_name(&self) -> &str {
        let written = self.host.as_deref().filter(|name| *name != ast::Server::THIS_HOST);
        let own = || self.order.host.names.first().map(String::as_str);
        written.or_else(own).unwrap_or(ast::Server::THIS_HOST)
    }

    /// A daemon without a single feature ends, as FlexNet's do: somebody has to look at the files. So does one whose rules
    /// cannot be told.
    pub(super) fn is_worth_serving(&self, book: &Book) -> Result<(), Failure> {
        if !self.is_named {
            return Err(no_such_vendor(&self.order.vendor, self.sources()));
        }
        if !book.pools().is_empty() {
            return self.rules.as_ref().map_or(Ok(()), Rules::are_sound);
        }
        let mut why: Vec<_> =
            book.absences().iter().take(NAMED).map(|it| format!("{}: {}", it.feature, it.why)).collect();
        if why.is_empty() {
            why.push(format!("no line of {} is signed with its key for this host", self.order.vendor));
        }
        let more = book.absences().len().saturating_sub(NAMED);
        if more > 0 {
            why.push(format!("and {more} more"));
        }
        let failure = Failure::new(Exit::NoFeatures, "No features to serve, exiting");
        Err(failure.with_hint(format!("{}; `licutil check` says more", why.join("; "))))
    }
}

/// How many features are named that are not served.
const NAMED: usize = 5;

fn list(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let found =
            files::licence_files(path).map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
        if found.is_empty() {
            let failure = Failure::new(Exit::NoFile, format!("there is no *.lic file in {}", path.display()));
            return Err(failure.with_hint("put the licence files there, or name them with -c"));
        }
        all.extend(found);
    }
    Ok(all)
}

/// What a file holds for this vendor: its signed lines, its VENDOR line, and remarks.
fn examine(
    source: &Source,
    vendor: &VendorName,
    key: &VendorKey,
) -> (Signed<Licence>, Option<ast::Vendor>, Vec<Remark>) {
    let (licence, parsed) = parse(source);
    let (signed, checked) = check(source, &licence, vendor, key);
    let line = licence.statements.into_iter().find_map(|statement| match statement.node {
        Statement::Vendor(line) if line.name.node == *vendor => Some(line),
        Statement::Vendor(_)
        | Statement::Server(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    });
    let remarks = parsed.iter().chain(&checked).map(|diagnostic| Remark::of(source, diagnostic)).collect();
    (signed, line, remarks)
}

fn server_host(licence: &Licence) -> Option<String> {
    licence.statements.iter().find_map(|statement| match &statement.node {
        Statement::Server(server) => Some(server.host.node.clone()),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    })
}

fn no_such_vendor<'a>(vendor: &VendorName, sources: impl Iterator<Item = &'a Source>) -> Failure {
    let names: Vec<_> = sources.map(Source::name).collect();
    Failure::new(Exit::BadLicence, format!("there is no VENDOR line for {vendor} in {}", names.join(", ")))
        .with_hint(format!("add a line `VENDOR {vendor}` to the licence file"))
}

#[cfg(test)]
pub(super) mod tests;
