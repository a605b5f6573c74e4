//! `licsign`: key pairs of software vendors, and signatures on licence files.

mod keygen;
mod sign;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use licgate_core::id::VendorName;
use licgate_core::licence::Licence;
use licgate_core::licence::ast::Statement;

use crate::failure::{self, EXIT_STATUS, Failure, Kind, Manner};
use crate::out::Out;

/// Make a vendor's key pair, and sign and verify licence files.
#[derive(Debug, Parser)]
#[command(name = "licsign", version, after_help = EXIT_STATUS)]
struct Licsign {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
    Sign(sign::Sign),
    Verify(verify::Verify),
}

/// The command line, for manuals and completions.
pub fn command_line() -> clap::Command {
    Licsign::command()
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    let licsign = match Licsign::try_parse() {
        Ok(licsign) => licsign,
        Err(error) => return failure::usage(&error),
    };
    let mut out = Out::of_process();
    let result = match licsign.command {
        Command::Keygen(keygen) => keygen.run(&mut out),
        Command::Sign(sign) => sign.run(&mut out),
        Command::Verify(verify) => verify.run(&mut out),
    };
    failure::end("licsign", Manner::Licgate, result, &mut out)
}

/// The vendor that a command is about: the one that was named, else the only one whose lines are in the file.
fn vendor(named: Option<&str>, licence: &Licence, file: &str) -> Result<VendorName, Failure> {
    let mut vendors: Vec<&VendorName> =
        licence.statements.iter().filter_map(|line| vendor_of(&line.node)).collect();
    vendors.sort();
    vendors.dedup();
    match (named, vendors.as_slice()) {
        (Some(named), vendors) => match vendors.iter().find(|vendor| vendor.as_str() == named) {
            Some(vendor) => Ok((*vendor).clone()),
            None => Err(Failure::new(Kind::BadFile, format!("no line of {file} is of the vendor '{named}'"))),
        },
        (None, [vendor]) => Ok((*vendor).clone()),
        (None, []) => {
            Err(Failure::new(Kind::BadFile, format!("{file} has no line that a vendor could sign"))
                .hint("add FEATURE, INCREMENT, UPGRADE or PACKAGE lines"))
        }
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|vendor| vendor.as_str()).collect();
            Err(Failure::new(Kind::Usage, format!("{file} has lines of the vendors {}", names.join(", ")))
                .hint("say with --vendor which of them is meant"))
        }
    }
}

/// The vendor who signs this line; none for lines that administrators write.
fn vendor_of(statement: &Statement) -> Option<&VendorName> {
    match statement {
        Statement::Feature(feature) => Some(&feature.vendor.node),
        Statement::Upgrade(upgrade) => Some(&upgrade.vendor.node),
        Statement::Package(package) => Some(&package.vendor.node),
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => None,
    }
}

#[cfg(test)]
mod tests;
