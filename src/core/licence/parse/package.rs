//! `PACKAGE name vendor [version] COMPONENTS="…" [OPTIONS=SUITE] …`

use alloc::format;
use alloc::vec::Vec;

use super::line::{Line, error};
use super::{attribute, table, value};
use crate::code::Code;
use crate::licence::ast::{Component, Package, Suite};
use crate::text::{Diagnostic, Keywords as _, Remarks, Severity, Spanned, Word, WordValue, in_ticks};

/// The attributes that only PACKAGE lines have.
pub(super) const OWN: [&str; 2] = ["COMPONENTS", "OPTIONS"];

/// Whether only PACKAGE lines have an attribute of this name.
pub(super) fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Reads a PACKAGE line.
pub(super) fn read(line: &mut Line<'_, '_>) -> Option<Package> {
    let [name, vendor] = line.fields(["package name", "vendor name"])?;
    let name = value::feature_name(name, line.remarks());
    let vendor = value::vendor_name(vendor, line.remarks());
    let version = line.peek().filter(|word| is_version(word)).map(|word| {
        line.next();
        value::version(Spanned::new(word.span, word.bare), line.remarks())
    });
    let mut parts = Parts::default();
    let mut reader = attribute::Reader::default();
    while let Some(word) = line.next() {
        if !parts.take(word, line.remarks()) && reader.read(word, line).is_break() {
            break;
        }
    }
    let attributes = reader.finish(line);
    let Some(components) = parts.components else {
        let message = "this PACKAGE line has no COMPONENTS";
        let hint = format!("write {}", line.keyword().form());
        line.push(error(line.span(), Code::BAD_PACKAGE, message).with_hint(hint));
        return None;
    };
    let version = match version {
        None => None,
        Some(version) => Some(version?),
    };
    Some(Package {
        name: name?,
        vendor: vendor?,
        version,
        components: components?,
        suite: parts.suite,
        attributes,
    })
}

/// The version may be missing; then COMPONENTS= or another attribute stands in its place.
fn is_version(word: &Word<'_>) -> bool {
    let is_number = word.bare.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_attribute = table::is_known(word.bare) || attribute::is_legacy_key(word.bare);
    word.name().is_none() && !word.is_quoted() && (is_number || !is_attribute)
}

/// What only PACKAGE lines have.
#[derive(Default)]
struct Parts {
    /// `Some(None)`: written, but not usable, which has been said.
    components: Option<Option<Vec<Spanned<Component>>>>,
    suite: Option<Suite>,
}

impl Parts {
    /// Takes `word` if it is COMPONENTS or OPTIONS, for the first time and with a value that makes sense.
    fn take(&mut self, word: &Word<'_>, remarks: &mut Remarks) -> bool {
        let (Some(name), Some(value)) = (word.name(), word.value()) else { return false };
        if name.eq_ignore_ascii_case("COMPONENTS") {
            if self.components.is_some() {
                let message = "COMPONENTS is written twice; the first one counts";
                remarks.push(
                    Diagnostic::new(Severity::Warning, word.span, message).with_hint("remove one of them"),
                );
            } else {
                self.components = Some(components(&value, remarks));
            }
            return true;
        }
        let suite =
            suite(&value.text).filter(|_| name.eq_ignore_ascii_case("OPTIONS") && self.suite.is_none());
        self.suite = suite.or(self.suite);
        suite.is_some()
    }
}

fn suite(text: &str) -> Option<Suite> {
    let known = [Suite::Suite, Suite::Reserved].into_iter();
    known.into_iter().find(|suite| format!("{suite}").eq_ignore_ascii_case(text))
}

fn components(value: &WordValue<'_>, remarks: &mut Remarks) -> Option<Vec<Spanned<Component>>> {
    let words: Vec<_> = value.words().collect();
    if words.is_empty() {
        let message = "a package of no components";
        let hint = "name at least one feature: COMPONENTS=\"mesh:2.0:1 post\"";
        remarks.push(error(value.span, Code::BAD_PACKAGE, message).with_hint(hint));
        return None;
    }
    let components: Vec<_> = words.into_iter().map(|word| component(word, remarks)).collect();
    components.into_iter().collect()
}

/// `name[:version[:count]]`
fn component(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<Component>> {
    let Spanned { span, node: text } = word;
    let mut parts = text.splitn(3, ':');
    let name = value::feature_name(Spanned::new(span, parts.next().unwrap_or("")), remarks)?.node;
    let version = match parts.next() {
        None | Some("") => None,
        Some(version) => Some(value::version(Spanned::new(span, version), remarks)?.node),
    };
    let count = match parts.next().map(|count| (count, value::number(count))) {
        None => None,
        Some((_, Some(count @ 1..))) => Some(count),
        Some((count, Some(0) | None)) => {
            let message = format!("{} is no number of seats of {name}", in_ticks(count));
            let hint = "a component is written feature[:version[:count]]";
            remarks.push(error(span, Code::BAD_PACKAGE, message).with_hint(hint));
            return None;
        }
    };
    Some(Spanned::new(span, Component { name, version, count }))
}
