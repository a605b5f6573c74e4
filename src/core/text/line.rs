//! One logical line on its way to a statement: the keyword that it begins with, the words that are left, and where remarks go.

use alloc::format;
use alloc::string::String;

use super::{Diagnostic, Remarks, Span, Word};

/// The words that the statements of one kind of file begin with.
pub(crate) trait Keywords: Copy + PartialEq + 'static {
    /// Each spelling, its meaning, and what stands behind it. The first spelling of a meaning is the canonical one.
    const ROWS: &'static [(&'static str, Self, &'static str)];

    /// The keyword that `word` is, in any case.
    fn read(word: &str) -> Option<Self> {
        let mut rows = Self::ROWS.iter();
        rows.find(|(name, ..)| name.eq_ignore_ascii_case(word)).map(|(_, keyword, _)| *keyword)
    }

    /// All spellings.
    fn names() -> impl Iterator<Item = &'static str> {
        Self::ROWS.iter().map(|(name, ..)| *name)
    }

    /// The canonical spelling.
    fn name(self) -> &'static str {
        self.row().0
    }

    /// How such a line is written.
    fn form(self) -> String {
        let (name, rest) = self.row();
        format!("{name} {rest}")
    }

    /// The canonical spelling, and what stands behind it.
    fn row(self) -> (&'static str, &'static str) {
        let mut rows = Self::ROWS.iter();
        rows.find(|(_, keyword, _)| *keyword == self).map_or(("", ""), |(name, _, rest)| (*name, *rest))
    }
}

/// The words of a line behind its keyword.
pub(crate) struct Line<'a, 'r, K> {
    keyword: K,
    span: Span,
    words: &'r [Word<'a>],
    remarks: &'r mut Remarks,
}

impl<'a, 'r, K: Keywords> Line<'a, 'r, K> {
    /// `words` begins with the keyword.
    pub(crate) fn new(keyword: K, span: Span, words: &'r [Word<'a>], remarks: &'r mut Remarks) -> Self {
        Self { keyword, span, words: words.get(1..).unwrap_or(&[]), remarks }
    }

    pub(crate) fn keyword(&self) -> K {
        self.keyword
    }

    /// The whole line.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    pub(crate) fn remarks(&mut self) -> &mut Remarks {
        self.remarks
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.remarks.push(diagnostic);
    }

    pub(crate) fn peek(&self) -> Option<&'r Word<'a>> {
        self.words.first()
    }

    pub(crate) fn next(&mut self) -> Option<&'r Word<'a>> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// All words that are left.
    pub(crate) fn rest(&mut self) -> &'r [Word<'a>] {
        core::mem::take(&mut self.words)
    }
}
