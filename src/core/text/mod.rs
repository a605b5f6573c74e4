//! Source text, places in it, and diagnostics that point there.

mod diagnostic;
mod source;

pub use diagnostic::{Diagnostic, Severity};
pub use source::{Place, Source, Span, Spanned};
