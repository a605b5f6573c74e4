//! A named text and the places in it.

use alloc::format;
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

    /// Names a text. `name` is what diagnostics show, usually the path. A byte order mark at the beginning of the text
    /// is dropped.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            drop(text.drain(..'\u{feff}'.len_utf8()));
        }
        let bytes = text.bytes().take(Self::MAX).zip(1u32..);
        let starts = bytes.filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let line_starts = core::iter::once(0).chain(starts).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// Names the content of a file: UTF-8, or else Latin-1, which older licence generators write.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
        Self::new(name, text)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The offset of its end.
    ///
    /// # Errors
    /// It is longer than [`MAX`](Self::MAX): plain words.
    pub(crate) fn end(&self) -> Result<u32, String> {
        let end = u32::try_from(self.text.len()).ok().filter(|end| *end as usize <= Self::MAX);
        end.ok_or_else(|| {
            format!("this file is longer than {} MiB and is not read", Self::MAX / (1024 * 1024))
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("t", "ab\r\nüc\n");
        for (offset, line, column) in [(0, 1, 1), (2, 1, 3), (4, 2, 1), (6, 2, 2), (8, 3, 1), (99, 3, 1)] {
            assert_eq!(source.place(offset), Place { line, column }, "{offset}");
        }
        assert_eq!([source.line(1), source.line(2), source.line(3), source.line(4)], ["ab", "üc", "", ""]);
    }

    #[test]
    fn files_are_utf8_with_or_without_mark_or_latin1() {
        for bytes in [&b"\xef\xbb\xbf\xc3\xbcx"[..], b"\xc3\xbcx", b"\xfcx"] {
            assert_eq!(Source::from_bytes("t", bytes.to_vec()).text(), "üx");
        }
    }
}
