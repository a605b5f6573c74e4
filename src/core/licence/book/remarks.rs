//! What a compilation says besides the pools: remarks on lines, reasons for denials, and when to compile again.

use alloc::format;
use alloc::vec::Vec;

use super::Absence;
use crate::code::Code;
use crate::id::FeatureName;
use crate::licence::{Licence, Signed};
use crate::text::{Diagnostic, Severity, Source, Span};
use crate::time::Date;

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The index of its file.
    pub(super) file: usize,
    pub(super) span: Span,
    /// Counts the lines of all files.
    pub(super) order: usize,
}

pub(super) struct Remarks<'a> {
    files: &'a [(&'a Source, &'a Signed<Licence>)],
    pub(super) today: Date,
    pub(super) absences: Vec<Absence>,
    pub(super) diagnostics: Vec<(usize, Diagnostic)>,
    pub(super) next_change: Option<Date>,
}

impl<'a> Remarks<'a> {
    pub(super) fn new(files: &'a [(&'a Source, &'a Signed<Licence>)], today: Date) -> Self {
        let refused = files.iter().flat_map(|(_, signed)| signed.refused.iter().cloned());
        Self { files, today, absences: refused.collect(), diagnostics: Vec::new(), next_change: None }
    }

    /// The line at `place` is not served, or not in full: `what` is the rest of a sentence on its feature.
    pub(super) fn leave_out(
        &mut self,
        place: Place,
        feature: &FeatureName,
        severity: Severity,
        code: Code,
        what: &str,
    ) {
        self.absent(place, feature, code, what);
        self.say(place, severity, code, &format!("\"{feature}\" {what}"), "");
    }

    /// A reason for denials that needs no remark of its own.
    pub(super) fn absent(&mut self, place: Place, feature: &FeatureName, code: Code, what: &str) {
        let Some((source, signed)) = self.files.get(place.file) else { return };
        let lines = &signed.as_ref().statements;
        let line =
            lines.binary_search_by_key(&place.span, |line| line.span).ok().and_then(|at| lines.get(at));
        self.absences.extend(line.map(|line| Absence::new(feature, code, what, source, line)));
    }

    pub(super) fn say(&mut self, place: Place, severity: Severity, code: Code, message: &str, hint: &str) {
        let diagnostic = Diagnostic::new(severity, place.span, message).with_code(code).with_hint(hint);
        self.diagnostics.push((place.file, diagnostic));
    }

    /// `acme.lic:4`
    pub(super) fn line_of(&self, place: Place) -> alloc::string::String {
        let Some((source, _)) = self.files.get(place.file) else { return alloc::string::String::new() };
        super::short_place(source, place.span)
    }

    /// The book is another one from `day` on.
    pub(super) fn changes_on(&mut self, day: Date) {
        if day > self.today {
            self.next_change = Some(self.next_change.map_or(day, |earlier| earlier.min(day)));
        }
    }
}
