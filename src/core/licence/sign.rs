//! Ed25519 signatures over the canonical form of a line: the only source of [`Signed`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::Licence;
use crate::host;
use crate::id::VendorName;
use crate::text::{Diagnostic, Source};

/// The public half of a vendor's key, or of a licence host's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorKey([u8; 32]);

/// The private half of a vendor's key. Wiped from memory when dropped; never printed.
pub struct Signer(SigningKey);

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_public_key_reads_as_it_prints() {
        let key = Signer::new(&[1; 32]).public();
        assert_eq!(VendorKey::parse(&key.to_string()), Ok(key));
        assert_eq!(VendorKey::parse(&key.to_string().to_uppercase()), Ok(key));
        let (zero, one) = ("0".repeat(64), std::format!("01{}", "0".repeat(62)));
        let off_the_curve = std::format!("02{}", "0".repeat(62));
        for text in ["", "ed25519:", "ed25519:12", &key.to_string()[8..]] {
            assert_eq!(VendorKey::parse(text), Err(KeyError), "{text}");
        }
        for digits in [zero, one, off_the_curve] {
            assert_eq!(VendorKey::parse(&std::format!("ed25519:{digits}")), Err(KeyError), "{digits}");
        }
    }

    #[test]
    fn a_private_key_reads_as_it_prints() {
        let signer = Signer::new(&[1; 32]);
        let pem = signer.to_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", pem.lines().next().unwrap());
        assert_eq!(Signer::from_pem(&pem).unwrap().public(), signer.public());
        assert!(SigningKey::from_pkcs8_der(&signer.to_der()).is_ok());
        assert!(Signer::from_pem(&pem.replace("PRIVATE", "PUBLIC")).is_err());
        assert!(Signer::from_pem("").is_err());
    }
}
