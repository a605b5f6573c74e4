//! A named text and the places in it.

use alloc::string::String;
use alloc::vec::Vec;

/// A piece of a source text, as byte offsets. Lines and columns are worked out only when somebody looks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// A value and where it was written. Two are equal when their values are: the place does not count.
#[derive(Debug, Clone, Copy)]
pub struct Spanned<T> {
    /// Where it stands.
    pub span: Span,
    /// What stands there.
    pub node: T,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> Spanned<T> {
    /// Puts `node` at `span`.
    pub fn new(span: Span, node: T) -> Self {
        Self { span, node }
    }
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// The physical line.
    pub line: u32,
    /// The character in it.
    pub column: u32,
}

/// A text with its name, which finds lines and columns.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// The longest text that is read, in bytes; a longer one is refused before it is parsed.
    pub const MAX: usize = 256 * 1024 * 1024;

    /// Names a text. `name` is what diagnostics show, usually the path.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let line_starts = core::iter::once(0).chain(starts).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where `offset` (a byte offset) lies.
    pub fn place(&self, offset: u32) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start as usize..offset as usize).unwrap_or("");
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
        Place { line: u32::try_from(line).unwrap_or(u32::MAX), column }
    }

    /// The text of the physical line with this number (from 1), without its line ending.
    pub fn line(&self, line: u32) -> &str {
        let start = self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(u32::MAX);
        let rest = self.text.get(start as usize..).unwrap_or("");
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }
}
