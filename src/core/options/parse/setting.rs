//! Statements that are for the daemon as a whole: logs and switches.

use alloc::format;
use alloc::string::String;

use super::line::{Line, error};
use crate::options::ast::{DebugLog, LogClass, LogFile, ReportLog};
use crate::text::{Diagnostic, Severity, Spanned, Word, in_ticks};

/// `ON` or `OFF`.
pub(super) fn switch(line: &mut Line<'_, '_>) -> Option<bool> {
    line.choice("switch", &[("ON", true), ("OFF", false)])
}

/// What NOLOG leaves out: one class a line.
pub(super) fn log_class(line: &mut Line<'_, '_>) -> Option<LogClass> {
    line.choice("class of events", &LogClass::ALL.map(|class| (class.word(), class)))
}

/// The rest of a DEBUGLOG line.
pub(super) fn debug_log(line: &mut Line<'_, '_>) -> Option<DebugLog> {
    let mut log = DebugLog { file: file(line)?, rollover: None, has_mark: false };
    while let Some(word) = line.peek() {
        if is(word, "AUTO_ROLLOVER") {
            line.next();
            log.rollover = Some(line.number("size")?.node);
        } else if is(word, "OBF_ADDMARK") {
            line.next();
            log.has_mark = true;
        } else {
            break;
        }
    }
    Some(log)
}

/// The rest of a REPORTLOG line.
pub(super) fn report_log(line: &mut Line<'_, '_>) -> Option<ReportLog> {
    let file = file(line)?;
    let hides_users = line.peek().is_some_and(|word| is(word, "HIDE_USER"));
    if hides_users {
        line.next();
    }
    Some(ReportLog { file, hides_users })
}

fn is(word: &Word<'_>, flag: &str) -> bool {
    word.text().is_some_and(|text| text.eq_ignore_ascii_case(flag))
}

/// `[+]path`
fn file(line: &mut Line<'_, '_>) -> Option<LogFile> {
    let word = line.name("path")?;
    let (append, path) = match word.node.strip_prefix('+') {
        Some(path) => (true, path),
        None => (false, word.node),
    };
    if path.is_empty() {
        let message = "there is no path behind the `+`";
        line.push(error(word.span, message).with_hint("write them together: \"+/var/log/acme log\""));
        return None;
    }
    if !append {
        let message = format!("{} begins anew at every start of the daemon", in_ticks(path));
        let hint = format!("write +{path} to keep what is there");
        line.push(Diagnostic::new(Severity::Note, word.span, message).with_hint(hint));
    }
    Some(LogFile { path: Spanned::new(word.span, String::from(path)), append })
}
