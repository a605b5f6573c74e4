//! Diagnostics as people read them, with line and caret, and as programs do.

use alloc::format;
use alloc::string::{String, ToString};

use serde::Serialize;

use super::blank::is_invisible;
use super::{Diagnostic, Place, Severity, Source};
use crate::code::Code;

/// A diagnostic for programs: the place in lines and columns, both from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the source.
    pub file: String,
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// The character after its last one.
    pub end_column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// FlexNet's code, where there is one.
    pub code: Option<Code>,
    /// What is the matter.
    pub message: String,
    /// What to do next; empty when the message says enough.
    pub hint: String,
}

impl Diagnostic {
    /// The diagnostic as compilers write it: heading, the line with carets below the place, hint. It ends in a newline
    /// and is safe for a terminal whatever the source holds.
    pub fn render(&self, source: &Source) -> String {
        let (start, end) = (source.place(self.span.start), source.place(self.span.end));
        let (line, carets) = excerpt(source.line(start.line), start, end);
        let number = start.line.to_string();
        let margin = " ".repeat(number.len());
        let mut text = heading(self, source);
        for row in [format!("  {number} | {line}"), format!("  {margin} | {carets}")] {
            text.push('\n');
            text.push_str(row.trim_end());
        }
        text.push('\n');
        if !self.hint.is_empty() {
            text.push_str("  hint: ");
            text.extend(self.hint.chars().map(visible));
            text.push('\n');
        }
        text
    }

    /// The diagnostic for programs.
    pub fn report(&self, source: &Source) -> Report {
        let (start, end) = (source.place(self.span.start), source.place(self.span.end));
        Report {
            file: source.name().into(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            severity: self.severity,
            code: self.code,
            message: self.message.clone(),
            hint: self.hint.clone(),
        }
    }
}

/// `acme.lic:3:14: error: message (-11,45)`
pub(super) fn heading(diagnostic: &Diagnostic, source: &Source) -> String {
    let Place { line, column } = source.place(diagnostic.span.start);
    let code = diagnostic.code.map(|code| format!(" {}", code.numbers())).unwrap_or_default();
    let text =
        format!("{}:{line}:{column}: {}: {}{code}", source.name(), diagnostic.severity, diagnostic.message);
    text.chars().map(visible).collect()
}

/// The part of `line` around `start`, and the carets that go below it.
fn excerpt(line: &str, start: Place, end: Place) -> (String, String) {
    /// Characters of the line that are shown.
    const WIDTH: usize = 100;
    /// Characters that are shown before the place when the line is longer than that.
    const BEFORE: usize = 40;

    let first_caret = start.column.saturating_sub(1) as usize;
    let same_line = start.line == end.line;
    let last_caret = if same_line { end.column.saturating_sub(1) as usize } else { usize::MAX };
    let is_long = line.chars().nth(WIDTH).is_some();
    let cut = if is_long { first_caret.saturating_sub(BEFORE) } else { 0 };

    let (mut shown, mut carets) = (String::new(), String::new());
    if cut > 0 {
        shown.push('…');
        carets.push(' ');
    }
    let mut rest = line.chars().enumerate().skip(cut);
    for (index, c) in rest.by_ref().take(WIDTH) {
        shown.push(visible(c));
        let mark = if (first_caret..last_caret).contains(&index) { "^" } else { " " };
        carets.push_str(&mark.repeat(columns(c)));
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    if !carets.contains('^') {
        // An empty place, or one behind the end of the line.
        let column = first_caret.saturating_sub(cut) + usize::from(cut > 0);
        carets = " ".repeat(column.min(carets.chars().count())) + "^";
    }
    (shown, carets)
}

/// `c`, or what stands for it where it could move the cursor, colour the terminal, or hide.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('�'),
        '\x7f' => '␡',
        _ if c.is_control() || is_invisible(c) => '�',
        _ => c,
    }
}

/// The columns that a terminal gives to [`visible`] `c`: two for East Asian characters and pictures.
fn columns(c: char) -> usize {
    let is_wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}' | '\u{1f900}'..='\u{1f9ff}' | '\u{20000}'..='\u{3fffd}');
    if is_wide { 2 } else { 1 }
}

#[cfg(test)]
mod tests;
