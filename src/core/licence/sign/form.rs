//! The bytes that a signature covers: one exact form of a line, however it is spelt, quoted and wrapped.
//!
//! # The form
//!
//! A *text* is its length in bytes (four bytes, big-endian) and then its bytes (UTF-8). A *list* is the number of its
//! texts (four bytes, big-endian) and then the texts. The signed message is, without anything between:
//!
//! 1. the 16 bytes `licgate-line-v1` and a zero byte;
//! 2. a list of the file's SERVER lines in order: of each line its host ids, in order, with one blank between;
//! 3. a list of the line's positional fields:
//!    - `FEATURE` or `INCREMENT`, feature, vendor, version, expiry, count;
//!    - `UPGRADE`, feature, vendor, from, to, expiry, count;
//!    - `PACKAGE`, package, vendor, version (empty when there is none), `SUITE`, `SUITE_RESERVED` or an empty text;
//! 4. for a PACKAGE line a list of its components, each `name:version:count` with both colons; what is not written
//!    is empty;
//! 5. a list of the line's attributes in the order written, each as `NAME` or `NAME=value`, the name in upper case.
//!    Left out: `SIGN`, `SIGN2`, `AUTH`, the hex key of old lines, and the attributes that administrators may edit
//!    (`asset_info`, `dist_info`, `user_info`, `vendor_info`, `sort`, `ck`).
//!
//! Names and versions stand as written, numbers in decimal without leading zeros, a date as `1-jan-2027`, no expiry
//! as `permanent`, no count as `uncounted`. Host ids: `ANY`, `DEMO`, hex digits in lower case, `KEYWORD=value` with the keyword in
//! upper case. `DUP_GROUP` is `NONE`, `SITE` or the letters that are written out of `UHDV`, in that order. Items of a
//! value that is a list have one blank between. In every other value each run of blanks, tabs and line ends counts as
//! one blank, and none at the ends. The bare string that ends a line of version 2 is an attribute without a name: `=value`.
//!
//! The signature is Ed25519 (RFC 8032) over the message, written after `SIGN=` as 128 hex digits.
//!
//! # Why not the printed line
//!
//! Printing may change with taste; a signature has to stay good for decades. So this form has its own walk over the
//! fields, and the tests hold every field's bytes and a fixed vector.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use crate::licence::ast::{Attribute, Component, Licence, Statement};
use crate::text::Spanned;

const DOMAIN: &[u8; 16] = b"licgate-line-v1\0";

/// The second part of the form: one text for each SERVER line.
pub(in crate::licence) fn server_hostids(licence: &Licence) -> Vec<String> {
    let servers = licence.statements.iter().filter_map(|statement| match &statement.node {
        Statement::Server(server) => Some(joined(&server.hostids.node)),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    });
    servers.collect()
}

/// The message that is signed for `statement` in a file with these SERVER host ids; `None` for the statements that
/// have no signature.
pub(super) fn message(servers: &[String], statement: &Statement) -> Option<Vec<u8>> {
    let (fields, components, attributes) = parts(statement)?;
    let mut bytes = DOMAIN.to_vec();
    push_list(&mut bytes, servers);
    push_list(&mut bytes, &fields);
    if let Some(components) = components {
        push_list(&mut bytes, &components.iter().map(|part| component(&part.node)).collect::<Vec<_>>());
    }
    push_list(&mut bytes, &attributes.iter().filter_map(|part| attribute(&part.node)).collect::<Vec<_>>());
    Some(bytes)
}

type Parts<'a> = (Vec<String>, Option<&'a [Spanned<Component>]>, &'a [Spanned<Attribute>]);

fn parts(statement: &Statement) -> Option<Parts<'_>> {
    Some(match statement {
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => return None,
        Statement::Feature(line) => {
            let fields = [
                line.kind.to_string(),
                line.name.node.to_string(),
                line.vendor.node.to_string(),
                line.version.node.to_string(),
                line.expiry.node.to_string(),
                line.count.node.to_string(),
            ];
            (fields.into(), None, &line.attributes)
        }
        Statement::Upgrade(line) => {
            let fields = [
                "UPGRADE".to_owned(),
                line.name.node.to_string(),
                line.vendor.node.to_string(),
                line.from.node.to_string(),
                line.to.node.to_string(),
                line.expiry.node.to_string(),
                line.count.node.to_string(),
            ];
            (fields.into(), None, &line.attributes)
        }
        Statement::Package(line) => {
            let fields = [
                "PACKAGE".to_owned(),
                line.name.node.to_string(),
                line.vendor.node.to_string(),
                line.version.as_ref().map(|version| version.node.to_string()).unwrap_or_default(),
                line.suite.map(|suite| suite.to_string()).unwrap_or_default(),
            ];
            (fields.into(), Some(&line.components), &line.attributes)
        }
    })
}

