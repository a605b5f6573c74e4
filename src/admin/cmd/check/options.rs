//! Options files beside licence files: which there are, and what there is to say of each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use licgate_core::id::VendorName;
use licgate_core::licence::Rehearsal;
use licgate_core::licence::ast::{Statement, Vendor};
use licgate_core::options::{Options, advise_on_rehearsal, parse};
use licgate_core::text::{Diagnostic, Severity, Source};
use licgate_machine::files;

use crate::failure::{Failure, Kind};
use crate::remarks::{Remarked, Tally};

/// An options file, the vendor whose daemon it is for, and what is odd about it.
pub(super) struct Ruled {
    vendor: VendorName,
    pub(super) source: Source,
    pub(super) options: Options,
    pub(super) remarks: Vec<Diagnostic>,
}

impl Ruled {
    pub(super) fn of(vendor: VendorName, source: Source) -> Self {
        let (options, remarks) = parse(&source);
        Self { vendor, source, options, remarks }
    }

    /// Adds what the licence lines have to say.
    pub(super) fn advise(&mut self, rehearsal: &Rehearsal) {
        let advice = advise_on_rehearsal(&self.source, &self.options, rehearsal, &self.vendor);
        self.remarks.extend(advice);
        self.remarks.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    }

    pub(super) fn tally(&self) -> Tally {
        Tally::of(&self.remarks)
    }
}

/// Reads the options files that belong to the licence files: `given`, else those that VENDOR lines name or that lie where
/// daemons look for them. One that is named but cannot be read is remarked upon at the VENDOR line: it may lie on another machine.
pub(super) fn read(given: Option<&Path>, texts: &mut [Remarked]) -> Result<Vec<Ruled>, Failure> {
    if let Some(path) = given {
        return Ok(vec![Ruled::of(only_vendor(texts)?, files::read(path)?)]);
    }
    let mut ruled = Vec::new();
    let mut seen = BTreeSet::new();
    for text in texts {
        let mut unread = Vec::new();
        for vendor in vendors(text) {
            let path = PathBuf::from(vendor.options_file(text.source.name()));
            let is_there = vendor.options.is_some() || path.exists();
            if !is_there || !seen.insert((vendor.name.node.clone(), path.clone())) {
                continue;
            }
            match files::read(&path) {
                Ok(source) => ruled.push(Ruled::of(vendor.name.node.clone(), source)),
                Err(error) => {
                    let span = vendor.options.as_ref().map_or(vendor.name.span, |written| written.span);
                    let message = format!("the options file is not checked: {error}");
                    unread.push(Diagnostic::new(Severity::Warning, span, message));
                }
            }
        }
        text.remarks.extend(unread);
    }
    Ok(ruled)
}

/// The vendor that a given options file is for.
fn only_vendor(texts: &[Remarked]) -> Result<VendorName, Failure> {
    let names: BTreeSet<_> = texts.iter().flat_map(vendors).map(|vendor| &vendor.name.node).collect();
    match names.iter().collect::<Vec<_>>()[..] {
        [only] => Ok((*only).clone()),
        [] => {
            let message = "no VENDOR line says whose options file this is";
            Err(Failure::new(Kind::Usage, message).hint("give the licence file that it belongs to"))
        }
        _ => {
            let message = "there are several vendors, and one options file is for one of them";
            Err(Failure::new(Kind::Usage, message).hint("name it on the VENDOR line: OPTIONS=…"))
        }
    }
}

fn vendors(text: &Remarked) -> impl Iterator<Item = &Vendor> {
    text.licence.statements.iter().filter_map(|line| match &line.node {
        Statement::Vendor(vendor) => Some(vendor),
        Statement::Server(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    })
}
