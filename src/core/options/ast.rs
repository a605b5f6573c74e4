//! One type per statement of an options file, with every part that was written.

use alloc::string::String;
use alloc::vec::Vec;

use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::Expiry;
use crate::text::Spanned;
use crate::version::Version;

/// An options file: its statements in the order of the file. Comments and line breaks are not kept.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Options {
    /// Each with the span of its logical line, from which the [`Source`](crate::text::Source) tells line and text.
    pub statements: Vec<Spanned<Statement>>,
}

/// One logical line.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `GROUP name user …`: lines of one name add up.
    Group(Group),
    /// `HOST_GROUP name host …`: names, addresses, addresses with `*`. Lines of one name add up.
    HostGroup(Group),
    /// `GROUPCASEINSENSITIVE ON`: members of the groups after it are compared without regard to ASCII case.
    GroupCaseInsensitive(bool),
    /// `FQDN_MATCHING exact` or `lenient`; the last line counts.
    FqdnMatching(FqdnMatching),
    /// `EXCLUDE feature who`, `EXCLUDEALL who`: refused (−38).
    Exclude(Scope, Who),
    /// `INCLUDE feature who`, `INCLUDEALL who`: once there is one, all whom none names are refused (−39).
    Include(Scope, Who),
    /// `EXCLUDE_BORROW feature who`: may not borrow.
    ExcludeBorrow(Selector, Who),
    /// `INCLUDE_BORROW feature who`: once there is one, nobody else may borrow.
    IncludeBorrow(Selector, Who),
    /// `RESERVE n feature who`: so many seats for them only. Lines add up.
    Reserve(Spanned<u32>, Selector, Who),
    /// `MAX n feature who`: at most so many at once (−87).
    Max(Spanned<u32>, Selector, Who),
    /// `MAX_OVERDRAFT feature n`: at most so many seats of the line's OVERDRAFT.
    MaxOverdraft(Selector, Spanned<u32>),
    /// `MAX_CONNECTIONS n`: of clients to the vendor daemon.
    MaxConnections(Spanned<u32>),
    /// `BORROW_LOWWATER feature n`: so many seats can never be borrowed.
    BorrowLowwater(Selector, Spanned<u32>),
    /// `MAX_BORROW_HOURS feature n`: shortens the line's BORROW hours; the last line counts.
    MaxBorrowHours(Selector, Spanned<u32>),
    /// `LINGER feature seconds`: how long a seat stays out after its check-in.
    Linger(Selector, Spanned<u32>),
    /// `TIMEOUT feature seconds`, `TIMEOUTALL seconds`: takes seats back from idle clients; the last line that fits
    /// counts.
    Timeout(Scope, Spanned<u32>),
    /// `NOLOG class`: this class of events is not logged.
    NoLog(LogClass),
    /// `DEBUGLOG [+]path …`
    DebugLog(DebugLog),
    /// `REPORTLOG [+]path …`
    ReportLog(ReportLog),
    /// `AUTOMATIC_REREAD ON` or `OFF`: read the files again at midnight; without a line, on.
    AutomaticReread(bool),
    /// `DAEMON_SELECT_TIMEOUT s`: the tick of FlexNet's daemons. It has no meaning for licgate.
    SelectTimeout(Spanned<u32>),
    /// A statement on FlexNet's trusted storage, which licgate does not have. Only its keyword is kept.
    TrustedStorage(TrustedStorage),
}

/// A named list of users or hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The name that rules use, compared exactly.
    pub name: Spanned<String>,
    /// Whom it lists.
    pub members: Vec<Spanned<String>>,
}

/// How host names are compared when one has a domain and the other has none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum FqdnMatching {
    /// They differ.
    #[default]
    Exact,
    /// They are the same.
    Lenient,
}

/// Which features a rule is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// All of the vendor: the keywords that end in `ALL`.
    All,
    /// These.
    Of(Selector),
}

/// `feature`, `feature:KEY=VALUE`, or `"feature KEY=VALUE"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// A feature, or a package, which stands for all its components.
    pub feature: Spanned<FeatureName>,
    /// Only the feature's licence lines with this attribute.
    pub narrowing: Option<Spanned<Narrowing>>,
}