fn component(part: &Component) -> String {
    let version = part.version.as_ref().map(ToString::to_string).unwrap_or_default();
    let count = part.count.map(|count| count.to_string()).unwrap_or_default();
    format!("{}:{version}:{count}", part.name)
}

/// The attribute as it is signed; `None` when it is not.
fn attribute(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::Sign(_) | Attribute::Sign2(_) | Attribute::Auth(_) | Attribute::LegacyKey(_) => {
            return None;
        }
        Attribute::AssetInfo(_)
        | Attribute::DistInfo(_)
        | Attribute::UserInfo(_)
        | Attribute::VendorInfo(_)
        | Attribute::Sort(_)
        | Attribute::Checksum(_) => return None,
        Attribute::LegacyVendorString(text) => format!("={}", squeezed(text)),
        Attribute::Issued(date) => format!("ISSUED={date}"),
        Attribute::Start(date) => format!("START={date}"),
        Attribute::Notice(text) => format!("NOTICE={}", squeezed(text)),
        Attribute::Issuer(text) => format!("ISSUER={}", squeezed(text)),
        Attribute::SerialNumber(text) => format!("SN={}", squeezed(text)),
        Attribute::VendorString(text) => format!("VENDOR_STRING={}", squeezed(text)),
        Attribute::HostId(ids) => format!("HOSTID={}", joined(ids)),
        Attribute::HostBased(limit) => flag("HOST_BASED", limit.as_ref()),
        Attribute::UserBased(limit) => flag("USER_BASED", limit.as_ref()),
        Attribute::DupGroup(group) => format!("DUP_GROUP={group}"),
        Attribute::SuiteDupGroup(group) => format!("SUITE_DUP_GROUP={group}"),
        Attribute::SuiteReserved => "SUITE_RESERVED".to_owned(),
        Attribute::Overdraft(seats) => format!("OVERDRAFT={seats}"),
        Attribute::Borrow(hours) => flag("BORROW", hours.as_ref()),
        Attribute::Linger(seconds) => format!("LINGER={seconds}"),
        Attribute::FloatOk(id) => flag("FLOAT_OK", id.as_ref()),
        Attribute::Capacity => "CAPACITY".to_owned(),
        Attribute::Metered => "METERED".to_owned(),
        Attribute::Minimum(seats) => format!("MINIMUM={seats}"),
        Attribute::Platforms(words) => format!("PLATFORMS={}", joined(words)),
        Attribute::VmPlatforms(text) => format!("VM_PLATFORMS={}", squeezed(text)),
        Attribute::TimeZones(text) => format!("TZ={}", squeezed(text)),
        Attribute::TsOk => "TS_OK".to_owned(),
        Attribute::OneTsOk => "ONE_TS_OK".to_owned(),
        Attribute::Supersede(names) if names.is_empty() => "SUPERSEDE".to_owned(),
        Attribute::Supersede(names) => format!("SUPERSEDE={}", joined(names)),
        Attribute::SupersedeSign(text) => format!("SUPERSEDE_SIGN={}", squeezed(text)),
        Attribute::Unknown(name, value) => {
            flag(&name.to_ascii_uppercase(), value.as_deref().map(squeezed).as_ref())
        }
    })
}

fn flag(name: &str, value: Option<&impl Display>) -> String {
    value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"))
}

pub(in crate::licence) fn joined<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Each run of white space as one blank: a quoted value may be wrapped over lines, and an administrator may wrap it
/// elsewhere.
fn squeezed(text: &str) -> String {
    text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn push_list(bytes: &mut Vec<u8>, texts: &[String]) {
    push_length(bytes, texts.len());
    for text in texts {
        push_length(bytes, text.len());
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// Texts come from sources of at most [`Source::MAX`](crate::text::Source::MAX) bytes, so that every length fits.
fn push_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests;
