//! Ed25519 signatures over the canonical form of a line: the only source of [`Signed`].

mod form;
mod verify;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::ast::{Attribute, Statement};
use super::{Absence, Licence};
use crate::host;
use crate::id::{FeatureName, VendorName};
use crate::text::{Diagnostic, Source, Span, Spanned};

pub(super) use form::{joined, server_hostids};
pub(super) use verify::{Signable, Verifier, digits, signature};
use verify::{SignableMut, grouped, is_signature};

/// The public half of a vendor's key, or of a licence host's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorKey([u8; 32]);

/// The private half of a vendor's key. Wiped from memory when dropped; never printed.
pub struct Signer(SigningKey);

/// A licence that the vendor signed, line by line.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed<T> {
    node: T,
    /// What was left out, for the denials of those who ask for it.
    pub(super) refused: Vec<Absence>,
    /// The names of the PACKAGE lines among that: what enables them is no ordinary feature.
    pub(super) refused_packages: Vec<FeatureName>,
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no Ed25519 key")
    }
}

impl core::error::Error for KeyError {}

impl VendorKey {
    /// Reads `ed25519:<64 hex digits>`. Digits that are no point of the curve, or one that anybody can sign for, are
    /// no key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = host::ed25519(text.trim()).ok_or(KeyError)?;
        match VerifyingKey::from_bytes(&bytes) {
            Ok(point) if !point.is_weak() => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(KeyError),
        }
    }

    /// The key as 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for VendorKey {
    /// `ed25519:<64 hex digits>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519:")?;
        host::write_hex(f, &self.0)
    }
}

impl Signer {
    /// Makes a key pair of 32 bytes, which the caller drew at random.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> VendorKey {
        VendorKey(self.0.verifying_key().to_bytes())
    }

    /// Reads a private key in PKCS#8 PEM.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(text.trim()).map(Self).map_err(|_| KeyError)
    }

    /// The private key in PKCS#8 PEM; the text is wiped when dropped.
    #[expect(clippy::expect_used, reason = "a key of 32 bytes always fits into its PKCS#8 form")]
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.0.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key has a PKCS#8 form")
    }

    /// The private key in PKCS#8 DER, for TLS; wiped when dropped.
    #[expect(clippy::expect_used, reason = "a key of 32 bytes always fits into its PKCS#8 form")]
    pub fn to_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der().expect("an Ed25519 key has a PKCS#8 form").to_bytes()
    }

    /// Puts a fresh `SIGN=` on every line of `vendor` that can be signed, in place of what was there, and removes
    /// `SIGN2=`, `AUTH=` and old keys from them. Lines of other vendors stay as they are.
    ///
    /// Two lines that agree in everything get the same signature and count once only: give each its own `SN=`.
    pub fn sign(&self, licence: &Licence, vendor: &VendorName) -> Licence {
        let servers = form::server_hostids(licence);
        let mut signed = licence.clone();
        for statement in &mut signed.statements {
            let Some(message) = form::message(&servers, &statement.node) else { continue };
            let Some(line) = SignableMut::of(&mut statement.node).filter(|line| line.vendor == vendor) else {
                continue;
            };
            let signature = self.0.sign(&message).to_bytes();
            line.attributes.retain(|attribute| !is_signature(&attribute.node));
            line.attributes.push(Spanned::new(Span::default(), Attribute::Sign(grouped(&signature))));
        }
        signed
    }
}

/// Keeps the statements of `vendor` whose signature is `key`'s, with the file's SERVER and USE_SERVER lines and the
/// vendor's VENDOR line; says of every other line of this vendor why it is left out (−8, −114).
///
/// One check costs about as much as a TLS handshake: a large file keeps a processor busy for seconds.
pub fn check(
    source: &Source,
    licence: &Licence,
    vendor: &VendorName,
    key: &VendorKey,
) -> (Signed<Licence>, Vec<Diagnostic>) {
    let verifier = Verifier::new(key, form::server_hostids(licence));
    let (mut statements, mut diagnostics) = (Vec::new(), Vec::new());
    let (mut refused, mut refused_packages) = (Vec::new(), Vec::new());
    for statement in &licence.statements {
        if vendor_of(&statement.node).is_some_and(|other| other != vendor) {
            continue;
        }
        match (verifier.verify(&statement.node), Signable::of(&statement.node)) {
            (Err(flaw), Some(line)) => {
                refused.push(Absence::new(line.name, flaw.code(), flaw.short(), source, statement));
                diagnostics.push(flaw.diagnostic(&line));
                if matches!(statement.node, Statement::Package(_)) {
                    refused_packages.push(line.name.clone());
                }
            }
            (Ok(()) | Err(_), _) => statements.push(statement.clone()),
        }
    }
    (Signed { node: Licence { statements }, refused, refused_packages }, diagnostics)
}

fn vendor_of(statement: &Statement) -> Option<&VendorName> {
    match statement {
        Statement::Server(_) | Statement::UseServer => None,
        Statement::Vendor(line) => Some(&line.name.node),
        Statement::Feature(line) => Some(&line.vendor.node),
        Statement::Upgrade(line) => Some(&line.vendor.node),
        Statement::Package(line) => Some(&line.vendor.node),
    }
}

impl Signed<Licence> {
    /// The licence as if its vendors had signed every line: for a rehearsal, which serves nothing.
    pub(super) fn assumed(licence: Licence) -> Self {
        Self { node: licence, refused: Vec::new(), refused_packages: Vec::new() }
    }
}

impl<T> AsRef<T> for Signed<T> {
    /// What was signed.
    fn as_ref(&self) -> &T {
        &self.node
    }
}

#[cfg(test)]
mod tests;
