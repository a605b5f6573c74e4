//! Whose a file is: one that others may write is not to be trusted.

use std::fs::File;
use std::io;

/// Whether others than the user and root may write an open file: OpenSSH's rule for its own files (ssh(1), FILES).
#[cfg(unix)]
pub(super) fn others_may_write(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let about = file.metadata()?;
    let owned = about.uid() == 0 || about.uid() == rustix::process::getuid().as_raw();
    Ok(!owned || about.mode() & 0o022 != 0)
}

/// Here files have no mode.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it fails on other systems")]
pub(super) fn others_may_write(_: &File) -> io::Result<bool> {
    Ok(false)
}
