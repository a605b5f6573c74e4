//! SUPERSEDE and SUPERSEDE_SIGN: lines that a later line replaces.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use super::lines::{Kind, Line};
use super::remarks::{Place, Remarks};
use crate::code::Code;
use crate::id::FeatureName;
use crate::licence::sign::{self, Signable};
use crate::text::Severity;
use crate::time::Date;

/// Takes out the lines that another one replaces.
///
/// SUPERSEDE replaces lines of the named features (or its own) that were issued earlier; a line without ISSUED counts
/// as older than any. A PACKAGE line replaces only PACKAGE lines and the others only the others, since the line that
/// enables a package has its name. What is replaced stays so when the newer line has expired or cannot be served, but a line
/// whose START lies ahead replaces nothing yet.
pub(super) fn drop_superseded(lines: &mut Vec<Line<'_>>, remarks: &mut Remarks<'_>) {
    let mut by_feature: BTreeMap<(bool, &FeatureName), (Date, Place)> = BTreeMap::new();
    let mut by_signature: BTreeMap<(&FeatureName, [u8; 64]), Place> = BTreeMap::new();
    for line in lines.iter() {
        if let Some(start) = line.terms.start.filter(|start| *start > remarks.today) {
            if line.terms.supersedes.is_some() || line.terms.supersedes_signed.is_some() {
                remarks.changes_on(start);
            }
            continue;
        }
        if let (Some(names), Some(issued)) = (line.terms.supersedes, line.terms.issued) {
            let own = if names.is_empty() { Some(line.feature) } else { None };
            for name in names.iter().chain(own) {
                let newest = by_feature.entry((is_package(line), name)).or_insert((issued, line.place));
                if newest.0 < issued {
                    *newest = (issued, line.place);
                }
            }
        }
        for (feature, signature) in line.terms.supersedes_signed.iter().flatten() {
            by_signature.insert((feature, *signature), line.place);
        }
    }
    if by_feature.is_empty() && by_signature.is_empty() {
        return;
    }
    let mut replaced = BTreeSet::new();
    for line in lines.iter() {
        let newest = by_feature.get(&(is_package(line), line.feature));
        let by_date = newest.filter(|(issued, _)| line.terms.issued.is_none_or(|own| own < *issued));
        let signed = Signable::of(line.statement).and_then(|signable| sign::signature(signable.attributes));
        let by_name = signed.and_then(|signature| by_signature.get(&(line.feature, signature)));
        let Some(place) = by_date.map(|(_, place)| place).or(by_name) else { continue };
        let what = format!("is superseded by the line at {}", remarks.line_of(*place));
        remarks.leave_out(line.place, line.feature, Severity::Note, Code::UNSUPPORTED, &what);
        replaced.insert(line.place.order);
    }
    lines.retain(|line| !replaced.contains(&line.place.order));
}

fn is_package(line: &Line<'_>) -> bool {
    matches!(line.kind, Kind::Package(_))
}
