//! Lines that are no statement: comments, as FlexNet has it, but some look as if more had been meant.

use alloc::format;
use alloc::vec::Vec;

use super::keyword::Keyword;
use super::line::error;
use super::{day, table};
use crate::code::Code;
use crate::host::HostId;
use crate::text::{Diagnostic, Keywords as _, Lexer, Remarks, Severity, Span, Word, closest, in_ticks};
use crate::time::Date;
use crate::version::Version;

/// Passes over the line that begins with `head`, which is no keyword, and remarks upon what it may have been meant to be.
///
/// A misspelt statement is an error, so that files with one in them replace nothing: what it grants would be lost else.
/// What may be prose is only noted.
pub(super) fn pass<'a>(head: &'a str, lexer: &mut Lexer<'a>, remarks: &mut Remarks) {
    let place = |line: Span| Span {
        end: line.start.saturating_add(u32::try_from(head.len()).unwrap_or(u32::MAX)),
        ..line
    };
    if is_decimal(head) {
        let message = format!("{} is a line in decimal format, which licgate does not read", in_ticks(head));
        let hint = "ask the vendor for the readable form of this line";
        remarks.push(error(place(lexer.skip()), Code::DECIMAL_FORMAT, message).with_hint(hint));
    } else if head.split_once('=').is_some_and(|(name, _)| table::is_known(name)) {
        let message = "this line is ignored: it begins with an attribute";
        let hint = "if it belongs to the line before, that one has to end in `\\`";
        remarks.push(Diagnostic::new(Severity::Warning, place(lexer.skip()), message).with_hint(hint));
    } else if let Some(meant) = closest(head, Keyword::names()).filter(|_| head.len() > 3) {
        // What is wrong with the words of a comment concerns nobody.
        let (mut words, mut unsaid) = (Vec::new(), Remarks::default());
        let place = place(lexer.words(&mut words, &mut unsaid));
        let remark = if Keyword::read(meant).is_some_and(|keyword| is_statement(keyword, &words)) {
            let message = format!("{} is no keyword, and this line looks like a statement", in_ticks(head));
            let hint = format!("did you mean {meant}? a comment begins with `#`");
            error(place, Code::SYNTAX, message).with_hint(hint)
        } else {
            let message = format!("this line is ignored: {} is no keyword", in_ticks(head));
            Diagnostic::new(Severity::Note, place, message).with_hint(format!("did you mean {meant}?"))
        };
        remarks.push(remark);
    } else {
        lexer.skip();
    }
}

/// Whether words could be a statement of this kind, if only the first were spelt right. Prose is not taken for one.
fn is_statement(keyword: Keyword, words: &[Word<'_>]) -> bool {
    let has_attribute = || words.iter().filter_map(Word::name).any(is_attribute);
    match keyword {
        Keyword::Feature | Keyword::Increment | Keyword::Upgrade | Keyword::Package => {
            has_attribute() || words.windows(2).any(is_version_and_expiry)
        }
        Keyword::Server => match words {
            [_, _, hostid] => HostId::parse(hostid.bare).is_some(),
            [_, _, hostid, port, ..] => {
                HostId::parse(hostid.bare).is_some() && port.bare.parse::<u16>().is_ok()
            }
            _ => false,
        },
        Keyword::Vendor => match words {
            // A heading such as `Vendors acme` has small letters.
            [head, name] => !has_small(head.bare) && has_small(name.bare) && name.name().is_none(),
            [_, _, path, ..] if path.bare.starts_with('/') => true,
            _ => has_attribute(),
        },
        Keyword::UseServer | Keyword::FeatureSet => false,
    }
}

/// Whether some kind of line has an attribute of this name.
fn is_attribute(name: &str) -> bool {
    let others = ["PORT", "OPTIONS", "COMPONENTS"];
    table::is_known(name) || others.iter().any(|other| other.eq_ignore_ascii_case(name))
}

fn is_version_and_expiry(pair: &[Word<'_>]) -> bool {
    let [version, expiry] = pair else { return false };
    let is_expiry = |word: &str| Date::parse(word).is_some() || day::is_never(word);
    Version::parse(version.bare).is_some() && is_expiry(expiry.bare)
}

fn has_small(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether a word is a whole line in decimal format: `sampled-f1-00737-55296-1825`.
fn is_decimal(word: &str) -> bool {
    let is_group =
        |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = word.split('-');
    let vendor = parts.next().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    let feature = parts.next().is_some_and(|name| !name.is_empty());
    let mut groups = parts.clone();
    vendor
        && feature
        && parts.clone().count() >= 2
        && groups.all(is_group)
        && parts.any(|part| part.len() == 5)
}
