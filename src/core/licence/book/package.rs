//! PACKAGE: one line that enables several features.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::remarks::Remarks;
use super::upgrade::{Packing, Share};
use crate::code::Code;
use crate::id::{FeatureName, VendorName};
use crate::licence::ast::{Count, Package, Statement};
use crate::licence::{Licence, Signed};
use crate::text::{Severity, Source};

/// The PACKAGE lines that can be enabled by name, in the order of the files.
pub(super) type Packages<'a, 'p> = BTreeMap<&'a FeatureName, Vec<&'p Packing<'a>>>;

/// The `packings` by name, and with none the names of packages of which no line can be enabled: those are badly signed, for
/// another host, or superseded.
pub(super) fn index<'a, 'p>(
    vendor: &VendorName,
    files: &[(&Source, &'a Signed<Licence>)],
    packings: &'p [Packing<'a>],
) -> Packages<'a, 'p> {
    let mut packages = Packages::new();
    for &(_, signed) in files {
        let written = signed.as_ref().statements.iter().filter_map(|line| match &line.node {
            Statement::Package(package) if package.vendor.node == *vendor => Some(&package.name.node),
            _ => None,
        });
        packages.extend(written.chain(&signed.refused_packages).map(|name| (name, Vec::new())));
    }
    for packing in packings {
        packages.entry(&packing.package.name.node).or_default().push(packing);
    }
    packages
}

/// Puts the features of a package in place of the seats that enable it.
///
/// A PACKAGE line is enabled by lines with its name, and its version if it has one, from files with the same SERVER host ids:
/// a client is shown both lines with one list of ids, which went into both signatures. Each feature of it then has
/// the seats of the enabling line times its own count, at its own version, else the package's, else the enabling line's, under
/// the enabling line's terms. A line with the name of a package never serves as an ordinary feature, whatever has become of the
/// PACKAGE line.
pub(super) fn unfold<'a>(
    shares: Vec<Share<'a>>,
    packages: &Packages<'a, '_>,
    packings: &[Packing<'a>],
    server_hostids: &[Vec<String>],
    remarks: &mut Remarks<'_>,
) -> Vec<Share<'a>> {
    let mut enabled = BTreeSet::new();
    let mut unfolded = Vec::with_capacity(shares.len());
    for share in shares {
        let Some(candidates) = packages.get(share.feature) else {
            unfolded.push(share);
            continue;
        };
        if let Some(packing) = choose(&share, candidates, server_hostids, remarks) {
            enabled.insert(packing.place.order);
            unfolded.extend(components(&share, packing));
            let what = alone(packing.package);
            remarks.absent(share.place, share.feature, Code::PACKAGE_ALONE, &what);
        }
    }
    for packing in packings.iter().filter(|packing| !enabled.contains(&packing.place.order)) {
        explain(packing, remarks);
    }
    unfolded
}

/// The PACKAGE line that `share` enables. If there is none, the share serves nothing.
fn choose<'a, 'p>(
    share: &Share<'a>,
    candidates: &[&'p Packing<'a>],
    server_hostids: &[Vec<String>],
    remarks: &mut Remarks<'_>,
) -> Option<&'p Packing<'a>> {
    let is_same_host = |packing: &&&Packing<'_>| {
        server_hostids.get(packing.place.file) == server_hostids.get(share.place.file)
    };
    let is_same_version = |packing: &&&Packing<'_>| {
        packing.package.version.as_ref().is_none_or(|version| version.node == *share.version)
    };
    let fitting = candidates.iter().find(|packing| is_same_host(packing) && is_same_version(packing));
    let (code, what) = match fitting {
        None if candidates.is_empty() => {
            (Code::BAD_PACKAGE, "enables a package of which no PACKAGE line can be used".to_string())
        }
        None => {
            let what = format!(
                "enables no package: no PACKAGE line of version {} was signed for the same SERVER host ids",
                share.version
            );
            (Code::BAD_PACKAGE, what)
        }
        Some(packing) => match (&packing.terms.refusal, packing.terms.start) {
            (Some(refusal), _) => (refusal.code, format!("enables a package that {}", refusal.why)),
            (None, Some(start)) if start > remarks.today => {
                remarks.changes_on(start);
                (Code::NOT_STARTED, format!("enables a package that starts on {start}"))
            }
            (None, _) => return Some(packing),
        },
    };
    remarks.leave_out(share.place, share.feature, Severity::Error, code, &what);
    None
}

fn components<'a>(share: &Share<'a>, packing: &Packing<'a>) -> impl Iterator<Item = Share<'a>> {
    packing.package.components.iter().map(move |part| {
        let times = part.node.count.unwrap_or(1);
        let package_version = packing.package.version.as_ref().map(|version| &version.node);
        let mut component = Share {
            feature: &part.node.name,
            version: part.node.version.as_ref().or(package_version).unwrap_or(share.version),
            count: match share.count {
                Count::Counted(seats) => Count::Counted(seats.saturating_mul(times)),
                Count::Uncounted => Count::Uncounted,
            },
            package: Some(packing.statement),
            ..share.clone()
        };
        component.terms.overdraft = share.terms.overdraft.map(|seats| seats.saturating_mul(times));
        component
    })
}

/// Says of the features of a PACKAGE line that nothing enables why they are not served.
fn explain(packing: &Packing<'_>, remarks: &mut Remarks<'_>) {
    let package = packing.package;
    let (code, what) = match &packing.terms.refusal {
        Some(refusal) => {
            (refusal.code, format!("is part of \"{}\", which {}", package.name.node, refusal.why))
        }
        None => {
            let what = format!(
                "is part of \"{}\", which no FEATURE or INCREMENT line enables today",
                package.name.node
            );
            let message =
                format!("no FEATURE or INCREMENT line enables the package \"{}\" today", package.name.node);
            remarks.say(packing.place, Severity::Warning, Code::BAD_PACKAGE, &message, "");
            (Code::BAD_PACKAGE, what)
        }
    };
    for part in &package.components {
        remarks.absent(packing.place, &part.node.name, code, &what);
    }
}

fn alone(package: &Package) -> String {
    /// As many names as fit into one sentence.
    const SHOWN: usize = 5;
    let names = package.components.iter().take(SHOWN).map(|part| part.node.name.to_string());
    let more = if package.components.len() > SHOWN { ", …" } else { "" };
    format!("is a package: check out one of its features ({}{more})", names.collect::<Vec<_>>().join(", "))
}
