//! Licence text to [`Licence`]: never fails, never stops at the first mistake.

mod attribute;
mod day;
mod feature;
mod file;
mod ignored;
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
use crate::text::{Diagnostic, Keywords as _, Lexer, Remarks, Severity, Source, Span, Spanned, in_ticks};

/// Reads a licence text. Every line that can be understood is in the value; everything odd is in the diagnostics,
/// in the order of the text, at most [`Remarks::MAX`] and one that counts the rest. A text longer than
/// [`Source::MAX`] is not read at all, and the one diagnostic says so.
pub fn parse(source: &Source) -> (Licence, Vec<Diagnostic>) {
    let mut licence = Licence::default();
    let mut remarks = Remarks::default();
    let end = match source.end() {
        Ok(end) => end,
        Err(message) => {
            remarks.push(line::error(Span::default(), Code::SYNTAX, message));
            return (licence, remarks.into_sorted(0));
        }
    };
    let mut lexer = Lexer::new(source);
    let mut words = Vec::new();
    let mut server_lines = Vec::new();
    while let Some(head) = lexer.next_line() {
        let Some(keyword) = Keyword::read(head) else {
            ignored::pass(head, &mut lexer, &mut remarks);
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
