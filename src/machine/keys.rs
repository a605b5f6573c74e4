//! Key files: a licence host's identity, a vendor's key pair.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{error, fmt, fs};

use licgate_core::licence::{Signer, VendorKey};
use zeroize::Zeroizing;

use crate::files::{self, FileError};

/// Why there is no key.
#[derive(Debug)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    File(FileError),
    /// The file holds something else.
    NoKey(PathBuf),
    /// Others may read a private key: the path and its mode.
    Exposed(PathBuf, u32),
    /// The system gives no random numbers.
    NoRandomness,
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::NoKey(path) => write!(
                f,
                "{0} holds no key of the kind that is needed here; `licsign keygen` makes a pair: a private \
                 `.key` and a public `.pub`",
                path.display()
            ),
            Self::Exposed(path, mode) => write!(
                f,
                "others may use the private key {0} (mode {mode:04o}); take that away with `chmod 600 {0}`",
                path.display()
            ),
            Self::NoRandomness => f.write_str("the system gives no random numbers for a new key; try again"),
        }
    }
}

impl error::Error for KeyFileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::NoKey(_) | Self::Exposed(_, _) | Self::NoRandomness => None,
        }
    }
}

impl From<FileError> for KeyFileError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// The longest key file that is read, in bytes: room for a key and a page of comments.
const LONGEST: usize = 64 * 1024;

/// A new key pair from the system's random numbers.
pub fn generate() -> Result<Signer, KeyFileError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|_| KeyFileError::NoRandomness)?;
    Ok(Signer::new(&seed))
}

/// The identity of a licence host: `identity.key` in its state directory, made on first use (mode 0600; the
/// directory too, mode 0700). Of two programs that make it at the same time both get the same key.
pub fn identity(state_dir: &Path) -> Result<Signer, KeyFileError> {
    let path = identity_file(state_dir);
    match read_private(&path) {
        Err(KeyFileError::File(error)) if error.source.kind() == ErrorKind::NotFound => {}
        found => return found,
    }
    make_directory(state_dir)?;
    match write_private(&path, &generate()?) {
        Err(KeyFileError::File(error)) if error.source.kind() == ErrorKind::AlreadyExists => {}
        failed @ Err(_) => failed?,
        Ok(()) => {}
    }
    read_private(&path)
}

/// Where [`identity`] keeps the key.
pub fn identity_file(state_dir: &Path) -> PathBuf {
    state_dir.join("identity.key")
}

/// Writes a private key (PKCS#8 PEM, mode 0600) to a file that does not exist yet.
pub fn write_private(path: &Path, key: &Signer) -> Result<(), KeyFileError> {
    Ok(files::create(path, key.to_pem().as_bytes(), 0o600)?)
}

/// A private key (PKCS#8 PEM) that only its owner may read.
pub fn read_private(path: &Path) -> Result<Signer, KeyFileError> {
    let bytes = Zeroizing::new(bytes(path)?);
    if let Some(mode) = exposed(path)? {
        return Err(KeyFileError::Exposed(path.into(), mode));
    }
    let text = str::from_utf8(&bytes).map_err(|_| KeyFileError::NoKey(path.into()))?;
    Signer::from_pem(text).map_err(|_| KeyFileError::NoKey(path.into()))
}

/// A public key: one line `ed25519:<64 hex digits>`, `#` comments allowed.
pub fn read_public(path: &Path) -> Result<VendorKey, KeyFileError> {
    let text = String::from_utf8(bytes(path)?).map_err(|_| KeyFileError::NoKey(path.into()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    match lines.collect::<Vec<_>>().as_slice() {
        [line] => VendorKey::parse(line).map_err(|_| KeyFileError::NoKey(path.into())),
        _ => Err(KeyFileError::NoKey(path.into())),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    files::read_bytes(path, LONGEST).map_err(|error| FileError::new("read", path, error))
}

fn make_directory(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| FileError::new("create", path, error))
}

/// The mode of a file that others than its owner may read, write or execute.
#[cfg(unix)]
fn exposed(path: &Path) -> Result<Option<u32>, FileError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).map_err(|error| FileError::new("read", path, error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

#[cfg(not(unix))]
fn exposed(_path: &Path) -> Result<Option<u32>, FileError> {
    Ok(None)
}

#[cfg(test)]
mod tests;
