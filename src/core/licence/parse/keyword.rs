//! The words that a statement begins with.

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

/// Each spelling, its meaning, and the form of the line.
const KEYWORDS: [(&str, Keyword, &str); 9] = [
    ("SERVER", Keyword::Server, "SERVER host hostid [port]"),
    ("VENDOR", Keyword::Vendor, "VENDOR name [path] [OPTIONS=file] [PORT=port]"),
    ("DAEMON", Keyword::Vendor, "VENDOR name [path] [OPTIONS=file] [PORT=port]"),
    ("USE_SERVER", Keyword::UseServer, "USE_SERVER"),
    ("FEATURE", Keyword::Feature, "FEATURE name vendor version expiry count SIGN=\"…\""),
    ("INCREMENT", Keyword::Increment, "INCREMENT name vendor version expiry count SIGN=\"…\""),
    ("UPGRADE", Keyword::Upgrade, "UPGRADE name vendor from-version to-version expiry count SIGN=\"…\""),
    ("PACKAGE", Keyword::Package, "PACKAGE name vendor version COMPONENTS=\"…\" SIGN=\"…\""),
    ("FEATURESET", Keyword::FeatureSet, "FEATURESET vendor code"),
];

impl Keyword {
    /// The keyword that `word` is, in any case.
    pub(super) fn read(word: &str) -> Option<Self> {
        let mut rows = KEYWORDS.iter();
        rows.find(|(name, ..)| name.eq_ignore_ascii_case(word)).map(|(_, keyword, _)| *keyword)
    }

    /// All spellings.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        KEYWORDS.iter().map(|(name, ..)| *name)
    }

    /// The canonical spelling.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// What such a line looks like.
    pub(super) fn form(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        let mut rows = KEYWORDS.iter();
        rows.find(|(_, keyword, _)| *keyword == self).map_or(("", ""), |(name, _, form)| (*name, *form))
    }
}
