//! The words that a statement begins with.

use crate::options::ast::TrustedStorage;
use crate::text::Keywords;

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

impl Keywords for Keyword {
    const ROWS: &'static [(&'static str, Self, &'static str)] = &[
        ("GROUP", Self::Group, "name user …"),
        ("HOST_GROUP", Self::HostGroup, "name host …"),
        ("GROUPCASEINSENSITIVE", Self::GroupCaseInsensitive, "ON or OFF"),
        ("FQDN_MATCHING", Self::FqdnMatching, "exact or lenient"),
        ("EXCLUDE", Self::Exclude, "feature[:KEY=VALUE] type name"),
        ("EXCLUDEALL", Self::ExcludeAll, "type name"),
        ("INCLUDE", Self::Include, "feature[:KEY=VALUE] type name"),
        ("INCLUDEALL", Self::IncludeAll, "type name"),
        ("EXCLUDE_BORROW", Self::ExcludeBorrow, "feature[:KEY=VALUE] type name"),
        ("INCLUDE_BORROW", Self::IncludeBorrow, "feature[:KEY=VALUE] type name"),
        ("RESERVE", Self::Reserve, "number feature[:KEY=VALUE] type name"),
        ("MAX", Self::Max, "number feature[:KEY=VALUE] type name"),
        ("MAX_OVERDRAFT", Self::MaxOverdraft, "feature[:KEY=VALUE] number"),
        ("MAX_CONNECTIONS", Self::MaxConnections, "number"),
        ("BORROW_LOWWATER", Self::BorrowLowwater, "feature[:KEY=VALUE] number"),
        ("MAX_BORROW_HOURS", Self::MaxBorrowHours, "feature[:KEY=VALUE] hours"),
        ("LINGER", Self::Linger, "feature[:KEY=VALUE] seconds"),
        ("TIMEOUT", Self::Timeout, "feature[:KEY=VALUE] seconds"),
        ("TIMEOUTALL", Self::TimeoutAll, "seconds"),
        ("NOLOG", Self::NoLog, "IN, OUT, DENIED, QUEUED, DEQUEUED, UNSUPPORTED or UPGRADE"),
        ("DEBUGLOG", Self::DebugLog, "[+]path [AUTO_ROLLOVER size]"),
        ("REPORTLOG", Self::ReportLog, "[+]path [HIDE_USER]"),
        ("AUTOMATIC_REREAD", Self::AutomaticReread, "ON or OFF"),
        ("DAEMON_SELECT_TIMEOUT", Self::SelectTimeout, "seconds"),
        trusted(TrustedStorage::Lowwater),
        trusted(TrustedStorage::ExpiryDays),
        trusted(TrustedStorage::Exclude),
        trusted(TrustedStorage::ExcludeAll),
        trusted(TrustedStorage::Include),
        trusted(TrustedStorage::IncludeAll),
    ];
}

const fn trusted(kind: TrustedStorage) -> (&'static str, Keyword, &'static str) {
    (kind.word(), Keyword::TrustedStorage(kind), "")
}
