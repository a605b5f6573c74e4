//! `FEATURE`, `INCREMENT` and `UPGRADE` lines.

use super::line::Line;
use super::{attribute, day, value};
use crate::licence::ast::{Attribute, Count, Feature, FeatureKind, Upgrade};
use crate::text::{Diagnostic, Severity};

/// Reads a FEATURE or INCREMENT line.
pub(super) fn read(kind: FeatureKind, line: &mut Line<'_, '_>) -> Option<Feature> {
    let names = ["feature name", "vendor name", "version", "expiry date", "number of seats"];
    let [name, vendor, version, expiry, count] = line.fields(names)?;
    let name = value::feature_name(name, line.remarks());
    let vendor = value::vendor_name(vendor, line.remarks());
    let version = value::version(version, line.remarks());
    let expiry = day::expiry(expiry, line.remarks());
    let count = value::count(count, line.remarks());
    let attributes = attribute::read_all(line);
    if let Some(count) = count.filter(|count| count.node == Count::Uncounted)
        && !attributes.iter().any(|attribute| is_hostid(&attribute.node))
    {
        let message = "an uncounted feature without HOSTID";
        let hint =
            "FlexNet serves uncounted features to the hosts that HOSTID names only; HOSTID=ANY names all";
        line.push(Diagnostic::new(Severity::Warning, count.span, message).with_hint(hint));
    }
    Some(Feature {
        kind,
        name: name?,
        vendor: vendor?,
        version: version?,
        expiry: expiry?,
        count: count?,
        attributes,
    })
}

/// A HOSTID that cannot be read has its own error.
fn is_hostid(attribute: &Attribute) -> bool {
    match attribute {
        Attribute::HostId(_) => true,
        other => other.name().eq_ignore_ascii_case("HOSTID"),
    }
}

/// Reads an UPGRADE line.
pub(super) fn read_upgrade(line: &mut Line<'_, '_>) -> Option<Upgrade> {
    let names = ["feature name", "vendor name", "version to upgrade from", "version to upgrade to"];
    let [name, vendor, from, to] = line.fields(names)?;
    let [expiry, count] = line.fields(["expiry date", "number of seats"])?;
    let name = value::feature_name(name, line.remarks());
    let vendor = value::vendor_name(vendor, line.remarks());
    let from = value::version(from, line.remarks());
    let to = value::version(to, line.remarks());
    let expiry = day::expiry(expiry, line.remarks());
    let count = value::count(count, line.remarks());
    let attributes = attribute::read_all(line);
    let (name, vendor, from, to) = (name?, vendor?, from?, to?);
    let (expiry, count) = (expiry?, count?);
    if from.node >= to.node {
        let message = alloc::format!("an upgrade from {} to {} lifts nothing", from.node, to.node);
        let hint = "the lower version comes first";
        line.push(Diagnostic::new(Severity::Warning, from.span, message).with_hint(hint));
    }
    if count.node == Count::Uncounted {
        let message = "an upgrade of an uncounted feature does nothing";
        let hint = "write the number of seats that are lifted";
        line.push(Diagnostic::new(Severity::Warning, count.span, message).with_hint(hint));
    }
    Some(Upgrade { name, vendor, from, to, expiry, count, attributes })
}
