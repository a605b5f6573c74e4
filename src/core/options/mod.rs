//! The administrator's options file: who may have a seat, how many, for how long, and what is logged.
//!
//! [`parse`](fn@parse) makes [`Options`] of a text and never fails: it returns what it understood and remarks on all
//! that is odd. A mistake is never passed over in silence, as FlexNet's daemons do. [`Policy::compile`](policy::Policy::compile)
//! applies them to the pools of a book, so that each request is judged without a walk over the rules; [`Settings`] are what
//! they say of the daemon itself. [`advise`] says what an administrator should know of a file that has no mistakes but may
//! not do what was meant.

mod advice;
pub mod ast;
mod parse;
pub mod policy;
mod print;
pub mod settings;
mod words;

pub use advice::{advise, advise_on_rehearsal};
pub use ast::Options;
pub use parse::parse;
pub use policy::Policy;
pub use settings::Settings;
