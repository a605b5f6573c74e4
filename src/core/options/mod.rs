//! The administrator's options file: who may have a seat, how many, for how long, and what is logged.
//!
//! [`parse`](fn@parse) makes [`Options`] of a text and never fails: it returns what it understood and remarks on all
//! that is odd. A mistake is never passed over in silence, as FlexNet's daemons do. [`Policy::compile`](policy::Policy::compile)
//! applies them to the pools of a book, so that each request is judged without a walk over the rules.

pub mod ast;
mod parse;
pub mod policy;
mod print;
mod words;

pub use ast::Options;
pub use parse::parse;
pub use policy::Policy;
