//! The attributes behind the fixed fields, one by one, and what is said about them.

use alloc::format;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::keyword::Keyword;
use super::line::{Line, error};
use super::table::{self, Row, Value};
use super::{day, package, value};
use crate::code::Code;
use crate::licence::ast::Attribute;
use crate::text::{Diagnostic, Keywords as _, Severity, Spanned, Word, in_ticks};

/// Attributes of the newest licences that change nothing for licgate: no error.
const NEWEST: [&str; 2] = ["SERVER_ID", "PLAT"];

/// Whether a word is a licence key of the time before `SIGN=`: 12 to 20 hex digits.
pub(super) fn is_legacy_key(word: &str) -> bool {
    (12..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads all that is left of a line.
pub(super) fn read_all(line: &mut Line<'_, '_>) -> Vec<Spanned<Attribute>> {
    let mut reader = Reader::default();
    while let Some(word) = line.next() {
        if reader.read(word, line).is_break() {
            break;
        }
    }
    reader.finish(line)
}

/// Reads attributes one by one.
#[derive(Default)]
pub(super) struct Reader {
    attributes: Vec<Spanned<Attribute>>,
    /// One bit for each row of the table.
    seen: u64,
}

impl Reader {
    /// Reads one attribute. `Break`: the rest of the line is another statement, which has been said.
    pub(super) fn read(&mut self, word: &Word<'_>, line: &mut Line<'_, '_>) -> ControlFlow<()> {
        let name = word.name().unwrap_or(word.bare);
        let row = table::find(name);
        let attribute = match row {
            _ if word.is_quoted() => {
                line.push(of_the_past(word, "a vendor string of the time before VENDOR_STRING="));
                Attribute::LegacyVendorString(word.text().unwrap_or("").into())
            }
            Some((index, row)) => {
                self.remark_twice(index, row, word, line);
                known(row, word, line)
            }
            None if is_legacy_key(word.bare) => {
                line.push(of_the_past(word, "a licence key of the time before SIGN="));
                Attribute::LegacyKey(word.bare.into())
            }
            None if word.name().is_none() && Keyword::read(name).is_some() => {
                line.push(swallowed(word));
                return ControlFlow::Break(());
            }
            None => {
                let remark = unknown(name, word, line);
                line.push(remark);
                as_written(word)
            }
        };
        self.attributes.push(Spanned::new(word.span, attribute));
        ControlFlow::Continue(())
    }

    /// All attributes, in the order of the line.
    pub(super) fn finish(self, line: &mut Line<'_, '_>) -> Vec<Spanned<Attribute>> {
        let find = |wanted: fn(&Attribute) -> bool| self.attributes.iter().find(|found| wanted(&found.node));
        let supersede = find(|attribute| matches!(attribute, Attribute::Supersede(_)));
        let issued = find(|attribute| attribute.name().eq_ignore_ascii_case("ISSUED"));
        if let (Some(supersede), None) = (supersede, issued) {
            let message = "SUPERSEDE without ISSUED replaces nothing";
            let hint = "it replaces lines that were issued before this one: ask the vendor for ISSUED=";
            line.push(Diagnostic::new(Severity::Warning, supersede.span, message).with_hint(hint));
        }
        self.attributes
    }

    fn remark_twice(&mut self, index: usize, row: &Row, word: &Word<'_>, line: &mut Line<'_, '_>) {
        let bit = 1 << index;
        if self.seen & bit != 0 {
            let message = format!("{} is written twice; the first one counts", row.name);
            line.push(Diagnostic::new(Severity::Warning, word.span, message).with_hint("remove one of them"));
        }
        self.seen |= bit;
    }
}

fn known(row: &Row, word: &Word<'_>, line: &mut Line<'_, '_>) -> Attribute {
    let value = word.value();
    let Some(attribute) = (row.read)(value.as_ref()) else {
        line.push(unreadable(row, word, value.as_ref()));
        return as_written(word);
    };
    if matches!(attribute, Attribute::Auth(_) | Attribute::Sign2(_)) {
        line.push(of_the_past(word, &format!("{} is a signature of another system", row.name)));
    }
    attribute
}

/// What cannot be understood is kept, so that nothing is lost when the line is printed again.
fn as_written(word: &Word<'_>) -> Attribute {
    match word.value() {
        Some(value) => Attribute::Unknown(word.name().unwrap_or("").into(), Some(value.text.into_owned())),
        None => Attribute::Unknown(word.bare.into(), None),
    }
}

fn of_the_past(word: &Word<'_>, what: &str) -> Diagnostic {
    let hint = "it is kept, but licgate does not look at it";
    Diagnostic::new(Severity::Note, word.span, what).with_hint(hint)
}

fn swallowed(word: &Word<'_>) -> Diagnostic {
    let message = format!("{} in the middle of a line; the rest of the line is ignored", in_ticks(word.bare));
    let hint = "if a new statement begins here, remove the `\\` at the end of the line before";
    error(word.span, Code::SYNTAX, message).with_hint(hint)
}

fn unreadable(row: &Row, word: &Word<'_>, value: Value<'_>) -> Diagnostic {
    let is_date = row.form.ends_with("dd-mmm-yyyy");
    let code = if is_date { Code::BAD_DATE } else { Code::SYNTAX };
    let form = format!("write {}", row.form);
    match value {
        None => error(word.span, code, format!("{} has no value", row.name)).with_hint(form),
        Some(value) if value.text.is_empty() => {
            error(value.span, code, format!("{} has an empty value", row.name)).with_hint(form)
        }
        Some(value) => {
            let message = format!("{} cannot have the value {}", row.name, in_ticks(&value.text));
            let hint = match row.name {
                "HOSTID" | "FLOAT_OK" => value::hostid_hint(&value.text),
                _ if is_date => day::hint(&value.text),
                _ => form,
            };
            error(value.span, code, message).with_hint(hint)
        }
    }
}

fn unknown(name: &str, word: &Word<'_>, line: &mut Line<'_, '_>) -> Diagnostic {
    if NEWEST.iter().any(|newest| newest.eq_ignore_ascii_case(name)) {
        let message = format!("{} has no meaning for licgate", in_ticks(name));
        return Diagnostic::new(Severity::Warning, word.span, message).with_hint("it is kept and ignored");
    }
    if let Some(value) = word.value().filter(|_| package::is_own(name) && line.keyword() == Keyword::Package)
    {
        let message = format!("OPTIONS cannot have the value {} here", in_ticks(&value.text));
        let hint = "write OPTIONS=SUITE or OPTIONS=SUITE_RESERVED, once";
        return error(value.span, Code::BAD_PACKAGE, message).with_hint(hint);
    }
    if name.is_empty() {
        let message = "a value without a name before the `=`";
        return error(word.span, Code::FUTURE_FORMAT, message).with_hint("write NAME=value without blanks");
    }
    let remark =
        error(word.span, Code::FUTURE_FORMAT, format!("the attribute {} is not known", in_ticks(name)));
    match line.remarks().closest(name, table::names().chain(package::OWN)) {
        Some(_) if package::is_own(name) => remark.with_hint("it belongs on a PACKAGE line"),
        Some(meant) => remark.with_hint(format!("did you mean {meant}?")),
        None => remark.with_hint("it is kept and ignored; if it is new, update licgate"),
    }
}
