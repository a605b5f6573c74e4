//! The attributes behind the fixed fields: one table of names, forms and readers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::keyword::Keyword;
use super::line::{Line, error};
use super::{day, package, value};
use crate::code::Code;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::{Attribute, DupGroup};
use crate::licence::spelling;
use crate::text::{Diagnostic, Severity, Spanned, Word, WordValue, closest, in_ticks};
use crate::time::Date;

/// What stands behind the `=`, if anything does.
type Value<'a> = Option<&'a WordValue<'a>>;

/// One attribute: its name, how it is written, and what makes it of a value.
struct Row {
    name: &'static str,
    form: &'static str,
    read: fn(Value<'_>) -> Option<Attribute>,
}

const fn row(name: &'static str, form: &'static str, read: fn(Value<'_>) -> Option<Attribute>) -> Row {
    Row { name, form, read }
}

/// All attributes that licgate knows, the frequent ones first.
static TABLE: [Row; 35] = [
    row("SIGN", "SIGN=\"hex digits\"", |v| text(v).map(Attribute::Sign)),
    row("HOSTID", "HOSTID=id or HOSTID=\"id1 id2\"", |v| host_ids(v).map(Attribute::HostId)),
    row("ISSUED", "ISSUED=dd-mmm-yyyy", |v| date(v).map(Attribute::Issued)),
    row("START", "START=dd-mmm-yyyy", |v| date(v).map(Attribute::Start)),
    row("VENDOR_STRING", "VENDOR_STRING=\"text\"", |v| text(v).map(Attribute::VendorString)),
    row("NOTICE", "NOTICE=\"text\"", |v| text(v).map(Attribute::Notice)),
    row("ISSUER", "ISSUER=\"text\"", |v| text(v).map(Attribute::Issuer)),
    row("SN", "SN=text", |v| text(v).map(Attribute::SerialNumber)),
    row("SIGN2", "SIGN2=\"hex digits\"", |v| text(v).map(Attribute::Sign2)),
    row("AUTH", "AUTH={…}", |v| v.filter(|v| v.braces).map(|v| Attribute::Auth(v.text.to_string()))),
    row("HOST_BASED", "HOST_BASED or HOST_BASED=hosts", |v| optional(v).map(Attribute::HostBased)),
    row("USER_BASED", "USER_BASED or USER_BASED=users", |v| optional(v).map(Attribute::UserBased)),
    row("DUP_GROUP", "DUP_GROUP=letters of UHDV, SITE or NONE", |v| dup_group(v).map(Attribute::DupGroup)),
    row("SUITE_DUP_GROUP", "SUITE_DUP_GROUP=letters of UHDV, SITE or NONE", |v| {
        dup_group(v).map(Attribute::SuiteDupGroup)
    }),
    row("SUITE_RESERVED", "SUITE_RESERVED", |v| flag(v, Attribute::SuiteReserved)),
    row("OVERDRAFT", "OVERDRAFT=seats", |v| number(v).map(Attribute::Overdraft)),
    row("BORROW", "BORROW or BORROW=hours", |v| optional(v).map(Attribute::Borrow)),
    row("LINGER", "LINGER=seconds", |v| number(v).map(Attribute::Linger)),
    row("FLOAT_OK", "FLOAT_OK or FLOAT_OK=hostid", float_ok),
    row("CAPACITY", "CAPACITY", |v| flag(v, Attribute::Capacity)),
    row("METERED", "METERED", |v| flag(v, Attribute::Metered)),
    row("MINIMUM", "MINIMUM=seats", |v| number(v).map(Attribute::Minimum)),
    row("PLATFORMS", "PLATFORMS=\"platform1 platform2\"", |v| words(v).map(Attribute::Platforms)),
    row("VM_PLATFORMS", "VM_PLATFORMS=PHYSICAL or VM_PLATFORMS=VM_ONLY", |v| {
        text(v).map(Attribute::VmPlatforms)
    }),
    row("TZ", "TZ=zones or TZ=SERVERTZ", |v| text(v).map(Attribute::TimeZones)),
    row("TS_OK", "TS_OK", |v| flag(v, Attribute::TsOk)),
    row("ONE_TS_OK", "ONE_TS_OK", |v| flag(v, Attribute::OneTsOk)),
    row("SUPERSEDE", "SUPERSEDE or SUPERSEDE=\"feature1 feature2\"", supersede),
    row("SUPERSEDE_SIGN", "SUPERSEDE_SIGN=\"feature:signature\"", |v| text(v).map(Attribute::SupersedeSign)),
    row("asset_info", "asset_info=\"text\"", |v| text(v).map(Attribute::AssetInfo)),
    row("dist_info", "dist_info=\"text\"", |v| text(v).map(Attribute::DistInfo)),
    row("user_info", "user_info=\"text\"", |v| text(v).map(Attribute::UserInfo)),
    row("vendor_info", "vendor_info=\"text\"", |v| text(v).map(Attribute::VendorInfo)),
    row("sort", "sort=number from 0 to 255", |v| number(v)?.try_into().ok().map(Attribute::Sort)),
    row("ck", "ck=number", |v| number(v).map(Attribute::Checksum)),
];

/// Attributes of the newest licences that change nothing for licgate: no error.
const NEWEST: [&str; 2] = ["SERVER_ID", "PLAT"];

/// Whether an attribute has this name, in any case.
pub(super) fn is_known(name: &str) -> bool {
    TABLE.iter().any(|row| row.name.eq_ignore_ascii_case(name))
}

/// All names, in their canonical case.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

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
    /// One bit for each row of [`TABLE`].
    seen: u64,
}

impl Reader {
    /// Reads one attribute. `Break`: the rest of the line is another statement, which has been said.
    pub(super) fn read(&mut self, word: &Word<'_>, line: &mut Line<'_, '_>) -> ControlFlow<()> {
        let name = word.name().unwrap_or(word.bare);
        let row = TABLE.iter().enumerate().find(|(_, row)| row.name.eq_ignore_ascii_case(name));
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
                line.push(unknown(name, word, line.keyword()));
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

fn unknown(name: &str, word: &Word<'_>, keyword: Keyword) -> Diagnostic {
    if NEWEST.iter().any(|newest| newest.eq_ignore_ascii_case(name)) {
        let message = format!("{} has no meaning for licgate", in_ticks(name));
        return Diagnostic::new(Severity::Warning, word.span, message).with_hint("it is kept and ignored");
    }
    if let Some(value) = word.value().filter(|_| package::is_own(name) && keyword == Keyword::Package) {
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
    match closest(name, names().chain(package::OWN)) {
        Some(_) if package::is_own(name) => remark.with_hint("it belongs on a PACKAGE line"),
        Some(meant) => remark.with_hint(format!("did you mean {meant}?")),
        None => remark.with_hint("it is kept and ignored; if it is new, update licgate"),
    }
}

fn text(value: Value<'_>) -> Option<String> {
    value.filter(|value| !value.braces).map(|value| value.text.to_string())
}

fn number(value: Value<'_>) -> Option<u32> {
    value::number(&value?.text)
}

/// A number that may be missing, but not be anything else.
fn optional(value: Value<'_>) -> Option<Option<u32>> {
    match value {
        None => Some(None),
        Some(_) => number(value).map(Some),
    }
}

fn flag(value: Value<'_>, attribute: Attribute) -> Option<Attribute> {
    value.is_none().then_some(attribute)
}

fn date(value: Value<'_>) -> Option<Date> {
    Date::parse(&value?.text)
}

fn words(value: Value<'_>) -> Option<Vec<String>> {
    let words: Vec<_> = value?.text.split_whitespace().map(String::from).collect();
    (!words.is_empty()).then_some(words)
}

fn host_ids(value: Value<'_>) -> Option<Vec<HostId>> {
    let ids = value?.text.split_whitespace().map(HostId::parse).collect::<Option<Vec<_>>>()?;
    (!ids.is_empty()).then_some(ids)
}

fn float_ok(value: Value<'_>) -> Option<Attribute> {
    match value {
        None => Some(Attribute::FloatOk(None)),
        Some(value) => HostId::parse(&value.text).map(|id| Attribute::FloatOk(Some(id))),
    }
}

fn supersede(value: Value<'_>) -> Option<Attribute> {
    let text = value.map_or("", |value| &value.text);
    let names = text.split_whitespace();
    let names = names.map(|name| spelling::is_bare(name).then(|| FeatureName::from(name)));
    names.collect::<Option<Vec<_>>>().map(Attribute::Supersede)
}

/// `NONE`, `SITE`, or some of the letters U, H, D, V.
fn dup_group(value: Value<'_>) -> Option<DupGroup> {
    let text = value?.text.to_ascii_uppercase();
    match &*text {
        "" => None,
        "NONE" => Some(DupGroup::None),
        "SITE" => Some(DupGroup::Site),
        letters => letters.bytes().all(|byte| b"UHDV".contains(&byte)).then(|| DupGroup::By {
            user: letters.contains('U'),
            host: letters.contains('H'),
            display: letters.contains('D'),
            vendor: letters.contains('V'),
        }),
    }
}
