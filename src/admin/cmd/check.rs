//! `licutil check`: what is wrong with licence and options files, and what an administrator should know about them.

mod advice;
mod options;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use licgate_core::host::HostFacts;
use licgate_core::id::VendorName;
use licgate_core::licence::{Book, Rehearsal, Surroundings, VendorKey, check};
use licgate_core::text::{Diagnostic, Report, Source};
use licgate_core::time::Zone;
use licgate_machine::zone::{Local, wall};
use licgate_machine::{facts, files, keys, places};
use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};
use crate::remarks::{self, Remarked, Tally};
use crate::vendor_key;
use options::Ruled;

/// Say what is wrong with licence and options files, and what an administrator should know about them
///
/// Errors are lines that cannot be used. Warnings are of lines that are never used, have expired or soon will, are for
/// another licence host, or make trouble with firewalls, and of rules that never apply. Exit status 65 when there is an
/// error. All files are looked at together, as one licence host would serve them, with the options files that VENDOR lines
/// name or that lie beside them.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Licence files, or directories of which all *.lic are checked
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Warn of lines that expire within so many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u16,
    /// The vendor's public key (ed25519:…), or a file that holds it: see to the signatures, too
    #[arg(long, value_name = "KEY|FILE")]
    vendor_key: Option<String>,
    /// The state directory of the licence host, whose key is a host id; its default is that of `licmgrd` for the same user
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// An options file in place of the one that the VENDOR line names
    #[arg(short, long, value_name = "FILE")]
    options: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    remarks: Vec<Report>,
    #[serde(flatten)]
    tally: Tally,
}

impl Check {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let key = self.vendor_key.as_deref().map(vendor_key::read).transpose()?;
        let mut texts = Vec::new();
        for path in &self.files {
            for file in files::licence_files(path)? {
                texts.push(remarks::read(&file)?);
            }
        }
        let mut ruled = options::read(self.options.as_deref(), &mut texts)?;
        let today = Local::system().civil(wall()).date;
        let host = self.this_host();
        for text in &mut texts {
            let options = advice::options(&text.licence, text.source.name(), Path::exists);
            text.remarks.extend(options);
        }
        let rehearsal = advise(&mut texts, &Surroundings { today, host: &host }, self.days, key.as_ref());
        ruled.iter_mut().for_each(|file| file.advise(&rehearsal));
        self.print(&texts, &ruled, out)
    }

    /// What this machine shows, with the key of the licence host on it, if this user may read that.
    fn this_host(&self) -> HostFacts {
        let dir = self.state_dir.clone().or_else(places::state_dir);
        let identity = dir.and_then(|dir| keys::read_private(&keys::identity_file(&dir)).ok());
        HostFacts { key: identity.map(|key| key.public().bytes()), ..facts::measure() }
    }

    fn print(&self, texts: &[Remarked], ruled: &[Ruled], out: &mut Out) -> Result<(), Failure> {
        let mut tally = Tally::default();
        texts.iter().map(Remarked::tally).chain(ruled.iter().map(Ruled::tally)).for_each(|it| tally.add(it));
        let licences = texts.iter().map(|text| (&text.source, &text.remarks));
        let options = ruled.iter().map(|file| (&file.source, &file.remarks));
        let all: Vec<(&Source, &Diagnostic)> = licences
            .chain(options)
            .flat_map(|(source, remarks)| remarks.iter().map(move |remark| (source, remark)))
            .collect();
        match Form::of_flag(self.json) {
            Form::Json => {
                let remarks = all.iter().map(|(source, remark)| remark.report(source)).collect();
                out.json(&Document { remarks, tally });
            }
            Form::Text => all.iter().for_each(|(source, remark)| out.data(&remark.render(source))),
        }
        let lines = texts.iter().map(|text| text.licence.statements.len()).sum::<usize>()
            + ruled.iter().map(|file| file.options.statements.len()).sum::<usize>();
        let count = texts.len() + ruled.len();
        let files = if count == 1 { "file" } else { "files" };
        let summary = format!("{tally} in {lines} lines of {count} {files}");
        if tally.errors > 0 {
            return Err(Failure::new(Kind::BadFile, summary));
        }
        out.talk(&summary);
        Ok(())
    }
}

/// Adds to the remarks of the parser: what an administrator should know, bad signatures, and what a licence host would
/// say when it serves these files. Puts all of them in order, and tells what it would serve.
fn advise(texts: &mut [Remarked], at: &Surroundings<'_>, days: u16, key: Option<&VendorKey>) -> Rehearsal {
    let mut found: Vec<(usize, Diagnostic)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let own = advice::lines(&text.licence, at, days);
        let unsigned = if key.is_none() { advice::unsigned(&text.licence) } else { None };
        found.extend(own.into_iter().chain(unsigned).map(|remark| (index, remark)));
    }
    let vendors = vendors(texts);
    if let Some(key) = key {
        for vendor in &vendors {
            for (index, text) in texts.iter().enumerate() {
                let (_, bad) = check(&text.source, &text.licence, vendor, key);
                found.extend(bad.into_iter().map(|remark| (index, remark)));
            }
        }
    }
    // The host has been judged above: here every file is looked at as if it were for this one.
    let files = texts.iter().map(|text| (&text.source, advice::for_any_host(&text.licence))).collect();
    let (rehearsal, said) = Book::rehearse(&vendors, files, at);
    found.extend(said);
    for (index, remark) in found {
        if let Some(text) = texts.get_mut(index) {
            text.remarks.push(remark);
        }
    }
    for text in texts {
        text.remarks.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        // What is said of a file as a whole has been said for each vendor in it.
        text.remarks.dedup();
    }
    rehearsal
}

fn vendors(texts: &[Remarked]) -> BTreeSet<VendorName> {
    let lines = texts.iter().flat_map(|text| &text.licence.statements);
    lines.filter_map(|line| advice::vendor_of(&line.node)).cloned().collect()
}

#[cfg(test)]
mod tests;
