//! Licence files on disk.

use std::path::{Path, PathBuf};

use licgate_core::text::Source;

/// A file that could not be read, written or listed: the path and what the system says.
#[derive(Debug)]
pub struct FileError {
    /// What was tried: `read`, `write`, `list`.
    pub action: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// Why not.
    pub source: std::io::Error,
}

/// A file itself, or all `*.lic` of a directory in alphabetical order.
pub fn licence_files(_path: &Path) -> Result<Vec<PathBuf>, FileError> {
    todo!()
}

/// Reads a licence text: at most [`Source::MAX`] bytes, UTF-8 or else Latin-1.
pub fn read(_path: &Path) -> Result<Source, FileError> {
    todo!()
}

/// Writes a file so that after a crash it is either the old or the new one: temporary file beside it, sync, rename,
/// sync of the directory. `mode` is the permission of a new file.
pub fn write(_path: &Path, _content: &[u8], _mode: u32) -> Result<(), FileError> {
    todo!()
}
