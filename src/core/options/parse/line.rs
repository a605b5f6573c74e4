//! What the words of an options line have to be: names, numbers, one of several words, and nothing behind them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::keyword::Keyword;
use crate::text::{self, Diagnostic, Keywords as _, Severity, Span, Spanned, Word, in_ticks};

/// A line of an options file.
pub(super) type Line<'a, 'r> = text::Line<'a, 'r, Keyword>;

impl<'a, 'r> Line<'a, 'r> {
    /// The next word; `what` it should be is said if there is none.
    pub(super) fn word(&mut self, what: &str) -> Option<&'r Word<'a>> {
        let word = self.next();
        if word.is_none() {
            self.missing(what);
        }
        word
    }

    /// The next word as a name, bare or in quotes. `None`: there is none, which has been said.
    pub(super) fn name(&mut self, what: &str) -> Option<Spanned<&'r str>> {
        let word = self.word(what)?;
        self.text(word, what)
    }

    /// A word as a name. `None`: it cannot be one, which has been said.
    pub(super) fn text(&mut self, word: &'r Word<'a>, what: &str) -> Option<Spanned<&'r str>> {
        match word.text() {
            Some(text) if !text.trim().is_empty() => Some(Spanned::new(word.span, text)),
            Some(_) => {
                self.push(error(word.span, format!("the {what} is empty")));
                None
            }
            None => {
                let message =
                    format!("{} cannot be a {what}: only part of it is in quotes", in_ticks(word.bare));
                self.push(error(word.span, message).with_hint("put all of it in quotes, or nothing"));
                None
            }
        }
    }

    /// The next word as a whole number. `None`: it is none, which has been said.
    pub(super) fn number(&mut self, what: &str) -> Option<Spanned<u32>> {
        let word = self.word(what)?;
        let digits =
            word.text().filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok());
        if number.is_none() {
            let shown = in_ticks(word.text().unwrap_or(word.bare));
            let hint = format!("write {}", self.keyword().form());
            self.push(error(word.span, format!("{shown} is no {what}")).with_hint(hint));
        }
        Some(Spanned::new(word.span, number?))
    }

    /// The next word as one of `choices`, in any case. `None`: it is none of them, which has been said.
    pub(super) fn choice<T: Copy>(&mut self, what: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let word = self.word(what)?;
        let text = word.text().unwrap_or(word.bare);
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            let hint = match self.remarks().closest(text, names.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("write one of {}", names.join(", ")),
            };
            self.push(error(word.span, format!("{} is no {what}", in_ticks(text))).with_hint(hint));
        }
        found.map(|(_, choice)| *choice)
    }

    /// Says of words that are left that nobody reads them.
    pub(super) fn end(&mut self) {
        let words = self.rest();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let span = Span { start: first.span.start, end: last.span.end };
        let first = in_ticks(first.text().unwrap_or(first.bare));
        let message = match words.len() {
            1 => format!("{first} has no place on this {} line and is not read", self.keyword().name()),
            _ => format!(
                "{first} and what follows have no place on this {} line and are not read",
                self.keyword().name()
            ),
        };
        let hint = format!("write {}", self.keyword().form());
        self.push(error(span, message).with_hint(hint));
    }

    /// Says that `what` should stand at the end of the line.
    fn missing(&mut self, what: &str) {
        let place = Span { start: self.span().end, end: self.span().end };
        let message = format!("this {} line has no {what}", self.keyword().name());
        let hint = format!("write {}", self.keyword().form());
        self.push(error(place, message).with_hint(hint));
    }
}

/// An error: FlexNet has no codes for options files.
pub(super) fn error(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Error, span, message)
}

/// A warning.
pub(super) fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Warning, span, message)
}
