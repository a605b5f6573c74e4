//! The fixed fields of licence lines: names, versions, counts, numbers.

use alloc::format;
use alloc::string::String;

use super::line::error;
use crate::code::Code;
use crate::host::HostId;
use crate::id::{FeatureName, VendorName};
use crate::licence::ast::Count;
use crate::licence::spelling;
use crate::text::{Diagnostic, Remarks, Severity, Spanned, in_ticks};
use crate::version::Version;

/// The longest name of a vendor daemon in FlexNet, in bytes.
const VENDOR_NAME: usize = 10;
/// The longest that fits into the columns of `lmstat`, whose readers expect a blank before it.
const VENDOR_COLUMN: usize = 9;

/// A feature's name. `None`: it can be none, which has been said.
pub(super) fn feature_name(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<FeatureName>> {
    let Spanned { span, node: name } = word;
    if !spelling::is_bare(name) || name.contains(['=', ':', '\\', '{', '}', ',', ';']) {
        let message = format!("{} cannot be the name of a feature", in_ticks(name));
        let hint = "use letters, digits and `_`";
        remarks.push(error(span, Code::SYNTAX, message).with_hint(hint));
        return None;
    }
    if name.len() > FeatureName::MAX {
        let message =
            format!("the feature name {} is longer than {} bytes", in_ticks(name), FeatureName::MAX);
        let hint = "no client can ask for it; ask the vendor for a shorter one";
        remarks.push(Diagnostic::new(Severity::Warning, span, message).with_hint(hint));
    }
    if !name.is_ascii() {
        let message = format!("the feature name {} has letters that are not ASCII", in_ticks(name));
        let hint = "see whether it was meant: such letters often come with pasted text";
        remarks.push(Diagnostic::new(Severity::Warning, span, message).with_hint(hint));
    }
    Some(Spanned::new(span, FeatureName::from(name)))
}

/// The name of a vendor daemon. Only letters, digits, `_`, `-` and `.`, because files are named after it.
pub(super) fn vendor_name(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<VendorName>> {
    let Spanned { span, node: name } = word;
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() || name.starts_with(['-', '.']) || !name.bytes().all(is_fit) {
        let message = format!("{} cannot be the name of a vendor daemon", in_ticks(name));
        let hint = "use letters, digits and `_`";
        remarks.push(error(span, Code::SYNTAX, message).with_hint(hint));
        return None;
    }
    Some(Spanned::new(span, VendorName::from(name)))
}

/// Says so if the name on a VENDOR line is longer than others can take.
pub(super) fn remark_long_vendor(name: &Spanned<VendorName>, remarks: &mut Remarks) {
    let (length, shown) = (name.node.as_str().len(), in_ticks(name.node.as_str()));
    if length > VENDOR_NAME {
        let message = format!("the vendor name {shown} is longer than {VENDOR_NAME} bytes");
        let hint = "FlexNet's own programs cut it; ask the vendor for a shorter one";
        remarks.push(Diagnostic::new(Severity::Warning, name.span, message).with_hint(hint));
    } else if length > VENDOR_COLUMN {
        let message = format!("the vendor name {shown} fills the whole column of lmstat");
        let hint = "scripts that look for a blank before it will not find it";
        remarks.push(Diagnostic::new(Severity::Note, name.span, message).with_hint(hint));
    }
}

/// A decimal version.
pub(super) fn version(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<Version>> {
    let Spanned { span, node: text } = word;
    let Some(version) = Version::parse(text) else {
        let message = format!("{} is no version", in_ticks(text));
        let hint = "a version is a decimal number without letters, for example 2.1 or 2027.06";
        remarks.push(error(span, Code::BAD_VERSION, message).with_hint(hint));
        return None;
    };
    if text.len() > Version::MAX {
        let message = format!("the version {} is longer than {} characters", in_ticks(text), Version::MAX);
        let hint = "FlexNet's own programs cannot read it; ask the vendor for a shorter one";
        remarks.push(Diagnostic::new(Severity::Warning, span, message).with_hint(hint));
    }
    Some(Spanned::new(span, version))
}

/// A number of seats, `uncounted` or `0`.
pub(super) fn count(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<Count>> {
    let Spanned { span, node: text } = word;
    let count = match number(text) {
        Some(0) => Count::Uncounted,
        Some(seats) => Count::Counted(seats),
        None if text.eq_ignore_ascii_case("uncounted") => Count::Uncounted,
        None => {
            let message = format!("{} is no number of seats", in_ticks(text));
            let hint = "write a number, or uncounted";
            remarks.push(error(span, Code::SYNTAX, message).with_hint(hint));
            return None;
        }
    };
    Some(Spanned::new(span, count))
}

/// A whole number in decimal digits.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A TCP port. `None`: it is none, which has been said.
pub(super) fn port(word: Spanned<&str>, remarks: &mut Remarks) -> Option<Spanned<u16>> {
    let port = number(word.node).and_then(|number| u16::try_from(number).ok());
    if port.is_none() {
        let message = format!("{} is no port", in_ticks(word.node));
        remarks.push(error(word.span, Code::SYNTAX, message).with_hint("write a number from 0 to 65535"));
    }
    Some(Spanned::new(word.span, port?))
}

/// How to write the host id that `text` was probably meant to be.
pub(super) fn hostid_hint(text: &str) -> String {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.len() == 12 && digits.len() < text.len() && HostId::parse(&digits).is_some() {
        return format!("write it without separators: {}", digits.to_ascii_lowercase());
    }
    "write 12 hex digits, KEY=ed25519:…, HOSTNAME=…, INTERNET=… or ANY; `licutil hostid` prints a host's"
        .into()
}
