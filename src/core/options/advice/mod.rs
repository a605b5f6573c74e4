//! What an administrator should know about an options file without mistakes: rules that never apply, that contradict each
//! other, or that the licence has nothing for.

mod inclusion;
mod licensed;
mod rules;
mod terms;

#[cfg(test)]
mod corpus_tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Options;
use crate::id::VendorName;
use crate::licence::{Book, Rehearsal};
use crate::text::{Diagnostic, Remarks, Severity, Source, Span};

/// Remarks on a file by itself and, if there is a book, on what it says of that. They come in the order of the text and
/// add to those of the parser.
pub fn advise(source: &Source, options: &Options, book: Option<&Book>) -> Vec<Diagnostic> {
    let mut advice = Advice { source, remarks: Remarks::default() };
    rules::look(options, &mut advice);
    terms::look(options, &mut advice);
    if let Some(book) = book {
        licensed::look(options, book, &mut advice);
        inclusion::look(options, book, &mut advice);
    }
    advice.remarks.into_sorted(u32::try_from(source.text().len()).unwrap_or(u32::MAX))
}

/// The same with lines that nobody saw signed. Where the vendor has none that could be served, the file is looked at by
/// itself.
pub fn advise_on_rehearsal(
    source: &Source,
    options: &Options,
    rehearsal: &Rehearsal,
    vendor: &VendorName,
) -> Vec<Diagnostic> {
    let book = rehearsal.book(vendor).filter(|book| !book.pools().is_empty() || !book.absences().is_empty());
    advise(source, options, book)
}

struct Advice<'a> {
    source: &'a Source,
    remarks: Remarks,
}

impl Advice<'_> {
    fn warn(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        self.remarks.push(Diagnostic::new(Severity::Warning, span, message).with_hint(hint));
    }

    fn note(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        self.remarks.push(Diagnostic::new(Severity::Note, span, message).with_hint(hint));
    }

    /// `line 14`
    fn line(&self, span: Span) -> String {
        format!("line {}", self.source.place(span.start).line)
    }
}
