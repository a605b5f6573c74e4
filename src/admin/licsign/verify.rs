//! `licsign verify`: whether the lines of a licence file are what the vendor signed.

use std::path::PathBuf;

use clap::Args;
use licgate_core::id::VendorName;
use licgate_core::licence::ast::Statement;
use licgate_core::licence::{VendorKey, check};
use licgate_core::text::{Diagnostic, Span};
use serde::Serialize;

use super::{vendor, vendor_of};
use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};
use crate::remarks::{self, Remarked};
use crate::vendor_key;

/// Say of every line of a vendor in a licence file whether its signature is good
///
/// Prints `FILE:LINE: OK` or `FILE:LINE: BAD` with the reason for each line that a vendor signs. Exit status 1 when
/// one of them is bad.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The licence file
    file: PathBuf,
    /// The vendor's public key (ed25519:…), or the file that holds it, from `licsign keygen`
    #[arg(long, value_name = "KEY|FILE", env = "LICGATE_VENDOR_KEY", hide_env_values = true)]
    vendor_key: String,
    /// Verify the lines of this vendor; needed only when the file has lines of several
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The verdict on one line.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Verdict {
    pub(super) line: u32,
    /// Keyword and name: `INCREMENT solver`.
    pub(super) what: String,
    /// Why its signature is not good; absent when it is.
    pub(super) fault: Option<String>,
}

#[derive(Serialize)]
struct Verdicts<'a> {
    file: &'a str,
    vendor: &'a VendorName,
    lines: &'a [Verdict],
}

impl Verify {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let key = vendor_key::read(&self.vendor_key)?;
        let text = remarks::read(&self.file)?;
        let vendor = vendor(self.vendor.as_deref(), &text.licence, text.source.name())?;
        // A line that is not understood has no signature that could be good.
        let text = text.insist(out)?;
        let verdicts = verdicts(&text, &vendor, &key);
        let file = text.source.name();
        match Form::of_flag(self.json) {
            Form::Json => out.json(&Verdicts { file, vendor: &vendor, lines: &verdicts }),
            Form::Text => verdicts.iter().for_each(|Verdict { line, what, fault }| match fault {
                None => out.line(&format!("{file}:{line}: OK   {what}")),
                Some(fault) => out.line(&format!("{file}:{line}: BAD  {what}: {fault}")),
            }),
        }
        match verdicts.iter().filter(|verdict| verdict.fault.is_some()).count() {
            0 => Ok(()),
            bad => Err(Failure::new(
                Kind::No,
                format!("{bad} of {} lines of the vendor {vendor} are bad", verdicts.len()),
            )),
        }
    }
}

/// The verdicts on all lines of a vendor, in the order of the file.
pub(super) fn verdicts(text: &Remarked, vendor: &VendorName, key: &VendorKey) -> Vec<Verdict> {
    let (_, faults) = check(&text.source, &text.licence, vendor, key);
    let lines = text.licence.statements.iter().filter(|line| vendor_of(&line.node) == Some(vendor));
    lines
        .map(|line| Verdict {
            line: text.source.place(line.span.start).line,
            what: describe(&line.node),
            fault: fault_in(&faults, line.span),
        })
        .collect()
}

/// The first of the faults, which are in the order of the text, that lies in this line.
fn fault_in(faults: &[Diagnostic], line: Span) -> Option<String> {
    let first = faults.partition_point(|fault| fault.span.start < line.start);
    faults.get(first).filter(|fault| fault.span.start < line.end.max(line.start + 1)).map(plain)
}

fn plain(fault: &Diagnostic) -> String {
    match fault.code {
        Some(code) => format!("{} {}", fault.message, code.numbers()),
        None => fault.message.clone(),
    }
}

fn describe(statement: &Statement) -> String {
    match statement {
        Statement::Feature(feature) => format!("{} {}", feature.kind, feature.name.node),
        Statement::Upgrade(upgrade) => format!("UPGRADE {}", upgrade.name.node),
        Statement::Package(package) => format!("PACKAGE {}", package.name.node),
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => String::new(),
    }
}
