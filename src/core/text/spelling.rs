//! How words are written so that they are read again as they were: quotes where needed, and wrapped lines.

use alloc::string::ToString;
use core::fmt;

use super::{Spanned, is_blank};

/// Physical lines of printed files are shorter than this, as FlexNet demands, wherever a blank allows a break.
const LINE: usize = 2048;
/// What a broken line ends in.
const BREAK: &str = " \\\n\t";

/// Whether `word` can stand in a line without quotes.
pub(crate) fn is_bare(word: &str) -> bool {
    let splits = |c| is_blank(c) || c == '"';
    let is_comment = word.starts_with('#') || word.starts_with("\\#");
    !word.is_empty() && !word.contains(splits) && !is_comment && !word.ends_with('\\')
}

/// Whether `word` is a keyword with a value, `NAME=…`, and no path that has `=` in it.
pub(crate) fn is_keyword(word: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// Writes a value, in quotes if it needs them.
pub(crate) fn write_value(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    write_quoted_if(f, value, !is_bare(value) || value.starts_with('{'))
}

/// Writes the path of a vendor daemon, in quotes if it could be taken for something else.
pub(crate) fn write_path(f: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
    let is_number = path.bytes().all(|byte| byte.is_ascii_digit());
    write_quoted_if(f, path, !is_bare(path) || is_number || is_keyword(path))
}

fn write_quoted_if(f: &mut fmt::Formatter<'_>, text: &str, quotes: bool) -> fmt::Result {
    if quotes { write!(f, "\"{text}\"") } else { f.write_str(text) }
}

/// Writes one statement a line, wrapped with `\` before FlexNet's 2048 characters.
pub(crate) fn write_lines<T: ToString>(f: &mut fmt::Formatter<'_>, statements: &[Spanned<T>]) -> fmt::Result {
    statements.iter().try_for_each(|statement| {
        write_wrapped(f, &statement.node.to_string())?;
        f.write_str("\n")
    })
}

/// Writes a logical line as physical lines shorter than [`LINE`].
///
/// A reader takes a join and all blanks around it for one blank, in quotes too. So a line may be broken at a single
/// blank only: between two of them one would be lost.
fn write_wrapped(f: &mut fmt::Formatter<'_>, line: &str) -> fmt::Result {
    let mut rest = line;
    // The width of what stands before `rest` on its physical line: the tab of a continuation.
    let mut indent = 0;
    while let Some((head, tail)) = split_at_blank(rest, LINE - BREAK.len() - indent) {
        write!(f, "{head}{BREAK}")?;
        (rest, indent) = (tail, 1);
    }
    f.write_str(rest)
}

/// Cuts a line that is longer than `width` characters at the last single blank within `width`, or else at the first
/// one after it. `None`: the line is short enough, or there is no such blank.
fn split_at_blank(line: &str, width: usize) -> Option<(&str, &str)> {
    line.char_indices().nth(width)?;
    let blank = |c: char| c == ' ' || c == '\t';
    let mut best = None;
    let mut before = ' ';
    for (count, (at, c)) in line.char_indices().enumerate() {
        let (head, tail) = line.split_at_checked(at)?;
        let after = tail.strip_prefix(' ').filter(|after| !after.starts_with(blank) && !after.is_empty());
        if let Some(after) = after.filter(|_| !blank(before)) {
            best = if count <= width || best.is_none() { Some((head, after)) } else { best };
        }
        if count > width && best.is_some() {
            break;
        }
        before = c;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    struct Wrapped<'a>(&'a str);

    impl fmt::Display for Wrapped<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_wrapped(f, self.0)
        }
    }

    #[test]
    fn only_words_that_stay_one_word_go_without_quotes() {
        for word in ["a", "C:\\acme", "A=B", "a#b", "ü"] {
            assert!(is_bare(word), "{word}");
        }
        for word in ["", "a b", "a\tb", "a\u{a0}b", "#a", "\\#a", "C:\\", "\"", "\u{1b}"] {
            assert!(!is_bare(word), "{word}");
        }
    }

    #[test]
    fn long_lines_break_at_single_blanks_and_stay_short() {
        let line = "word ".repeat(2000) + "end";
        let text = format!("{}", Wrapped(&line));
        assert!(text.lines().all(|line| line.chars().count() < LINE));
        assert_eq!(text.lines().count(), 5);
        assert_eq!(text.replace(BREAK, " "), line);
    }

    #[test]
    fn a_line_without_a_single_blank_stays_long() {
        let long = "x".repeat(3000);
        let line = format!("{long}  {long} y {long}");
        assert_eq!(format!("{}", Wrapped(&line)), format!("{long}  {long}{BREAK}y{BREAK}{long}"));
        assert_eq!(format!("{}", Wrapped(&long)), long);
        assert_eq!(format!("{}", Wrapped("")), "");
    }
}
