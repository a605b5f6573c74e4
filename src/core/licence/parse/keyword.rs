//! The words that a statement begins with.

use crate::text::Keywords;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Server,
    Vendor,
    UseServer,
    Feature,
    Increment,
    Upgrade,
    Package,
    /// Of the past; recognised and ignored.
    FeatureSet,
}

impl Keywords for Keyword {
    const ROWS: &'static [(&'static str, Self, &'static str)] = &[
        ("SERVER", Self::Server, "host hostid [port]"),
        ("VENDOR", Self::Vendor, "name [path] [OPTIONS=file] [PORT=port]"),
        ("DAEMON", Self::Vendor, "name [path] [OPTIONS=file] [PORT=port]"),
        ("USE_SERVER", Self::UseServer, ""),
        ("FEATURE", Self::Feature, "name vendor version expiry count SIGN=\"…\""),
        ("INCREMENT", Self::Increment, "name vendor version expiry count SIGN=\"…\""),
        ("UPGRADE", Self::Upgrade, "name vendor from-version to-version expiry count SIGN=\"…\""),
        ("PACKAGE", Self::Package, "name vendor version COMPONENTS=\"…\" SIGN=\"…\""),
        ("FEATURESET", Self::FeatureSet, "vendor code"),
    ];
}
