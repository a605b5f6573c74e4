//! Licence text to [`Licence`]: never fails, never stops at the first mistake.

use alloc::vec::Vec;

use super::Licence;
use crate::text::{Diagnostic, Source};

/// Reads a licence text. Every line that can be understood is in the value; everything odd is in the diagnostics,
/// in the order of the text.
pub fn parse(source: &Source) -> (Licence, Vec<Diagnostic>) {
    let _ = source;
    todo!()
}
