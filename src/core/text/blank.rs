//! What separates words: blanks, and the characters that only look like one or cannot be seen at all.

use alloc::format;

use super::{Diagnostic, Severity, Span};

/// Whether `c` separates words. Besides blanks and tabs these are all characters that no one meant to write into a
/// licence: no-break spaces and their kin, control characters, and invisible ones.
pub fn is_blank(c: char) -> bool {
    if c.is_ascii() {
        return c <= ' ' || c == '\u{7f}';
    }
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

/// Whether `c` is a blank that an editor would not have written by itself.
pub(super) fn is_odd(c: char) -> bool {
    is_blank(c) && !matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Whether `c` takes no room, or turns the direction of the text around it.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Says what the odd blank at `span` is.
pub(super) fn remark(c: char, span: Span) -> Diagnostic {
    let (what, hint) = match c {
        '\u{a0}' | '\u{202f}' => (
            "a no-break space",
            "it came with text pasted from a mail or a web page: type a plain blank instead",
        ),
        _ if is_invisible(c) => ("an invisible character", "delete it, or type a plain blank instead"),
        _ if c.is_control() => ("a control character", "delete it, or type a plain blank instead"),
        _ => ("an unusual blank", "type a plain blank instead"),
    };
    let message = format!("{what} (U+{:04X}) stands here; it is read as a blank", u32::from(c));
    Diagnostic::new(Severity::Warning, span, message).with_hint(hint)
}
