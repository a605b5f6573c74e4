//! What an options file says of the vendor daemon itself: its logs, its connections, and when it reads its files.

use alloc::collections::BTreeSet;

use super::Options;
use super::ast::{DebugLog, LogClass, ReportLog, Statement};
use super::policy::Rule;
use crate::text::Source;

/// The daemon's settings. Of several lines for one of them the last one counts; NOLOG lines add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `NOLOG`: events of these classes are in no log.
    pub unlogged: BTreeSet<LogClass>,
    /// `DEBUGLOG`: where the daemon's own log goes; without it, to the master's.
    pub debug_log: Option<Set<DebugLog>>,
    /// `REPORTLOG`: where each event is written for other programs.
    pub report_log: Option<Set<ReportLog>>,
    /// `MAX_CONNECTIONS`: so many clients at once, whatever they want.
    pub max_connections: Option<Set<u32>>,
    /// `AUTOMATIC_REREAD`: whether the daemon reads its files again at midnight.
    pub automatic_reread: bool,
}

/// A setting and the line to blame for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Set<T> {
    /// The line.
    pub rule: Rule,
    /// What it says.
    pub value: T,
}

impl Default for Settings {
    /// Those of a vendor without an options file.
    fn default() -> Self {
        Self {
            unlogged: BTreeSet::new(),
            debug_log: None,
            report_log: None,
            max_connections: None,
            automatic_reread: true,
        }
    }
}

impl Settings {
    /// Compiles an options file. `source` is the text that `options` were read from.
    pub fn compile(source: &Source, options: &Options) -> Self {
        let mut settings = Self::default();
        for statement in &options.statements {
            let rule = || Rule::new(source, statement);
            match &statement.node {
                Statement::NoLog(class) => _ = settings.unlogged.insert(*class),
                Statement::DebugLog(log) => {
                    settings.debug_log = Some(Set { rule: rule(), value: log.clone() });
                }
                Statement::ReportLog(log) => {
                    settings.report_log = Some(Set { rule: rule(), value: log.clone() });
                }
                Statement::MaxConnections(count) => {
                    settings.max_connections = Some(Set { rule: rule(), value: count.node });
                }
                Statement::AutomaticReread(is_on) => settings.automatic_reread = *is_on,
                Statement::Group(_)
                | Statement::HostGroup(_)
                | Statement::GroupCaseInsensitive(_)
                | Statement::FqdnMatching(_)
                | Statement::Exclude(..)
                | Statement::Include(..)
                | Statement::ExcludeBorrow(..)
                | Statement::IncludeBorrow(..)
                | Statement::Reserve(..)
                | Statement::Max(..)
                | Statement::MaxOverdraft(..)
                | Statement::BorrowLowwater(..)
                | Statement::MaxBorrowHours(..)
                | Statement::Linger(..)
                | Statement::Timeout(..)
                | Statement::SelectTimeout(_)
                | Statement::TrustedStorage(_) => {}
            }
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::parse;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn settings(text: &str) -> Settings {
        let source = Source::new("/etc/acme.opt", text);
        let (options, remarks) = parse(&source);
        assert!(remarks.iter().all(|remark| remark.severity < crate::text::Severity::Error), "{remarks:?}");
        Settings::compile(&source, &options)
    }

    fn rule<T>(set: Option<Set<T>>) -> Option<String> {
        set.map(|set| set.rule.to_string())
    }

    #[test]
    fn without_lines_the_defaults_hold() {
        // "AUTOMATIC_REREAD: default ON"; "by default, debug log output contains all events".
        let defaults = settings("EXCLUDE solver USER bob\n");
        assert_eq!(defaults, Settings::default());
        assert!(defaults.automatic_reread && defaults.unlogged.is_empty());
    }

    #[test]
    fn nolog_leaves_out_one_class_a_line_and_lines_add_up() {
        // "To turn off logging of checkouts, queued requests and denials, use: NOLOG DENIED / NOLOG QUEUED, …"
        let rows: [(&str, &[LogClass]); 4] = [
            ("NOLOG IN", &[LogClass::In]),
            ("NOLOG DENIED\nNOLOG QUEUED\nNOLOG DENIED", &[LogClass::Denied, LogClass::Queued]),
            ("nolog out\nNOLOG UPGRADE", &[LogClass::Out, LogClass::Upgrade]),
            ("NOLOG DEQUEUED\nNOLOG UNSUPPORTED", &[LogClass::Dequeued, LogClass::Unsupported]),
        ];
        for (text, classes) in rows {
            assert_eq!(settings(text).unlogged.into_iter().collect::<Vec<_>>(), classes, "{text}");
        }
    }

    #[test]
    fn the_last_line_of_a_setting_counts_and_is_the_one_to_blame() {
        let all = settings(
            "MAX_CONNECTIONS 3\nDEBUGLOG /a.log\nREPORTLOG +/a.rep\nAUTOMATIC_REREAD OFF\nMAX_CONNECTIONS 9\n\
             DEBUGLOG +/b.log AUTO_ROLLOVER 500\nREPORTLOG /b.rep HIDE_USER\n",
        );
        assert!(!all.automatic_reread);
        assert_eq!(all.max_connections.as_ref().map(|set| set.value), Some(9));
        assert_eq!(rule(all.max_connections).as_deref(), Some("acme.opt:5: MAX_CONNECTIONS 9"));
        let debug = all.debug_log.clone().map(|set| set.value).unwrap();
        // "+: logging is appended to the file."
        assert_eq!(
            (debug.file.path.node.as_str(), debug.file.append, debug.rollover),
            ("/b.log", true, Some(500))
        );
        assert_eq!(rule(all.debug_log).as_deref(), Some("acme.opt:6: DEBUGLOG +/b.log AUTO_ROLLOVER 500"));
        let report = all.report_log.map(|set| set.value).unwrap();
        assert_eq!(
            (report.file.path.node.as_str(), report.file.append, report.hides_users),
            ("/b.rep", false, true)
        );
        assert!(settings("AUTOMATIC_REREAD OFF\nAUTOMATIC_REREAD ON\n").automatic_reread);
    }
}
