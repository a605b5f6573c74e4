//! Licence files: what was written, what the vendor meant, and what can be served here today.
//!
//! A licence text passes three types. [`parse`](fn@parse) makes a [`Licence`] of it and never fails; [`check`] makes a
//! [`Signed`] licence, which holds only lines that the vendor signed; [`Book::compile`] makes the [`Book`]
//! that the ledger serves from. So no later code asks whether a line is genuine or expired.

pub mod ast;
mod attribute;
mod book;
mod parse;
mod print;
mod proof;
mod server;
mod sign;

pub use ast::Licence;
pub use book::{Absence, Book, Origin, Pool, PoolKey, Rehearsal, Seats, Surroundings};
pub use parse::parse;
pub use proof::{Claim, Proof, ProofError};
pub use sign::{KeyError, Signed, Signer, VendorKey, check};

use crate::text::spelling;
