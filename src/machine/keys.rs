//! Key files: a licence host's identity, a vendor's key pair.

use std::path::Path;

use licgate_core::licence::{Signer, VendorKey};

use crate::files::FileError;

/// Why there is no key.
#[derive(Debug)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    File(FileError),
    /// The file holds something else.
    NoKey(std::path::PathBuf),
    /// Others may read a private key: the path and its mode.
    Exposed(std::path::PathBuf, u32),
    /// The system gives no random numbers.
    NoRandomness,
}

/// A new key pair from the system's random numbers.
pub fn generate() -> Result<Signer, KeyFileError> {
    todo!()
}

/// The identity of a licence host: `identity.key` in its state directory, made on first use (mode 0600).
pub fn identity(_state_dir: &Path) -> Result<Signer, KeyFileError> {
    todo!()
}

/// A private key (PKCS#8 PEM) that only its owner may read.
pub fn read_private(_path: &Path) -> Result<Signer, KeyFileError> {
    todo!()
}

/// A public key: one line `ed25519:<64 hex digits>`, `#` comments allowed.
pub fn read_public(_path: &Path) -> Result<VendorKey, KeyFileError> {
    todo!()
}
