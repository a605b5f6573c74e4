//! What a grant shows its client: signed lines, from which the client sees for itself that the seat is genuine.
//!
//! A proof shows that the vendor signed seats of this feature at this version, good today, for this licence host and this
//! client. It does not show how many of them are out: a pool may be the sum of many lines, and only the licence host knows who
//! holds what. So the check asks for a line with seats, not for a line with enough of them; that nobody edits a
//! count is the signature's work.
//!
//! The client's clock may differ from the licence host's, and so may its time zone: a line counts for one day more on
//! either side than it says.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use super::ast::{Attribute, Count, Expiry, Statement};
use super::book::Terms;
use super::sign::{self, Signable, VendorKey, Verifier};
use super::{parse, server};
use crate::code::Code;
use crate::host::{HostFacts, HostId};
use crate::id::{FeatureName, VendorName};
use crate::text::{Source, Spanned};
use crate::time::Date;
use crate::version::Version;

/// Signed lines that together allow a seat, with the SERVER host ids that went into their signatures.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Proof {
    /// Canonical lines with `SIGN=`: the FEATURE, INCREMENT or UPGRADE line, or the PACKAGE line and its enabling line.
    #[n(0)]
    pub lines: Vec<String>,
    /// Of each SERVER line, in the order of the file, its canonical host ids with one blank between; empty for a file
    /// without server.
    #[n(1)]
    pub server_hostids: Vec<String>,
}

/// What a proof must show.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The vendor whose key is given.
    pub vendor: &'a VendorName,
    /// The feature that was asked for.
    pub feature: &'a FeatureName,
    /// The version that was asked for.
    pub version: &'a Version,
    /// How many seats.
    pub seats: u32,
    /// The client's own calendar day.
    pub today: Date,
    /// The key that the licence host proved in the TLS handshake.
    pub server_key: [u8; 32],
    /// The client's machine, for lines with HOSTID=.
    pub client: &'a HostFacts,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofError {
    /// FlexNet's code (−8, −9, −10, …).
    pub code: Code,
    /// Plain words: lower case, no full stop.
    pub why: String,
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl core::error::Error for ProofError {}

impl Proof {
    /// Bytes of all texts of a proof together, so that a grant fits into a frame.
    pub const MAX: usize = 32 * 1024;

    /// Checks with the vendor's public key that these lines allow what `claim` says. Lines with terms that no licence host
    /// would serve allow nothing.
    ///
    /// A SERVER line's host ids of other kinds than `KEY=` cannot be proved over a network; with none but those, the
    /// client takes the licence host's word.
    pub fn check(&self, key: &VendorKey, claim: &Claim<'_>) -> Result<(), ProofError> {
        if !self.fits() {
            return Err(error(Code::BAD_REPLY, "the server showed a licence line that is too long".into()));
        }
        let servers = self.servers()?;
        let verifier = Verifier::new(key, servers.iter().map(|ids| sign::joined(ids)).collect());
        let statements = self.lines.iter().map(|line| genuine(line, &verifier, claim.vendor));
        let statements = statements.collect::<Result<Vec<_>, _>>()?;
        let shown = match statements.as_slice() {
            [line] => Shown::line(line),
            [package, line] => Shown::package(package, line, claim.feature),
            [] | [_, _, ..] => None,
        };
        let Some(shown) = shown.filter(|shown| shown.feature == claim.feature) else {
            let why = format!("the server showed no licence line for \"{}\"", claim.feature);
            return Err(error(Code::BAD_SIGNATURE, why));
        };
        shown.check_terms(claim)?;
        shown.check_server(&servers, claim)
    }

    /// Whether it is short enough to be sent.
    pub(super) fn fits(&self) -> bool {
        self.lines.iter().chain(&self.server_hostids).map(String::len).sum::<usize>() <= Self::MAX
    }

    fn servers(&self) -> Result<Vec<Vec<HostId>>, ProofError> {
        let ids = self.server_hostids.iter().map(|ids| HostId::parse_list(ids)).collect::<Option<_>>();
        ids.ok_or_else(|| error(Code::BAD_REPLY, "the server showed host ids that make no sense".into()))
    }
}

fn error(code: Code, why: String) -> ProofError {
    ProofError { code, why }
}

