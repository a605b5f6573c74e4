//! Options text to [`Options`]: never fails, never stops at the first mistake.

mod file;
mod keyword;
mod line;
mod selector;
mod setting;
mod who;

#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod tests;

use alloc::format;
use alloc::vec::Vec;

use keyword::Keyword;
use line::{Line, error, warning};

use super::Options;
use super::ast::{FqdnMatching, Scope, Statement, TrustedStorage};
use crate::text::{Diagnostic, Keywords as _, Lexer, Remarks, Source, Span, Spanned, in_ticks};

/// Reads an options text. Every line that can be understood is in the value; everything odd is in the diagnostics,
/// in the order of the text, at most [`Remarks::MAX`] and one that counts the rest. A line with an error does not do what
/// was meant by it. A text longer than [`Source::MAX`] is not read at all, and the one diagnostic says so.
pub fn parse(source: &Source) -> (Options, Vec<Diagnostic>) {
    let mut options = Options::default();
    let mut remarks = Remarks::default();
    let end = match source.end() {
        Ok(end) => end,
        Err(message) => {
            remarks.push(error(Span::default(), message));
            return (options, remarks.into_sorted(0));
        }
    };
    let mut lexer = Lexer::new(source);
    let mut words = Vec::new();
    let mut has_groups = false;
    while let Some(head) = lexer.next_line() {
        let Some(keyword) = Keyword::read(head) else {
            unknown(head, &mut lexer, &mut remarks);
            continue;
        };
        let span = lexer.words(&mut words, &mut remarks);
        let mut line = Line::new(keyword, span, &words, &mut remarks);
        let Some(statement) = statement(keyword, &mut line) else { continue };
        line.end();
        has_groups |= matches!(statement, Statement::Group(_) | Statement::HostGroup(_));
        if has_groups && keyword == Keyword::GroupCaseInsensitive {
            let message = "GROUPCASEINSENSITIVE has no effect on the groups before it";
            remarks.push(warning(span, message).with_hint("write it at the top of the file"));
        }
        options.statements.push(Spanned::new(span, statement));
    }
    file::check(&options, &mut remarks);
    (options, remarks.into_sorted(end))
}

/// All keywords, in their canonical spelling.
#[cfg(test)]
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    Keyword::names()
}

/// Passes over a line that is no statement. FlexNet takes it for a comment; here it is an error, because a rule that
/// somebody meant to write would not be kept.
fn unknown(head: &str, lexer: &mut Lexer<'_>, remarks: &mut Remarks) {
    let line = lexer.skip();
    let end = line.start.saturating_add(u32::try_from(head.len()).unwrap_or(u32::MAX));
    let place = Span { end: end.max(line.start.saturating_add(1)).min(line.end), ..line };
    let message = match head {
        "" => "a line begins with a keyword, not with a quoted text".into(),
        _ => format!("{} is no keyword of an options file", in_ticks(head)),
    };
    let hint = who::suggestion(head, remarks);
    remarks.push(error(place, message).with_hint(hint));
}

fn statement(keyword: Keyword, line: &mut Line<'_, '_>) -> Option<Statement> {
    let scope = |line: &mut Line<'_, '_>| selector::read(line).map(Scope::Of);
    Some(match keyword {
        Keyword::Group => Statement::Group(who::group(line)?),
        Keyword::HostGroup => Statement::HostGroup(who::group(line)?),
        Keyword::GroupCaseInsensitive => Statement::GroupCaseInsensitive(setting::switch(line)?),
        Keyword::FqdnMatching => Statement::FqdnMatching(line.choice(
            "way to match host names",
            &[("exact", FqdnMatching::Exact), ("lenient", FqdnMatching::Lenient)],
        )?),
        Keyword::Exclude => Statement::Exclude(scope(line)?, who::read(line)?),
        Keyword::ExcludeAll => Statement::Exclude(Scope::All, who::read(line)?),
        Keyword::Include => Statement::Include(scope(line)?, who::read(line)?),
        Keyword::IncludeAll => Statement::Include(Scope::All, who::read(line)?),
        Keyword::ExcludeBorrow => Statement::ExcludeBorrow(selector::read(line)?, who::read(line)?),
        Keyword::IncludeBorrow => Statement::IncludeBorrow(selector::read(line)?, who::read(line)?),
        Keyword::Reserve => {
            Statement::Reserve(line.number("number of seats")?, selector::read(line)?, who::read(line)?)
        }
        Keyword::Max => {
            Statement::Max(line.number("number of seats")?, selector::read(line)?, who::read(line)?)
        }
        Keyword::MaxOverdraft => {
            Statement::MaxOverdraft(selector::read(line)?, line.number("number of seats")?)
        }
        Keyword::MaxConnections => Statement::MaxConnections(line.number("number of connections")?),
        Keyword::BorrowLowwater => {
            Statement::BorrowLowwater(selector::read(line)?, line.number("number of seats")?)
        }
        Keyword::MaxBorrowHours => {
            Statement::MaxBorrowHours(selector::read(line)?, line.number("number of hours")?)
        }
        Keyword::Linger => Statement::Linger(selector::read(line)?, line.number("number of seconds")?),
        Keyword::Timeout => Statement::Timeout(scope(line)?, line.number("number of seconds")?),
        Keyword::TimeoutAll => Statement::Timeout(Scope::All, line.number("number of seconds")?),
        Keyword::NoLog => Statement::NoLog(setting::log_class(line)?),
        Keyword::DebugLog => Statement::DebugLog(setting::debug_log(line)?),
        Keyword::ReportLog => Statement::ReportLog(setting::report_log(line)?),
        Keyword::AutomaticReread => Statement::AutomaticReread(setting::switch(line)?),
        Keyword::SelectTimeout => Statement::SelectTimeout(line.number("number of seconds")?),
        Keyword::TrustedStorage(kind) => trusted_storage(kind, line),
    })
}

fn trusted_storage(kind: TrustedStorage, line: &mut Line<'_, '_>) -> Statement {
    while line.next().is_some() {}
    let message =
        format!("{} is for FlexNet's trusted storage; licgate has none and ignores the line", kind.word());
    line.push(warning(line.span(), message).with_hint("nothing is lost: it says nothing of licence files"));
    Statement::TrustedStorage(kind)
}
