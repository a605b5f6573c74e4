//! `licsign sign`: signatures on a licence file.

use std::path::PathBuf;

use clap::Args;
use licgate_core::host::HostId;
use licgate_core::licence::Licence;
use licgate_core::licence::ast::Statement;
use licgate_machine::{files, keys};

use super::vendor;
use crate::failure::Failure;
use crate::out::Out;
use crate::remarks;

/// Sign the lines of a vendor in a licence file
///
/// Prints the file with a fresh SIGN= on every FEATURE, INCREMENT, UPGRADE and PACKAGE line of the vendor. The
/// signatures hold for the SERVER lines' host ids as they stand in the file, so put those in first: `licutil hostid`
/// on the licence host prints them. Comments are not kept. A file with mistakes in it is not signed.
#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The licence file
    file: PathBuf,
    /// The vendor's private key, from `licsign keygen`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Sign the lines of this vendor; needed only when the file has lines of several
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sign {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let key = keys::read_private(&self.key)?;
        let text = remarks::read(&self.file)?.insist(out)?;
        let vendor = vendor(self.vendor.as_deref(), &text.licence, text.source.name())?;
        if serves_anywhere(&text.licence) {
            out.talk(
                "note: a SERVER line has the host id ANY, so these licences can be served by any number of \
                 machines at once",
            );
        }
        let signed = key.sign(&text.licence, &vendor).to_string();
        match &self.out {
            None => out.data(&signed),
            Some(path) => {
                files::write(path, signed.as_bytes(), 0o644)?;
                out.talk(&format!("wrote {}, signed for the vendor {vendor}", path.display()));
            }
        }
        Ok(())
    }
}

fn serves_anywhere(licence: &Licence) -> bool {
    licence.statements.iter().any(|line| match &line.node {
        Statement::Server(server) => server.hostids.node.contains(&HostId::Any),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => false,
    })
}
