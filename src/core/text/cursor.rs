//! A place in a text that moves on character by character.

use super::{Span, is_blank};

/// What is left of a text to read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte offset of the next character.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What stands behind the character here and the blanks that follow it.
    pub(super) fn behind(&self) -> &'a str {
        let mut rest = self.rest().chars();
        rest.next();
        rest.as_str().trim_start_matches(|c| c != '\n' && is_blank(c))
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// What has been read since `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.between(start, self.at)
    }

    /// The text from byte `start` to byte `end`.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    pub(super) fn skip_while(&mut self, passes: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !passes(c)).unwrap_or(rest.len());
    }

    /// The span of the character here.
    pub(super) fn here(&self) -> Span {
        span(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }
}

/// Offsets fit, because a [`Source`] is shorter than [`Source::MAX`].
pub(super) fn span(start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(start), end: offset(end) }
}
