//! Licence text to [`Licence`]: never fails, never stops at the first mistake.

mod attribute;
mod day;
mod feature;
mod file;
mod keyword;
mod line;
mod package;
mod server;
mod table;
mod value;
mod vendor;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod round_trip_tests;

use alloc::format;
use alloc::vec::Vec;

use keyword::Keyword;
use line::Line;

use super::Licence;
use super::ast::{FeatureKind, Statement};
use crate::code::Code;
use crate::text::{Diagnostic, Lexer, Remarks, Severity, Source, Span, Spanned, closest, in_ticks};

/// Reads a licence text. Every line that can be understood is in the value; everything odd is in the diagnostics,
/// in the order of the text, at most [`Remarks::MAX`] and one that counts the rest. A text longer than
/// [`Source::MAX`] is not read at all, and the one diagnostic says so.
pub fn parse(source: &Source) -> (Licence, Vec<Diagnostic>) {
    let mut licence = Licence::default();
    let mut remarks = Remarks::default();
    let Some(end) = u32::try_from(source.text().len()).ok().filter(|end| *end as usize <= Source::MAX) else {
        let message = format!("this file is longer than {} MiB and is not read", Source::MAX / (1024 * 1024));
        remarks.push(line::error(Span::default(), Code::SYNTAX, message));
        return (licence, remarks.into_sorted(0));
    };
    let mut lexer = Lexer::new(source);
    let mut words = Vec::new();
    let mut server_lines = Vec::new();
    while let Some(head) = lexer.next_line() {
        let Some(keyword) = Keyword::read(head) else {
            let span = lexer.skip();
            remark_ignored(head, span, &mut remarks);
            continue;
        };
        let span = lexer.words(&mut words, &mut remarks);
        if keyword == Keyword::Server {
            server_lines.push(span);
        }
        let mut line = Line::new(keyword, span, &words, &mut remarks);
        if let Some(statement) = statement(keyword, &mut line) {
            licence.statements.push(Spanned::new(span, statement));
        }
    }
    file::check(&licence, &server_lines, &mut remarks);
    (licence, remarks.into_sorted(end))
}

fn statement(keyword: Keyword, line: &mut Line<'_, '_>) -> Option<Statement> {
    match keyword {
        Keyword::Server => server::read(line).map(Statement::Server),
        Keyword::Vendor => vendor::read(line).map(Statement::Vendor),
        Keyword::UseServer => {
            if let Some(word) = line.next() {
                let message = format!("USE_SERVER stands alone; {} is ignored", in_ticks(word.bare));
                line.push(Diagnostic::new(Severity::Warning, word.span, message));
            }
            Some(Statement::UseServer)
        }
        Keyword::Feature => feature::read(FeatureKind::Feature, line).map(Statement::Feature),
        Keyword::Increment => feature::read(FeatureKind::Increment, line).map(Statement::Feature),
        Keyword::Upgrade => feature::read_upgrade(line).map(Statement::Upgrade),
        Keyword::Package => package::read(line).map(Statement::Package),
        Keyword::FeatureSet => {
            let message = "FEATURESET lines are of the past; this one is ignored";
            let hint = "nothing is to be done: no signature depends on it any more";
            line.push(Diagnostic::new(Severity::Warning, line.span(), message).with_hint(hint));
            None
        }
    }
}

/// A line whose first word is no keyword is ignored, as FlexNet does; but some look as if they had been meant.
fn remark_ignored(head: &str, line: Span, remarks: &mut Remarks) {
    let span = Span { end: line.start.saturating_add(u32::try_from(head.len()).unwrap_or(u32::MAX)), ..line };
    if is_decimal(head) {
        let message = format!("{} is a line in decimal format, which licgate does not read", in_ticks(head));
        let hint = "ask the vendor for the readable form of this line";
        remarks.push(line::error(span, Code::DECIMAL_FORMAT, message).with_hint(hint));
    } else if head.split_once('=').is_some_and(|(name, _)| table::is_known(name)) {
        let message = "this line is ignored: it begins with an attribute";
        let hint = "if it belongs to the line before, that one has to end in `\\`";
        remarks.push(Diagnostic::new(Severity::Warning, span, message).with_hint(hint));
    } else if let Some(meant) = closest(head, Keyword::names()).filter(|_| head.len() > 3) {
        let message = format!("this line is ignored: {} is no keyword", in_ticks(head));
        let hint = format!("did you mean {meant}?");
        remarks.push(Diagnostic::new(Severity::Note, span, message).with_hint(hint));
    }
}

/// Whether a word is a whole line in decimal format: `sampled-f1-00737-55296-1825`.
fn is_decimal(word: &str) -> bool {
    let is_group =
        |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = word.split('-');
    let vendor = parts.next().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    let feature = parts.next().is_some_and(|name| !name.is_empty());
    let mut groups = parts.clone();
    vendor
        && feature
        && parts.clone().count() >= 2
        && groups.all(is_group)
        && parts.any(|part| part.len() == 5)
}