/// What a licence line must have for a rule to be for its seats.
#[derive(Debug, Clone, PartialEq)]
pub enum Narrowing {
    /// `VERSION=`: the line's version, compared as a number.
    Version(Version),
    /// `HOSTID=`: the ids of the line, in any order.
    HostId(Vec<HostId>),
    /// `EXPDATE=`
    ExpiryDate(Expiry),
    /// `KEY=`: the key of lines before version 7.1.
    Key(String),
    /// `SIGN=`: the signature, compared without blanks and case.
    Sign(String),
    /// `ISSUER=`
    Issuer(String),
    /// `NOTICE=`
    Notice(String),
    /// `VENDOR_STRING=`
    VendorString(String),
    /// `dist_info=`
    DistInfo(String),
    /// `user_info=`
    UserInfo(String),
    /// `asset_info=`
    AssetInfo(String),
}

/// Whom a rule is for: `USER bob`, `HOST_GROUP nodes`, `USER ALL_USERS`.
#[derive(Debug, Clone, PartialEq)]
pub struct Who {
    /// What of a client is looked at.
    pub kind: Kind,
    /// What it has to be.
    pub name: Spanned<Name>,
}

/// What of a client a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `USER`: the user name.
    User,
    /// `HOST`: the host's name or address; an address may hold `*`.
    Host,
    /// `DISPLAY`: tty, X display or host.
    Display,
    /// `INTERNET`: the host's address, which may hold `*`.
    Internet,
    /// `PROJECT`: the client's `LM_PROJECT`.
    Project,
    /// `GROUP`: whether it lists the user.
    Group,
    /// `HOST_GROUP`: whether it lists the host.
    HostGroup,
}

/// The name at the end of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Name {
    /// `ALL_USERS`, `ALL_HOSTS`, `ALL_GROUPS`, `ALL_HOST_GROUPS`, on MAX lines only: each of them by itself.
    All,
    /// This one.
    Is(String),
}

/// Events that `NOLOG` can leave out of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogClass {
    /// Check-ins.
    In,
    /// Checkouts.
    Out,
    /// Refusals.
    Denied,
    /// Requests that begin to wait.
    Queued,
    /// Requests that wait no longer.
    Dequeued,
    /// Requests for features that are not served.
    Unsupported,
    /// Upgrades.
    Upgrade,
}

/// `DEBUGLOG [+]path [AUTO_ROLLOVER size] [OBF_ADDMARK]`
#[derive(Debug, Clone, PartialEq)]
pub struct DebugLog {
    /// The file.
    pub file: LogFile,
    /// `AUTO_ROLLOVER`: the log is put aside before it is larger than so many bytes, and begins anew.
    pub rollover: Option<u32>,
    /// `OBF_ADDMARK`, which has no meaning for licgate.
    pub has_mark: bool,
}

/// `REPORTLOG [+]path [HIDE_USER]`
#[derive(Debug, Clone, PartialEq)]
pub struct ReportLog {
    /// The file.
    pub file: LogFile,
    /// `HIDE_USER`: names of users are left out.
    pub hides_users: bool,
}

/// Where a log goes.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFile {
    /// Its path.
    pub path: Spanned<String>,
    /// `+` before the path: what is there already stays.
    pub append: bool,
}

/// The keywords of FlexNet's trusted storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustedStorage {
    /// `ACTIVATION_LOWWATER`
    Lowwater,
    /// `ACTIVATION_EXPIRY_DAYS`
    ExpiryDays,
    /// `EXCLUDE_ENTITLEMENT`
    Exclude,
    /// `EXCLUDEALL_ENTITLEMENT`
    ExcludeAll,
    /// `INCLUDE_ENTITLEMENT`
    Include,
    /// `INCLUDEALL_ENTITLEMENT`
    IncludeAll,
}

impl Statement {
    /// Whom the statement is for, if it is a rule for some clients.
    pub fn who(&self) -> Option<&Who> {
        match self {
            Self::Exclude(_, who)
            | Self::Include(_, who)
            | Self::ExcludeBorrow(_, who)
            | Self::IncludeBorrow(_, who)
            | Self::Reserve(_, _, who)
            | Self::Max(_, _, who) => Some(who),
            Self::Group(_)
            | Self::HostGroup(_)
            | Self::GroupCaseInsensitive(_)
            | Self::FqdnMatching(_)
            | Self::MaxOverdraft(..)
            | Self::MaxConnections(_)
            | Self::BorrowLowwater(..)
            | Self::MaxBorrowHours(..)
            | Self::Linger(..)
            | Self::Timeout(..)
            | Self::NoLog(_)
            | Self::DebugLog(_)
            | Self::ReportLog(_)
            | Self::AutomaticReread(_)
            | Self::SelectTimeout(_)
            | Self::TrustedStorage(_) => None,
        }
    }
}
