//! Rules that can be blamed, and the order in which lists of rules decide.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use super::table::Lists;
use crate::code::Code;
use crate::options::ast::Statement;
use crate::text::{Source, Spanned};

/// The place of a rule in its options file; the earlier is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(pub(super) u32);

/// A line of the options file that decided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The file's own name. Clients read it, so where the licence host keeps the file is left out.
    pub file: Box<str>,
    /// The number of the line on which the statement begins.
    pub line: u32,
    /// The statement in its canonical spelling, at most [`Rule::LONGEST`] characters of it.
    pub text: Box<str>,
}

/// Why a client may not have seats of a pool, whatever is free; the greater, the closer it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// This EXCLUDE line names it.
    Excluded(RuleId),
    /// There are INCLUDE lines, of which this is the first, and none names it.
    NotIncluded(RuleId),
}

impl RuleId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Rule {
    /// How much of a long line is kept.
    pub const LONGEST: usize = 200;

    pub(in crate::options) fn new(source: &Source, statement: &Spanned<Statement>) -> Self {
        let file = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
        let mut text: String = statement.node.to_string();
        if let Some((end, _)) = text.char_indices().nth(Self::LONGEST) {
            text.truncate(end);
            text.push('…');
        }
        Self { file: file.into(), line: source.place(statement.span.start).line, text: text.into() }
    }
}

impl fmt::Display for Rule {
    /// `acme.opt:14: EXCLUDE solver USER bob`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.text)
    }
}

impl Refusal {
    /// The line to blame.
    pub fn rule(self) -> RuleId {
        match self {
            Self::Excluded(rule) | Self::NotIncluded(rule) => rule,
        }
    }

    /// FlexNet's code for it.
    pub fn code(self) -> Code {
        match self {
            Self::Excluded(_) => Code::EXCLUDED,
            Self::NotIncluded(_) => Code::NOT_INCLUDED,
        }
    }
}

/// The order of precedence, for checkouts and, by lists of their own, for borrowing. `include` is the first INCLUDE that there
/// is for anybody.
///
/// | an EXCLUDE names the client | there is an INCLUDE | one names the client | |
/// |---|---|---|---|
/// | yes | | | refused, −38 |
/// | no | yes | no | refused, −39 |
/// | no | yes | yes | allowed |
/// | no | no | | allowed |
pub(super) fn admit(lists: &Lists, include: Option<RuleId>) -> Result<(), Refusal> {
    match (lists.excluded, include, lists.included) {
        (Some(rule), _, _) => Err(Refusal::Excluded(rule)),
        (None, Some(rule), None) => Err(Refusal::NotIncluded(rule)),
        (None, Some(_), Some(_)) | (None, None, _) => Ok(()),
    }
}
