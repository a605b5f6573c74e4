//! Source text, places in it, the words of its lines, and diagnostics that point there.

mod blank;
mod cursor;
mod diagnostic;
mod lexer;
mod line;
mod remarks;
mod render;
mod source;
pub(crate) mod spelling;
mod suggest;
mod word;

pub use blank::is_blank;
pub use diagnostic::{Diagnostic, Severity, in_ticks};
pub use lexer::Lexer;
pub(crate) use line::{Keywords, Line};
pub use remarks::Remarks;
pub use render::Report;
pub use source::{Place, Source, Span, Spanned};
pub use suggest::closest;
pub use word::{Word, WordValue};
