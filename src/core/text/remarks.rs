//! The diagnostics of one text, as many as anybody will read.

use alloc::format;
use alloc::vec::Vec;

use super::{Diagnostic, Severity, Span, closest};

/// Collects diagnostics; beyond [`Remarks::MAX`] it only counts them.
#[derive(Debug, Default)]
pub struct Remarks {
    list: Vec<Diagnostic>,
    more: usize,
    worst: Option<Severity>,
}

impl Remarks {
    /// How many diagnostics of one text are kept.
    pub const MAX: usize = 1000;

    /// Takes in one more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < Self::MAX {
            self.list.push(diagnostic);
        } else {
            self.more += 1;
            self.worst = self.worst.max(Some(diagnostic.severity));
        }
    }

    /// The [`closest`] of the candidates, for the hint of the next remark. The search costs more than all the rest of a
    /// remark, so `None` when that would not be kept.
    pub fn closest<'a>(&self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        if self.list.len() < Self::MAX { closest(word, candidates) } else { None }
    }

    /// All that were kept, in the order of the text; then, if there were more, how many. `end` is where the text ends.
    /// The last one is as bad as the worst that it stands for, so that no error is lost.
    pub fn into_sorted(self, end: u32) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by_key(|diagnostic| diagnostic.span.start);
        if let Some(worst) = self.worst {
            let place = Span { start: end, end };
            list.push(Diagnostic::new(worst, place, format!("… and {} more", self.more)));
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_looked_for_only_while_somebody_reads_them() {
        let mut remarks = Remarks::default();
        for _ in 1..Remarks::MAX {
            remarks.push(Diagnostic::new(Severity::Note, Span::default(), ""));
        }
        assert_eq!(remarks.closest("SOLVR", ["SOLVER"]), Some("SOLVER"));
        remarks.push(Diagnostic::new(Severity::Note, Span::default(), ""));
        assert_eq!(remarks.closest("SOLVR", ["SOLVER"]), None);
    }
}
