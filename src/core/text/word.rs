//! The words of a logical line: bare, quoted, or `NAME=value`.

use alloc::borrow::Cow;

use super::{Span, Spanned};

/// A word as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Word<'a> {
    /// All of it, with quotes.
    pub span: Span,
    /// What stands outside quotes or braces: `FEATURE`, `SN=A-17`, `VENDOR_STRING=`; empty for a quoted word.
    pub bare: &'a str,
    /// What stands between quotes or braces, joined lines with one blank in the place of each join.
    pub enclosed: Option<Enclosed<'a>>,
}

/// Text between quotes or braces.
#[derive(Debug, Clone, PartialEq)]
pub enum Enclosed<'a> {
    /// `"…"`; it never holds a quote.
    Quotes(Spanned<Cow<'a, str>>),
    /// `{…}`, behind `AUTH=` only; it never holds a closing brace.
    Braces(Spanned<Cow<'a, str>>),
}

/// The value of a `NAME=value` word.
#[derive(Debug, Clone, PartialEq)]
pub struct WordValue<'a> {
    /// Where it stands, without the quotes.
    pub span: Span,
    /// The text, without the quotes.
    pub text: Cow<'a, str>,
    /// Whether it stood in braces.
    pub braces: bool,
}

impl<'a> Word<'a> {
    /// Whether the whole word is a quoted string.
    pub fn is_quoted(&self) -> bool {
        self.bare.is_empty()
    }

    /// The text of a word that stands for itself: bare (`HOSTNAME=lic1` too) or quoted, but not `NAME="…"`.
    pub fn text(&self) -> Option<&str> {
        match &self.enclosed {
            None => Some(self.bare),
            Some(Enclosed::Quotes(text)) if self.bare.is_empty() => Some(&text.node),
            Some(Enclosed::Quotes(_) | Enclosed::Braces(_)) => None,
        }
    }

    /// The name before the first `=`, if there is one outside quotes; it may be empty.
    pub fn name(&self) -> Option<&'a str> {
        self.bare.split_once('=').map(|(name, _)| name)
    }

    /// What follows the first `=`.
    pub fn value(&self) -> Option<WordValue<'a>> {
        let (name, bare) = self.bare.split_once('=')?;
        Some(match &self.enclosed {
            Some(Enclosed::Quotes(value)) => {
                WordValue { span: value.span, text: value.node.clone(), braces: false }
            }
            Some(Enclosed::Braces(value)) => {
                WordValue { span: value.span, text: value.node.clone(), braces: true }
            }
            None => {
                let before = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
                let span = Span { start: self.span.start.saturating_add(before), end: self.span.end };
                WordValue { span, text: Cow::Borrowed(bare), braces: false }
            }
        })
    }
}

impl WordValue<'_> {
    /// The blank-separated words of the value, each where it stands. Where lines were joined inside the value, places
    /// can no longer be told apart, and each word stands for the whole.
    pub fn words(&self) -> impl Iterator<Item = Spanned<&str>> {
        let base = match &self.text {
            Cow::Borrowed(text) => Some(text.as_ptr() as usize),
            Cow::Owned(_) => None,
        };
        self.text.split_whitespace().map(move |word| {
            let Some(base) = base else { return Spanned::new(self.span, word) };
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let start = self.span.start.saturating_add(offset(word.as_ptr() as usize - base));
            Spanned::new(Span { start, end: start.saturating_add(offset(word.len())) }, word)
        })
    }
}
