//! One logical line on its way to a statement: the words that are left, and where remarks go.

use alloc::format;
use alloc::string::String;

use super::keyword::Keyword;
use crate::code::Code;
use crate::text::{Diagnostic, Remarks, Severity, Span, Spanned, Word};

/// The words of a line behind its keyword.
pub(super) struct Line<'a, 'r> {
    keyword: Keyword,
    span: Span,
    words: &'r [Word<'a>],
    remarks: &'r mut Remarks,
}

impl<'a, 'r> Line<'a, 'r> {
    /// `words` begins with the keyword.
    pub(super) fn new(keyword: Keyword, span: Span, words: &'r [Word<'a>], remarks: &'r mut Remarks) -> Self {
        Self { keyword, span, words: words.get(1..).unwrap_or(&[]), remarks }
    }

    pub(super) fn keyword(&self) -> Keyword {
        self.keyword
    }

    /// The whole line.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    pub(super) fn remarks(&mut self) -> &mut Remarks {
        self.remarks
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.remarks.push(diagnostic);
    }

    pub(super) fn peek(&self) -> Option<&'r Word<'a>> {
        self.words.first()
    }

    pub(super) fn next(&mut self) -> Option<&'r Word<'a>> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// The next words as the fields of these names. `None`: one is missing, which has been said.
    pub(super) fn fields<const N: usize>(&mut self, names: [&str; N]) -> Option<[Spanned<&'r str>; N]> {
        let mut fields = [Spanned::new(Span::default(), ""); N];
        for (field, name) in fields.iter_mut().zip(names) {
            *field = self.field(name)?;
        }
        Some(fields)
    }

    fn field(&mut self, name: &str) -> Option<Spanned<&'r str>> {
        let word = self.peek().filter(|word| word.name().is_none());
        let Some((word, text)) = word.and_then(|word| Some((word, word.text()?))) else {
            self.missing(name);
            return None;
        };
        self.next();
        Some(Spanned::new(word.span, text))
    }

    /// Says that the field `name` should stand where the next word stands.
    pub(super) fn missing(&mut self, name: &str) {
        let end = Span { start: self.span.end, end: self.span.end };
        let place = self.peek().map_or(end, |word| word.span);
        let message = format!("this {} line has no {name}", self.keyword.name());
        let hint = format!("write {}", self.keyword.form());
        self.push(error(place, Code::SYNTAX, message).with_hint(hint));
    }
}

/// An error with FlexNet's code.
pub(super) fn error(span: Span, code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Error, span, message).with_code(code)
}
