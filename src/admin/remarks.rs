//! Licence files with what there is to say about them.

use std::path::Path;

use licgate_core::licence::{Licence, parse};
use licgate_core::text::{Diagnostic, Severity, Source};
use licgate_machine::files;
use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::out::Out;

/// A licence text, what stands in it, and what is odd about it.
pub(crate) struct Remarked {
    pub(crate) source: Source,
    pub(crate) licence: Licence,
    pub(crate) remarks: Vec<Diagnostic>,
}

/// Reads and parses a licence file.
pub(crate) fn read(path: &Path) -> Result<Remarked, Failure> {
    Ok(of(files::read(path)?))
}

/// Parses a text.
pub(crate) fn of(source: Source) -> Remarked {
    let (licence, remarks) = parse(&source);
    Remarked { source, licence, remarks }
}

/// How many remarks are errors, and how many warnings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Tally {
    pub(crate) fn of(remarks: &[Diagnostic]) -> Self {
        let of = |severity| remarks.iter().filter(|remark| remark.severity == severity).count();
        Self { errors: of(Severity::Error), warnings: of(Severity::Warning) }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let Self { errors, warnings } = *self;
        write!(f, "{errors} error{}, {warnings} warning{}", plural(errors), plural(warnings))
    }
}

impl Remarked {
    /// How bad it is.
    pub(crate) fn tally(&self) -> Tally {
        Tally::of(&self.remarks)
    }

    /// Says every remark with its place.
    pub(crate) fn talk(&self, out: &mut Out) {
        for remark in &self.remarks {
            out.talk(remark.render(&self.source).trim_end());
        }
    }

    /// Says every remark, and fails when one of them is an error.
    pub(crate) fn insist(self, out: &mut Out) -> Result<Self, Failure> {
        self.talk(out);
        if self.tally().errors == 0 {
            return Ok(self);
        }
        Err(Failure::new(Kind::BadFile, format!("{}: {}", self.source.name(), self.tally()))
            .hint("mend the lines above first"))
    }
}
