//! All attributes: one table of names, forms and readers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::value;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::{Attribute, DupGroup};
use crate::licence::spelling;
use crate::text::WordValue;
use crate::time::Date;

/// What stands behind the `=`, if anything does.
pub(super) type Value<'a> = Option<&'a WordValue<'a>>;

/// One attribute: its name, how it is written, and what makes it of a value.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) form: &'static str,
    pub(super) read: fn(Value<'_>) -> Option<Attribute>,
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

/// The attribute of this name, in any case, and its place in the table.
pub(super) fn find(name: &str) -> Option<(usize, &'static Row)> {
    TABLE.iter().enumerate().find(|(_, row)| row.name.eq_ignore_ascii_case(name))
}

/// Whether an attribute has this name, in any case.
pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// All names, in their canonical case.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
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