/// Reads one line and checks that the vendor signed it.
fn genuine(line: &str, verifier: &Verifier, vendor: &VendorName) -> Result<Statement, ProofError> {
    let (licence, _) = parse(&Source::new("licence line", line));
    let mut statements = licence.statements.into_iter();
    let (Some(Spanned { node, .. }), None) = (statements.next(), statements.next()) else {
        return Err(error(Code::BAD_REPLY, "the server showed something that is no licence line".into()));
    };
    let Some(signable) = Signable::of(&node).filter(|signable| signable.vendor == vendor) else {
        return Err(error(
            Code::BAD_SIGNATURE,
            format!("the server showed a line that is not of vendor {vendor}"),
        ));
    };
    if let Err(flaw) = verifier.verify(&node) {
        let why = format!(
            "the licence line of \"{}\" {}, or the vendor key is not that of {vendor}",
            signable.name,
            flaw.short()
        );
        return Err(error(flaw.code(), why));
    }
    Ok(node)
}

/// What genuine lines say together.
struct Shown<'a> {
    feature: &'a FeatureName,
    version: &'a Version,
    expiry: Expiry,
    count: Count,
    attributes: &'a [Spanned<Attribute>],
    package_attributes: &'a [Spanned<Attribute>],
}

impl<'a> Shown<'a> {
    /// FEATURE, INCREMENT or UPGRADE: an UPGRADE line says by itself to which version it lifts.
    fn line(statement: &'a Statement) -> Option<Self> {
        let package_attributes = &[];
        match statement {
            Statement::Feature(line) => Some(Self {
                feature: &line.name.node,
                version: &line.version.node,
                expiry: line.expiry.node,
                count: line.count.node,
                attributes: &line.attributes,
                package_attributes,
            }),
            Statement::Upgrade(line) => Some(Self {
                feature: &line.name.node,
                version: &line.to.node,
                expiry: line.expiry.node,
                count: line.count.node,
                attributes: &line.attributes,
                package_attributes,
            }),
            Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer | Statement::Package(_) => {
                None
            }
        }
    }

    /// A PACKAGE line and a line that enables it: the best that they say of `feature`.
    fn package(package: &'a Statement, line: &'a Statement, feature: &FeatureName) -> Option<Self> {
        let Statement::Package(package) = package else { return None };
        let enabling = Self::line(line)?;
        let own_version = package.version.as_ref().map(|version| &version.node);
        if *enabling.feature != package.name.node || own_version.is_some_and(|own| own != enabling.version) {
            return None;
        }
        let parts = package.components.iter().filter(|part| part.node.name == *feature);
        let best = parts.map(|part| {
            let version = part.node.version.as_ref().or(own_version).unwrap_or(enabling.version);
            (version, &part.node.name)
        });
        let (version, feature) = best.max()?;
        Some(Self { feature, version, package_attributes: &package.attributes, ..enabling })
    }

    fn check_terms(&self, claim: &Claim<'_>) -> Result<(), ProofError> {
        let (terms, package_terms) = (Terms::read(self.attributes), Terms::read(self.package_attributes));
        let refuse = |code, what: String| {
            Err(error(code, format!("the licence line of \"{}\" {what}", claim.feature)))
        };
        if let Some(refusal) = terms.refusal.or(package_terms.refusal) {
            return refuse(refusal.code, refusal.why);
        }
        if self.version < claim.version {
            let what = format!("is for version {} and lower, not {}", self.version, claim.version);
            return refuse(Code::VERSION, what);
        }
        if let Expiry::On(day) = self.expiry
            && claim.today > day.next()
        {
            return refuse(Code::EXPIRED, format!("expired on {day}"));
        }
        let starts = terms.start.max(package_terms.start);
        if let Some(start) = starts.filter(|start| *start > claim.today.next()) {
            return refuse(Code::NOT_STARTED, format!("starts on {start}"));
        }
        if claim.seats == 0 || self.count == Count::Counted(0) {
            return refuse(Code::BAD_REPLY, "has no seats to give".into());
        }
        match terms.hostids {
            Some(ids) if !ids.iter().any(|id| id.matches(claim.client)) => {
                refuse(Code::WRONG_HOST, format!("is for other machines ({})", sign::joined(ids)))
            }
            None if self.count == Count::Uncounted => {
                refuse(Code::WRONG_HOST, "is uncounted but names no machine (HOSTID)".into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Uncounted lines need no server; every other line is for one, the first that its file names.
    fn check_server(&self, servers: &[Vec<HostId>], claim: &Claim<'_>) -> Result<(), ProofError> {
        if self.count == Count::Uncounted {
            return Ok(());
        }
        let Some(first) = servers.first() else {
            let why =
                format!("the licence line of \"{}\" is counted but names no licence host", claim.feature);
            return Err(error(Code::NO_SERVER_FOR_FEATURE, why));
        };
        let keys = server::keys(first);
        if keys.is_empty() || keys.contains(&claim.server_key) {
            return Ok(());
        }
        let why = "this server is not the licence host that the vendor signed for";
        Err(error(Code::BAD_SIGNATURE, why.into()))
    }
}

#[cfg(test)]
mod tests;
