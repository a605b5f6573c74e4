//! One line against one key.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::{Signature, VerifyingKey};

use super::{VendorKey, form};
use crate::code::Code;
use crate::host;
use crate::id::{FeatureName, VendorName};
use crate::licence::ast::{Attribute, FeatureKind, Statement};
use crate::text::{Diagnostic, Severity, Span, Spanned};

/// The parts that all lines with a signature have.
pub(in crate::licence) struct Signable<'a> {
    pub(in crate::licence) keyword: &'static str,
    pub(in crate::licence) name: &'a FeatureName,
    pub(in crate::licence) vendor: &'a VendorName,
    pub(in crate::licence) attributes: &'a [Spanned<Attribute>],
    /// Where its name stands.
    span: Span,
}

impl<'a> Signable<'a> {
    /// `None` for SERVER, VENDOR and USE_SERVER, which have no signature.
    pub(in crate::licence) fn of(statement: &'a Statement) -> Option<Self> {
        let (keyword, name, vendor, attributes) = match statement {
            Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => return None,
            Statement::Feature(line) => {
                let keyword = match line.kind {
                    FeatureKind::Feature => "FEATURE",
                    FeatureKind::Increment => "INCREMENT",
                };
                (keyword, &line.name, &line.vendor, &line.attributes)
            }
            Statement::Upgrade(line) => ("UPGRADE", &line.name, &line.vendor, &line.attributes),
            Statement::Package(line) => ("PACKAGE", &line.name, &line.vendor, &line.attributes),
        };
        Some(Self { keyword, name: &name.node, vendor: &vendor.node, attributes, span: name.span })
    }
}

/// The parts of a line that signing looks at and changes.
pub(super) struct SignableMut<'a> {
    pub(super) vendor: &'a VendorName,
    pub(super) attributes: &'a mut Vec<Spanned<Attribute>>,
}

impl<'a> SignableMut<'a> {
    pub(super) fn of(statement: &'a mut Statement) -> Option<Self> {
        let (vendor, attributes) = match statement {
            Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => return None,
            Statement::Feature(line) => (&line.vendor, &mut line.attributes),
            Statement::Upgrade(line) => (&line.vendor, &mut line.attributes),
            Statement::Package(line) => (&line.vendor, &mut line.attributes),
        };
        Some(Self { vendor: &vendor.node, attributes })
    }
}

/// A key and the SERVER host ids of one file.
pub(in crate::licence) struct Verifier {
    /// `None`: the key is no point of the curve, and nothing is signed with it.
    key: Option<VerifyingKey>,
    servers: Vec<String>,
}

/// Why a line does not count as signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::licence) enum Flaw {
    /// No `SIGN=`.
    Missing(Span),
    /// `SIGN=` is not of the form that licgate writes.
    Foreign(Span),
    /// The signature is not that of this line, these host ids and this key.
    Wrong(Span),
}

impl Verifier {
    pub(in crate::licence) fn new(key: &VendorKey, servers: Vec<String>) -> Self {
        Self { key: VerifyingKey::from_bytes(&key.bytes()).ok(), servers }
    }

    /// Whether this line of a file with these SERVER host ids is signed with this key. Lines that have no signature
    /// by their nature are not this function's business: they pass.
    pub(in crate::licence) fn verify(&self, statement: &Statement) -> Result<(), Flaw> {
        let (Some(line), Some(message)) = (Signable::of(statement), form::message(&self.servers, statement))
        else {
            return Ok(());
        };
        let written = line.attributes.iter().find(|attribute| matches!(attribute.node, Attribute::Sign(_)));
        let Some(written) = written else { return Err(Flaw::Missing(line.span)) };
        let bytes = signature(line.attributes).ok_or(Flaw::Foreign(written.span))?;
        let key = self.key.as_ref().ok_or(Flaw::Wrong(written.span))?;
        key.verify_strict(&message, &Signature::from_bytes(&bytes)).map_err(|_| Flaw::Wrong(written.span))
    }
}

impl Flaw {
    pub(in crate::licence) fn code(self) -> Code {
        match self {
            Self::Missing(_) => Code::UNSIGNED,
            Self::Foreign(_) | Self::Wrong(_) => Code::BAD_SIGNATURE,
        }
    }

    /// What is the matter, for a denial: the rest of a sentence on the line.
    pub(in crate::licence) fn short(self) -> &'static str {
        match self {
            Self::Missing(_) => "is not signed",
            Self::Foreign(_) => {
                "is signed by another publisher's software, whose own vendor daemon alone can serve it"
            }
            Self::Wrong(_) => {
                "has a wrong signature: the line or a SERVER host id was edited after it was signed"
            }
        }
    }

    pub(super) fn diagnostic(self, line: &Signable<'_>) -> Diagnostic {
        let name = format!("{} \"{}\"", line.keyword, line.name);
        let (span, message, hint) = match self {
            Self::Missing(span) => (
                span,
                format!("{name} has no SIGN="),
                "use the line as the vendor sent it; the vendor signs files with `licsign sign`",
            ),
            Self::Foreign(span) => (
                span,
                format!("the SIGN= of {name} is not one of licgate's"),
                "a line signed by another publisher's software can only be served by that publisher's own vendor daemon",
            ),
            Self::Wrong(span) => (
                span,
                format!("the signature of {name} does not fit"),
                "host names, ports, paths and lower-case attributes may be edited, nothing else: restore the line and \
                 the SERVER host id as the vendor sent them, and check that the vendor key is this vendor's",
            ),
        };
        Diagnostic::new(Severity::Error, span, message).with_code(self.code()).with_hint(hint)
    }
}

/// The bytes of a line's first `SIGN=`, whatever the case and grouping of its digits; `None` when there is none, or
/// when it is not of licgate's length.
pub(in crate::licence) fn signature<'a>(attributes: &'a [Spanned<Attribute>]) -> Option<[u8; 64]> {
    let written = |attribute: &'a Spanned<Attribute>| {
        if let Attribute::Sign(text) = &attribute.node { Some(text) } else { None }
    };
    digits(attributes.iter().find_map(written)?)
}

/// 128 hex digits with white space anywhere.
pub(in crate::licence) fn digits(text: &str) -> Option<[u8; 64]> {
    let mut digits = [0; 128];
    let mut written = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    for (digit, byte) in digits.iter_mut().zip(written.by_ref()) {
        *digit = byte;
    }
    if written.next().is_some() {
        return None;
    }
    host::hex(core::str::from_utf8(&digits).ok()?)
}

/// The text form of a signature: upper-case hex digits in groups of four.
pub(super) fn grouped(signature: &[u8; 64]) -> String {
    let groups =
        signature.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

/// Whether an attribute is a signature in any of the known forms.
pub(super) fn is_signature(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Sign(_) | Attribute::Sign2(_) | Attribute::Auth(_) | Attribute::LegacyKey(_)
    )
}
