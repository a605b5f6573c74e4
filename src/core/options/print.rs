//! The one canonical spelling of each statement: `parse(print(x)) == x`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::ast::{
    DebugLog, FqdnMatching, Group, LogFile, Name, Narrowing, Options, ReportLog, Scope, Selector, Statement,
    Who,
};
use crate::text::spelling;

impl fmt::Display for Options {
    /// One statement a line, wrapped with `\` before FlexNet's 2048 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spelling::write_lines(f, &self.statements)
    }
}

impl fmt::Display for Statement {
    /// The statement on one line, single blanks between its parts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => write!(f, "GROUP {group}"),
            Self::HostGroup(group) => write!(f, "HOST_GROUP {group}"),
            Self::GroupCaseInsensitive(on) => write!(f, "GROUPCASEINSENSITIVE {}", switch(*on)),
            Self::FqdnMatching(FqdnMatching::Exact) => f.write_str("FQDN_MATCHING exact"),
            Self::FqdnMatching(FqdnMatching::Lenient) => f.write_str("FQDN_MATCHING lenient"),
            Self::Exclude(scope, who) => write_scoped(f, "EXCLUDE", scope, who),
            Self::Include(scope, who) => write_scoped(f, "INCLUDE", scope, who),
            Self::ExcludeBorrow(feature, who) => write!(f, "EXCLUDE_BORROW {feature} {who}"),
            Self::IncludeBorrow(feature, who) => write!(f, "INCLUDE_BORROW {feature} {who}"),
            Self::Reserve(count, feature, who) => write!(f, "RESERVE {} {feature} {who}", count.node),
            Self::Max(count, feature, who) => write!(f, "MAX {} {feature} {who}", count.node),
            Self::MaxOverdraft(feature, count) => write!(f, "MAX_OVERDRAFT {feature} {}", count.node),
            Self::MaxConnections(count) => write!(f, "MAX_CONNECTIONS {}", count.node),
            Self::BorrowLowwater(feature, count) => write!(f, "BORROW_LOWWATER {feature} {}", count.node),
            Self::MaxBorrowHours(feature, hours) => write!(f, "MAX_BORROW_HOURS {feature} {}", hours.node),
            Self::Linger(feature, seconds) => write!(f, "LINGER {feature} {}", seconds.node),
            Self::Timeout(scope, seconds) => write_scoped(f, "TIMEOUT", scope, &seconds.node),
            Self::NoLog(class) => write!(f, "NOLOG {}", class.word()),
            Self::DebugLog(log) => log.fmt(f),
            Self::ReportLog(log) => log.fmt(f),
            Self::AutomaticReread(on) => write!(f, "AUTOMATIC_REREAD {}", switch(*on)),
            Self::SelectTimeout(seconds) => write!(f, "DAEMON_SELECT_TIMEOUT {}", seconds.node),
            Self::TrustedStorage(keyword) => f.write_str(keyword.word()),
        }
    }
}

/// `EXCLUDE solver USER bob` or `EXCLUDEALL USER bob`.
fn write_scoped(
    f: &mut fmt::Formatter<'_>,
    keyword: &str,
    scope: &Scope,
    rest: &impl fmt::Display,
) -> fmt::Result {
    match scope {
        Scope::All => write!(f, "{keyword}ALL {rest}"),
        Scope::Of(feature) => write!(f, "{keyword} {feature} {rest}"),
    }
}

impl fmt::Display for Group {
    /// Name and members.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_word(f, &self.name.node)?;
        self.members.iter().try_for_each(|member| {
            f.write_str(" ")?;
            write_word(f, &member.node)
        })
    }
}

impl fmt::Display for Selector {
    /// `feature:KEY=VALUE`, or `"feature KEY=VALUE"` where FlexNet could not read the other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feature = self.feature.node.as_str();
        let Some(narrowing) = &self.narrowing else {
            return if feature.contains(':') { write!(f, "\"{feature}\"") } else { f.write_str(feature) };
        };
        let (key, value) = (narrowing.node.key(), narrowing.node.value());
        let is_plain = spelling::is_bare(&value) && !value.contains([':', '{', '\\']);
        if is_plain && !feature.contains(':') {
            write!(f, "{feature}:{key}={value}")
        } else {
            write!(f, "\"{feature} {key}={value}\"")
        }
    }
}

impl Narrowing {
    /// What stands behind the `=`.
    pub fn value(&self) -> String {
        match self {
            Self::Version(version) => version.to_string(),
            Self::HostId(ids) => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Self::ExpiryDate(expiry) => expiry.to_string(),
            Self::Key(text)
            | Self::Sign(text)
            | Self::Issuer(text)
            | Self::Notice(text)
            | Self::VendorString(text)
            | Self::DistInfo(text)
            | Self::UserInfo(text)
            | Self::AssetInfo(text) => text.clone(),
        }
    }
}

impl fmt::Display for Who {
    /// `USER bob`, `USER ALL_USERS`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.word())?;
        match &self.name.node {
            Name::All => f.write_str(self.kind.all_word().unwrap_or_default()),
            Name::Is(name) => write_word(f, name),
        }
    }
}

impl fmt::Display for DebugLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DEBUGLOG {}", self.file)?;
        if let Some(size) = self.rollover {
            write!(f, " AUTO_ROLLOVER {size}")?;
        }
        f.write_str(if self.has_mark { " OBF_ADDMARK" } else { "" })
    }
}

impl fmt::Display for ReportLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "REPORTLOG {}{}", self.file, if self.hides_users { " HIDE_USER" } else { "" })
    }
}

impl fmt::Display for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = if self.append { "+" } else { "" };
        write_word(f, &format!("{plus}{}", self.path.node))
    }
}

fn switch(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// Writes a word, in quotes if it would be read otherwise without them.
fn write_word(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    if spelling::is_bare(word) && !word.contains('{') { f.write_str(word) } else { write!(f, "\"{word}\"") }
}
