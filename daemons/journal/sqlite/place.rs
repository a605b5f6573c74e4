//! That a file which is open is still the one at its path.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::lock::from_io;
use crate::journal::{Fault, JournalError};

/// A path and the file that was there: device and inode.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: (u64, u64),
}

impl Place {
    /// The file that is at `path` now.
    pub(super) fn of(path: &Path) -> Result<Self, JournalError> {
        let metadata = fs::metadata(path).map_err(|error| from_io(path, "open", &error))?;
        Ok(Self { path: path.to_owned(), file: (metadata.dev(), metadata.ino()) })
    }

    /// Whether it is still there. Costs a look into the directory, which the system has in memory.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if (metadata.dev(), metadata.ino()) == self.file => Ok(()),
            Ok(_) | Err(_) => {
                let why = "it was moved away or removed while it was open";
                Err(JournalError::new(Fault::Moved, &self.path, "append to", why))
            }
        }
    }
}
