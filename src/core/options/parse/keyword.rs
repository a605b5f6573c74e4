//! The words that a statement begins with.

use crate::options::ast::TrustedStorage;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Group,
    HostGroup,
    GroupCaseInsensitive,
    FqdnMatching,
    Exclude,
    ExcludeAll,
    Include,
    IncludeAll,
    ExcludeBorrow,
    IncludeBorrow,
    Reserve,
    Max,
    MaxOverdraft,
    MaxConnections,
    BorrowLowwater,
    MaxBorrowHours,
    Linger,
    Timeout,
    TimeoutAll,
    NoLog,
    DebugLog,
    ReportLog,
    AutomaticReread,
    SelectTimeout,
    TrustedStorage(TrustedStorage),
}

/// Each keyword, its meaning, and what stands behind it.
const KEYWORDS: [(&str, Keyword, &str); 30] = [
    ("GROUP", Keyword::Group, "name user …"),
    ("HOST_GROUP", Keyword::HostGroup, "name host …"),
    ("GROUPCASEINSENSITIVE", Keyword::GroupCaseInsensitive, "ON or OFF"),
    ("FQDN_MATCHING", Keyword::FqdnMatching, "exact or lenient"),
    ("EXCLUDE", Keyword::Exclude, "feature[:KEY=VALUE] type name"),
    ("EXCLUDEALL", Keyword::ExcludeAll, "type name"),
    ("INCLUDE", Keyword::Include, "feature[:KEY=VALUE] type name"),
    ("INCLUDEALL", Keyword::IncludeAll, "type name"),
    ("EXCLUDE_BORROW", Keyword::ExcludeBorrow, "feature[:KEY=VALUE] type name"),
    ("INCLUDE_BORROW", Keyword::IncludeBorrow, "feature[:KEY=VALUE] type name"),
    ("RESERVE", Keyword::Reserve, "number feature[:KEY=VALUE] type name"),
    ("MAX", Keyword::Max, "number feature[:KEY=VALUE] type name"),
    ("MAX_OVERDRAFT", Keyword::MaxOverdraft, "feature[:KEY=VALUE] number"),
    ("MAX_CONNECTIONS", Keyword::MaxConnections, "number"),
    ("BORROW_LOWWATER", Keyword::BorrowLowwater, "feature[:KEY=VALUE] number"),
    ("MAX_BORROW_HOURS", Keyword::MaxBorrowHours, "feature[:KEY=VALUE] hours"),
    ("LINGER", Keyword::Linger, "feature[:KEY=VALUE] seconds"),
    ("TIMEOUT", Keyword::Timeout, "feature[:KEY=VALUE] seconds"),
    ("TIMEOUTALL", Keyword::TimeoutAll, "seconds"),
    ("NOLOG", Keyword::NoLog, "IN, OUT, DENIED, QUEUED, DEQUEUED, UNSUPPORTED or UPGRADE"),
    ("DEBUGLOG", Keyword::DebugLog, "[+]path [AUTO_ROLLOVER size]"),
    ("REPORTLOG", Keyword::ReportLog, "[+]path [HIDE_USER]"),
    ("AUTOMATIC_REREAD", Keyword::AutomaticReread, "ON or OFF"),
    ("DAEMON_SELECT_TIMEOUT", Keyword::SelectTimeout, "seconds"),
    trusted(TrustedStorage::Lowwater, "ACTIVATION_LOWWATER"),
    trusted(TrustedStorage::ExpiryDays, "ACTIVATION_EXPIRY_DAYS"),
    trusted(TrustedStorage::Exclude, "EXCLUDE_ENTITLEMENT"),
    trusted(TrustedStorage::ExcludeAll, "EXCLUDEALL_ENTITLEMENT"),
    trusted(TrustedStorage::Include, "INCLUDE_ENTITLEMENT"),
    trusted(TrustedStorage::IncludeAll, "INCLUDEALL_ENTITLEMENT"),
];

const fn trusted(kind: TrustedStorage, name: &'static str) -> (&'static str, Keyword, &'static str) {
    (name, Keyword::TrustedStorage(kind), "")
}

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

    /// What stands behind it.
    pub(super) fn form(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        let mut rows = KEYWORDS.iter();
        rows.find(|(_, keyword, _)| *keyword == self).map_or(("", ""), |(name, _, form)| (*name, *form))
    }
}
