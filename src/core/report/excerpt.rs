//! A diagnostic with the line of text that it is about, as compilers show it.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::text::{Diagnostic, Source};

/// The longest piece of a line that is shown, in characters: lines with signatures are long.
const WIDTH: usize = 100;
/// How much of a longer line is shown before the place, in characters.
const BEFORE: usize = 30;

/// The remark with its place, code, line, caret and hint, ending in a line feed:
///
/// ```text
/// error: the count is no number (-2,413)
///  --> acme.lic:3:44
///   |
/// 3 | FEATURE solver acme 2.1 31-dec-2027 many
///   |                                     ^^^^
///   = hint: write the number of seats, or uncounted
/// ```
pub fn excerpt(source: &Source, diagnostic: &Diagnostic) -> String {
    let place = source.place(diagnostic.span.start);
    let number = format!("{}", place.line);
    let margin = number.len();
    let code = diagnostic.code.map_or_else(String::new, |code| format!(" {}", code.numbers()));
    let column = (place.column as usize).saturating_sub(1);
    let length = source
        .text()
        .get(diagnostic.span.start as usize..diagnostic.span.end as usize)
        .map_or(0, |marked| marked.split(['\n', '\r']).next().unwrap_or("").chars().count());
    let (shown, column, length) = window(source.line(place.line), column, length);

    let mut text = format!("{}: {}{code}\n", diagnostic.severity, diagnostic.message);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:margin$}--> {}:{}:{}", "", source.name(), place.line, place.column);
    let _ = writeln!(text, "{:margin$} |", "");
    let _ = writeln!(text, "{number} | {shown}");
    let _ = writeln!(text, "{:margin$} | {:column$}{}", "", "", "^".repeat(length.max(1)));
    if !diagnostic.hint.is_empty() {
        let _ = writeln!(text, "{:margin$} = hint: {}", "", diagnostic.hint);
    }
    text
}

/// The piece of a line around a place, where the place is in it, and how much of what is marked it holds. Characters
/// that would move a terminal's cursor are shown as blanks, so that the caret stands where it should.
fn window(line: &str, column: usize, length: usize) -> (String, usize, usize) {
    let clean = |c: char| if c.is_control() || c == '\u{feff}' || c == '\u{a0}' { ' ' } else { c };
    let total = line.chars().count();
    if total <= WIDTH {
        let room = total.saturating_sub(column);
        return (line.chars().map(clean).collect(), column, length.min(room));
    }
    let start = column.saturating_sub(BEFORE).min(total - WIDTH);
    let piece: String = line.chars().skip(start).take(WIDTH).map(clean).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if start + WIDTH < total { "…" } else { "" });
    let at = column - start;
    let room = WIDTH.saturating_sub(at);
    (format!("{before}{piece}{after}"), at + usize::from(start > 0), length.min(room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::text::{Severity, Span};
    use alloc::string::ToString;

    fn show(text: &str, marked: &str) -> String {
        let start = text.find(marked).unwrap();
        let [start, end] = [start, start + marked.len()].map(|at| u32::try_from(at).unwrap());
        let source = Source::new("acme.lic", text);
        excerpt(&source, &Diagnostic::new(Severity::Error, Span { start, end }, "the count is no number"))
    }

    #[test]
    fn a_remark_shows_its_line_and_what_to_do() {
        let source = Source::new("acme.lic", "# ours\n\nFEATURE solver acme 2.1 31-dec-2027 many\n");
        let diagnostic =
            Diagnostic::new(Severity::Error, Span { start: 44, end: 48 }, "the count is no number")
                .with_code(Code::SYNTAX)
                .with_hint("write the number of seats, or uncounted");
        let expected = "\
error: the count is no number (-2,413)
 --> acme.lic:3:37
  |
3 | FEATURE solver acme 2.1 31-dec-2027 many
  |                                     ^^^^
  = hint: write the number of seats, or uncounted
";
        assert_eq!(excerpt(&source, &diagnostic), expected);
    }

    #[test]
    fn the_caret_stands_below_its_word_whatever_the_line_holds() {
        let long = "é".repeat(80) + "\tmany " + &"z".repeat(300);
        let cases = ["many", "a\tmany\r\nb", "\u{feff}many", "\u{a0}é many", &long, "x\n\n\nmany"];
        for text in cases {
            let shown = show(text, "many");
            let mut lines = shown.lines().skip(3).map(|line| line.chars().collect::<alloc::vec::Vec<_>>());
            let (line, caret) = (lines.next().unwrap(), lines.next().unwrap());
            let start = caret.iter().position(|c| *c == '^').unwrap();
            assert_eq!(line[start..start + 4].iter().collect::<String>(), "many", "{shown}");
            assert_eq!(caret.len(), start + 4, "{shown}");
            assert!(line.len() < 120, "{shown}");
        }
    }

    #[test]
    fn a_place_at_the_end_still_has_a_caret() {
        let source = Source::new("acme.lic", "FEATURE f");
        let at_end = Diagnostic::new(Severity::Error, Span { start: 9, end: 9 }, "no vendor");
        assert!(excerpt(&source, &at_end).ends_with("1 | FEATURE f\n  |          ^\n"));
        let beyond = Diagnostic::new(Severity::Error, Span { start: 90, end: 99 }, "no vendor");
        assert!(excerpt(&source, &beyond).contains('^'));
        assert!(excerpt(&Source::new("acme.lic", ""), &beyond).to_string().contains('^'));
    }
}
