//! Ed25519 signatures over the canonical form of a line: the only source of [`Signed`].

use alloc::vec::Vec;
use core::fmt;

use super::Licence;
use crate::id::VendorName;
use crate::text::{Diagnostic, Source};

/// The public half of a vendor's key, or of a licence host's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorKey([u8; 32]);

/// The private half of a vendor's key. Wiped from memory when dropped; never printed.
pub struct Signer(ed25519_dalek::SigningKey);

/// A licence, or a line, that the vendor signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed<T>(T);

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
    /// Reads `ed25519:<64 hex digits>`.
    pub fn parse(_: &str) -> Result<Self, KeyError> {
        todo!()
    }

    /// The key as 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for VendorKey {
    /// `ed25519:<64 hex digits>`
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl Signer {
    /// Makes a key pair of 32 bytes, which the caller drew at random.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> VendorKey {
        VendorKey(self.0.verifying_key().to_bytes())
    }

    /// Reads a private key in PKCS#8 PEM.
    pub fn from_pem(_text: &str) -> Result<Self, KeyError> {
        todo!()
    }

    /// The private key in PKCS#8 PEM; the text is wiped when dropped.
    pub fn to_pem(&self) -> ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing<alloc::string::String> {
        todo!()
    }

    /// The private key in PKCS#8 DER, for TLS; wiped when dropped.
    pub fn to_der(&self) -> ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing<Vec<u8>> {
        todo!()
    }

    /// Puts a fresh `SIGN=` on every line of `vendor` that can be signed, in place of what was there, and removes
    /// `SIGN2=`, `AUTH=` and old keys from them. Lines of other vendors stay as they are.
    pub fn sign(&self, _licence: &Licence, _vendor: &VendorName) -> Licence {
        todo!()
    }
}

/// Keeps the statements of `vendor` whose signature is `key`'s, with the file's SERVER and USE_SERVER lines and the
/// vendor's VENDOR line; says of every other line of this vendor why it is left out (−8, −114).
pub fn check(
    _source: &Source,
    _licence: &Licence,
    _vendor: &VendorName,
    _key: &VendorKey,
) -> (Signed<Licence>, Vec<Diagnostic>) {
    todo!()
}

impl<T> Signed<T> {
    /// What was signed.
    pub fn as_ref(&self) -> &T {
        &self.0
    }
}
