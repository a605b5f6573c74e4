//! What the words of a licence line have to be: fields of names, and what is said where one is missing.

use alloc::format;
use alloc::string::String;

use super::keyword::Keyword;
use crate::code::Code;
use crate::text::{self, Diagnostic, Keywords as _, Severity, Span, Spanned};

/// A line of a licence file.
pub(super) type Line<'a, 'r> = text::Line<'a, 'r, Keyword>;

impl<'r> Line<'_, 'r> {
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
        let end = Span { start: self.span().end, end: self.span().end };
        let place = self.peek().map_or(end, |word| word.span);
        let message = format!("this {} line has no {name}", self.keyword().name());
        let hint = format!("write {}", self.keyword().form());
        self.push(error(place, Code::SYNTAX, message).with_hint(hint));
    }
}

/// An error with FlexNet's code.
pub(super) fn error(span: Span, code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Error, span, message).with_code(code)
}
