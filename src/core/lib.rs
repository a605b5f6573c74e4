//! The pure core of licgate: it decides everything and does nothing.
//!
//! Text, bytes, the time and facts about hosts go in; values come out. The crate is `no_std`, so the
//! compiler itself forbids it to open a file, read a clock, draw a random number or touch a socket.
//!
//! | room | what it holds |
//! |---|---|
//! | [`text`] | source text, places in it, diagnostics with line, column, caret and hint |
//! | [`licence`] | the licence-file grammar, its canonical printing, signatures, and the book of what can be served |
//! | [`options`] | the administrator's options file: its grammar, and the policy that it makes for a book |
//! | [`ledger`] | the state machine of seats: decide, due, apply |
//! | [`wire`] | messages, frames and both sides of a dialogue |
//! | [`report`] | what people read: status text, debug-log lines |
//!
//! and small nouns: [`id`], [`version`], [`time`], [`host`], [`path`], [`code`], [`backoff`], [`supervise`].
//!
//! Arrows inside: `text ← licence ← options ← ledger ← wire ← report`, never back.
#![no_std]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod backoff;
pub mod code;
pub mod host;
pub mod id;
pub mod ledger;
pub mod licence;
pub mod options;
pub mod path;
pub mod report;
pub mod supervise;
pub mod text;
pub mod time;
pub mod version;
pub mod wire;
