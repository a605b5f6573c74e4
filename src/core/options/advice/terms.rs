//! Settings and terms of which only one line counts, and values that mean little.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use super::Advice;
use crate::options::Options;
use crate::options::ast::{Scope, Statement};
use crate::options::policy::PoolTerms;
use crate::text::{Span, Spanned};

pub(super) fn look(options: &Options, advice: &mut Advice<'_>) {
    let mut last: BTreeMap<String, Span> = BTreeMap::new();
    for statement in options.statements.iter().rev() {
        value(statement, advice);
        let Some(what) = single(&statement.node) else { continue };
        match last.get(&what) {
            None => _ = last.insert(what, statement.span),
            Some(later) => {
                let message =
                    format!("this line has no effect: the {what} on {} comes later", advice.line(*later));
                advice.warn(statement.span, message, "remove one of the two lines");
            }
        }
    }
}

/// What a line sets, where the last one counts.
fn single(statement: &Statement) -> Option<String> {
    Some(match statement {
        Statement::FqdnMatching(_) => "FQDN_MATCHING".into(),
        Statement::MaxConnections(_) => "MAX_CONNECTIONS".into(),
        Statement::DebugLog(_) => "DEBUGLOG".into(),
        Statement::ReportLog(_) => "REPORTLOG".into(),
        Statement::AutomaticReread(_) => "AUTOMATIC_REREAD".into(),
        Statement::SelectTimeout(_) => "DAEMON_SELECT_TIMEOUT".into(),
        Statement::NoLog(class) => format!("NOLOG {}", class.word()),
        Statement::MaxOverdraft(feature, _) => format!("MAX_OVERDRAFT {feature}"),
        Statement::BorrowLowwater(feature, _) => format!("BORROW_LOWWATER {feature}"),
        Statement::MaxBorrowHours(feature, _) => format!("MAX_BORROW_HOURS {feature}"),
        Statement::Linger(feature, _) => format!("LINGER {feature}"),
        Statement::Timeout(Scope::Of(feature), _) => format!("TIMEOUT {feature}"),
        Statement::Timeout(Scope::All, _) => "TIMEOUTALL".to_string(),
        Statement::Group(_)
        | Statement::HostGroup(_)
        | Statement::GroupCaseInsensitive(_)
        | Statement::Exclude(..)
        | Statement::Include(..)
        | Statement::ExcludeBorrow(..)
        | Statement::IncludeBorrow(..)
        | Statement::Reserve(..)
        | Statement::Max(..)
        | Statement::TrustedStorage(_) => return None,
    })
}

fn value(statement: &Spanned<Statement>, advice: &mut Advice<'_>) {
    match &statement.node {
        Statement::Timeout(_, seconds) if u64::from(seconds.node) < PoolTerms::SHORTEST_TIMEOUT.as_secs() => {
            let least = PoolTerms::SHORTEST_TIMEOUT.as_secs();
            let message = format!("a timeout below {least} seconds counts as {least}");
            advice.warn(seconds.span, message, "write what is meant to hold");
        }
        Statement::MaxConnections(count) if count.node == 0 => {
            advice.warn(
                count.span,
                "with no connection allowed, nobody is served",
                "write a number, or remove the line",
            );
        }
        Statement::SelectTimeout(_) => {
            let message = "DAEMON_SELECT_TIMEOUT has no meaning for licgate, which never polls";
            advice.note(statement.span, message, "");
        }
        Statement::DebugLog(log) if log.has_mark => {
            advice.note(statement.span, "OBF_ADDMARK has no meaning for licgate", "");
        }
        _ => {}
    }
}
