//! The vendor's options file: where it lies, what is wrong with it, and the policy that it makes.

use std::collections::BTreeMap;
use std::path::Path;

use licgate_core::licence::{Book, ast};
use licgate_core::options::ast::Statement;
use licgate_core::options::{Options, Policy, Settings, parse};
use licgate_core::text::{Severity, Source, Spanned};
use licgate_machine::files;

use super::load::Remark;
use crate::failure::{Exit, Failure};

/// An options file that was read; it may have errors.
#[derive(Debug)]
pub(super) struct Rules {
    source: Source,
    options: Options,
    errors: Vec<String>,
}

/// Reads the options file that a VENDOR line of the file `licence` stands for. One that the line does not name need not be
/// there. Blocking.
pub(super) fn read(line: &ast::Vendor, licence: &str) -> Result<Option<Source>, Failure> {
    if !is_meant(line, licence) {
        return Ok(None);
    }
    files::read(Path::new(&line.options_file(licence))).map(Some).map_err(|error| {
        Failure::new(Exit::NoFile, format!("the options file of {}: {error}", line.name.node)).with_hint(
            "nobody is served under rules that cannot be read; mend that, or correct the VENDOR line",
        )
    })
}

/// A remark on a VENDOR line that is not the first and stands for another options file than the one `in_force`.
pub(super) fn passed_over(line: &ast::Vendor, licence: &str, in_force: Option<&Rules>) -> Option<Remark> {
    let path = line.options_file(licence);
    let is_same = in_force.is_some_and(|rules| rules.path() == path);
    (!is_same && is_meant(line, licence)).then(|| Remark {
        severity: Severity::Warning,
        line: format!(
            "{path}: this options file is NOT APPLIED: the first VENDOR line of {} decides which is",
            line.name.node
        ),
    })
}

/// Whether there should be an options file: the line names one, or one lies where it would be looked for.
fn is_meant(line: &ast::Vendor, licence: &str) -> bool {
    let is_missing = || matches!(Path::new(&line.options_file(licence)).try_exists(), Ok(false));
    line.options.is_some() || !is_missing()
}

impl Rules {
    /// What a text says, and remarks on it.
    pub(super) fn of(source: Source) -> (Self, Vec<Remark>) {
        let (options, said) = parse(&source);
        let mut remarks: Vec<_> = said.iter().map(|diagnostic| Remark::of(&source, diagnostic)).collect();
        let errors = remarks.iter().filter(|remark| remark.severity == Severity::Error);
        let errors = errors.map(|remark| remark.line.clone()).collect();
        remarks.extend(options.statements.iter().filter_map(|statement| not_applied(&source, statement)));
        (Self { source, options, errors }, remarks)
    }

    /// The text.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    fn path(&self) -> &str {
        self.source.name()
    }

    /// What the rules mean for the pools of `book`.
    pub(super) fn policy(&self, book: &Book) -> Policy {
        Policy::compile(&self.source, &self.options, book)
    }

    /// What the rules say of the daemon itself.
    pub(super) fn settings(&self) -> Settings {
        Settings::compile(&self.source, &self.options)
    }

    /// Nobody is served under rules that were perhaps meant otherwise.
    pub(super) fn are_sound(&self) -> Result<(), Failure> {
        let Some(first) = self.errors.first() else { return Ok(()) };
        let more = match self.errors.len() {
            1 => String::new(),
            all => format!(" (the first of {all} errors)"),
        };
        let message = format!("the options file cannot be applied: {first}{more}");
        Err(Failure::new(Exit::BadLicence, message).with_hint(format!(
            "nobody is served under rules that were perhaps meant otherwise; correct {}, then start again",
            self.path()
        )))
    }

    /// The lines in canonical spelling, and how often each is there.
    fn lines(&self) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for statement in &self.options.statements {
            *lines.entry(statement.node.to_string()).or_default() += 1;
        }
        lines
    }
}

/// One line for each line of the options file that is new or gone.
pub(super) fn news(old: Option<&Rules>, new: Option<&Rules>) -> Vec<String> {
    let lines = |rules: Option<&Rules>| rules.map(Rules::lines).unwrap_or_default();
    let (old, new) = (lines(old), lines(new));
    let beyond = |all: &BTreeMap<String, usize>, known: &BTreeMap<String, usize>, word: &str| {
        let more = |(line, count): (&String, &usize)| {
            (*count > known.get(line).copied().unwrap_or(0))
                .then(|| format!("{word} in the options file: {line}"))
        };
        all.iter().filter_map(more).collect::<Vec<_>>()
    };
    let mut news = beyond(&new, &old, "new");
    news.extend(beyond(&old, &new, "gone"));
    news
}

/// An administrator who restricted something must not believe that it is restricted.
fn not_applied(source: &Source, statement: &Spanned<Statement>) -> Option<Remark> {
    let is_applied = match &statement.node {
        Statement::Group(_)
        | Statement::HostGroup(_)
        | Statement::GroupCaseInsensitive(_)
        | Statement::FqdnMatching(_)
        | Statement::Exclude(..)
        | Statement::Include(..)
        | Statement::Max(..)
        | Statement::NoLog(_)
        | Statement::DebugLog(_)
        | Statement::ReportLog(_)
        | Statement::MaxConnections(_)
        | Statement::AutomaticReread(_)
        // These are said to have no meaning here.
        | Statement::SelectTimeout(_)
        | Statement::TrustedStorage(_) => true,
        Statement::Reserve(..)
        | Statement::MaxOverdraft(..)
        | Statement::Linger(..)
        | Statement::ExcludeBorrow(..)
        | Statement::IncludeBorrow(..)
        | Statement::BorrowLowwater(..)
        | Statement::MaxBorrowHours(..)
        | Statement::Timeout(..) => false,
    };
    let text = statement.node.to_string();
    let keyword = text.split(' ').next().unwrap_or_default();
    (!is_applied).then(|| Remark {
        severity: Severity::Warning,
        line: format!(
            "{}:{}: {keyword} is NOT APPLIED by this version of licgate",
            source.name(),
            source.place(statement.span.start).line
        ),
    })
}
