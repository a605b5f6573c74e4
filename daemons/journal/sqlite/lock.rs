//! The lock file that lets one vendor daemon at a time work on a journal.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use licgate_core::id::VendorName;

use crate::journal::{Fault, JournalError};

/// Held until it is dropped; the system lets go of it whenever the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes `VENDOR.lock` in `state_dir`; makes the directory when there is none.
    pub(super) fn take(state_dir: &Path, vendor: &VendorName) -> Result<Self, JournalError> {
        if !is_file_name(vendor.as_str()) {
            let why =
                format!("`{vendor}` cannot be the name of a file: letters, digits, `_`, `-` and `.` only");
            return Err(JournalError::new(Fault::Other, state_dir, "name", why));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state_dir)
            .map_err(|error| from_io(state_dir, "make the directory of", &error))?;
        let path = state_dir.join(format!("{vendor}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| from_io(&path, "lock", &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::new(
                Fault::Running,
                &path,
                "lock",
                format!("another licvendord of {vendor} is running"),
            )),
            Err(TryLockError::Error(error)) => Err(from_io(&path, "lock", &error)),
        }
    }
}

fn is_file_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.bytes().all(plain)
}

/// What the system says about a file, in the journal's terms.
pub(super) fn from_io(path: &Path, action: &'static str, error: &std::io::Error) -> JournalError {
    use std::io::ErrorKind;
    let fault = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::NotWritable,
        _ => Fault::Other,
    };
    JournalError::new(fault, path, action, error)
}
