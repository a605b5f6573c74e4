//! What is wrong (or odd) in a text: the place, plain words, and what to do about it.

use alloc::string::String;
use core::fmt;

use super::{Source, Span};
use crate::code::Code;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// This line cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One remark on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// FlexNet's code for it, where there is one.
    pub code: Option<Code>,
    /// The place.
    pub span: Span,
    /// What is the matter: lower case, no full stop.
    pub message: String,
    /// What to do next; empty when the message says enough.
    pub hint: String,
}

impl Diagnostic {
    /// A remark without code or hint.
    pub fn new(severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self { severity, code: None, span, message: message.into(), hint: String::new() }
    }

    /// The same remark with FlexNet's code.
    #[must_use]
    pub fn with_code(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same remark with what to do next.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// One line for a log: `acme.lic:3:14: error: message (-11,45)`.
    pub fn one_line(&self, source: &Source) -> String {
        super::render::heading(self, source)
    }
}

/// `text` between ticks as messages show it: the beginning only if it is long.
pub fn in_ticks(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        None => alloc::format!("`{text}`"),
        Some((end, _)) => alloc::format!("`{}…`", text.get(..end).unwrap_or("")),
    }
}
