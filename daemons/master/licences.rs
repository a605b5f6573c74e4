//! The licence files as the master sees them: its own host, the vendor daemons to start, and who serves which feature.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use licgate_core::host::{HostFacts, HostId};
use licgate_core::id::{FeatureName, VendorName};
use licgate_core::licence::ast::{Server, Statement};
use licgate_core::licence::{Licence, parse};
use licgate_core::text::Severity;
use licgate_machine::files;
use tracing::{error, info, warn};

use crate::failure::{Exit, Failure};

/// What the licence files say, as far as it concerns the master.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Licences {
    /// The files themselves, directories resolved.
    pub(super) files: Vec<PathBuf>,
    /// The SERVER line's host.
    pub(super) host: String,
    /// The SERVER line's host ids.
    pub(super) hostids: Vec<HostId>,
    /// The SERVER line's port, which may be 0.
    pub(super) port: Option<u16>,
    /// The vendors, each once.
    pub(super) vendors: BTreeMap<VendorName, VendorLine>,
    /// Lines that cannot be used, as the log tells of them. A start does without them, a reread does not.
    pub(super) wrong: Vec<String>,
    features: BTreeMap<FeatureName, VendorName>,
}

/// What a VENDOR line says to the master.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct VendorLine {
    /// The program.
    pub(super) path: Option<String>,
    /// The port.
    pub(super) port: Option<u16>,
    /// The files that name this vendor.
    pub(super) files: Vec<PathBuf>,
}

/// Reads all files of `elements` (files and directories). What is odd in them goes to the log; a file that cannot be
/// read, or files that do not make a licence host, are a failure.
pub(super) fn read(elements: &[PathBuf], facts: &HostFacts) -> Result<Licences, Failure> {
    let (mut licences, mut wrong) = (Vec::new(), Vec::new());
    for element in elements {
        let paths = files::licence_files(element).map_err(|error| unreadable(&error))?;
        if paths.is_empty() {
            let message = format!("there is no licence file (*.lic) in {}", element.display());
            return Err(
                Failure::new(Exit::NoFile, message).with_hint("put one there, or name a file with -c")
            );
        }
        for path in paths {
            let source = files::read(&path).map_err(|error| unreadable(&error))?;
            let (licence, remarks) = parse(&source);
            for remark in &remarks {
                let line = remark.one_line(&source);
                match remark.severity {
                    Severity::Note => info!("{line}"),
                    Severity::Warning => warn!("{line}"),
                    Severity::Error => {
                        error!("{line}");
                        wrong.push(line);
                    }
                }
            }
            licences.push((path, licence));
        }
    }
    Ok(Licences { wrong, ..combine(&licences, facts)? })
}

fn unreadable(error: &files::FileError) -> Failure {
    Failure::new(Exit::NoFile, error.to_string())
}

/// Makes one host of several files. The first file whose SERVER line means this host names host and port.
fn combine(licences: &[(PathBuf, Licence)], facts: &HostFacts) -> Result<Licences, Failure> {
    let names = licences.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let bad = |message: String, hint: &str| Err(Failure::new(Exit::BadLicence, message).with_hint(hint));
    let mut servers = Vec::new();
    for (path, licence) in licences {
        let here: Vec<_> =
            licence.statements.iter().filter_map(|statement| server(&statement.node)).collect();
        if here.len() > 1 {
            let message = format!("{} names {} SERVER lines", path.display(), here.len());
            return bad(
                message,
                "licgate serves licences with one SERVER line; ask the vendor for such a licence",
            );
        }
        servers.extend(here);
    }
    if servers.is_empty() {
        let hint = "a licence for a licence host begins with SERVER host hostid port; ask the vendor for one";
        return bad(format!("No SERVER lines in license file (-13,66): {names}"), hint);
    }
    let Some(server) = servers.iter().find(|server| server.means(facts)) else {
        let signed: Vec<_> = servers.iter().map(|server| list(&server.hostids.node)).collect();
        let message = format!(
            "Wrong hostid on SERVER line for license file: {names} is for {}, this host is {}\nNo features to serve",
            signed.join(", "),
            facts.own_ids()
        );
        let hint =
            "`licutil hostid` shows all ids of this host; ask the vendor for a licence for one of them";
        return bad(message, hint);
    };
    let mut all = Licences {
        files: licences.iter().map(|(path, _)| path.clone()).collect(),
        host: server.host.node.clone(),
        hostids: server.hostids.node.clone(),
        port: server.port.as_ref().map(|port| port.node),
        vendors: BTreeMap::new(),
        wrong: Vec::new(),
        features: BTreeMap::new(),
    };
    for (path, licence) in licences {
        all.add(path, licence);
    }
    if all.vendors.is_empty() {
        let hint = "each vendor needs a line VENDOR name; ask the vendor for a complete licence";
        return bad(format!("There are no VENDOR (or DAEMON) lines in the license file: {names}"), hint);
    }
    Ok(all)
}

fn server(statement: &Statement) -> Option<&Server> {
    match statement {
        Statement::Server(server) => Some(server),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    }
}

fn list(hostids: &[HostId]) -> String {
    hostids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl Licences {
    fn add(&mut self, path: &PathBuf, licence: &Licence) {
        for statement in &licence.statements {
            match &statement.node {
                Statement::Vendor(vendor) => {
                    let line = self.vendors.entry(vendor.name.node.clone()).or_default();
                    line.path =
                        line.path.take().or_else(|| vendor.path.as_ref().map(|path| path.node.clone()));
                    line.port = line.port.or(vendor.port.as_ref().map(|port| port.node));
                    if line.files.last() != Some(path) {
                        line.files.push(path.clone());
                    }
                }
                Statement::Feature(line) => self.serve(&line.name.node, &line.vendor.node),
                Statement::Upgrade(line) => self.serve(&line.name.node, &line.vendor.node),
                Statement::Package(line) => {
                    self.serve(&line.name.node, &line.vendor.node);
                    for component in &line.components {
                        self.serve(&component.node.name, &line.vendor.node);
                    }
                }
                Statement::Server(_) | Statement::UseServer => {}
            }
        }
    }

    fn serve(&mut self, feature: &FeatureName, vendor: &VendorName) {
        self.features.entry(feature.clone()).or_insert_with(|| vendor.clone());
    }

    /// Who serves this feature; the first line that names it decides.
    pub(super) fn vendor_of(&self, feature: &FeatureName) -> Option<&VendorName> {
        self.features.get(feature)
    }

    /// The same, but the features of `kept` vendors are still those of `old`: their daemons go on serving what they did.
    pub(super) fn keeping(mut self, kept: &BTreeSet<VendorName>, old: &Self) -> Self {
        self.features.retain(|_, vendor| !kept.contains(vendor));
        for (feature, vendor) in old.features.iter().filter(|(_, vendor)| kept.contains(vendor)) {
            self.serve(feature, vendor);
        }
        self
    }

    /// What in `new` will only count after a restart, in lines for people.
    pub(super) fn needs_restart(&self, new: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.port != new.port {
            lines.push("the port on the SERVER line has changed: restart licmgrd to serve there".to_owned());
        }
        if self.hostids != new.hostids {
            lines.push(
                "the hostid on the SERVER line has changed: restart licmgrd to serve as that host".to_owned(),
            );
        }
        for (name, line) in &new.vendors {
            if self.vendors.get(name).is_some_and(|old| old.port != line.port || old.path != line.path) {
                lines.push(format!(
                    "port or path on the line VENDOR {name} has changed: restart licmgrd for that"
                ));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests;
