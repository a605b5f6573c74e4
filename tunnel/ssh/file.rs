//! The files that ssh goes by, the user's and the machine's: how they are read, and who may write them.
//!
//! The thread that reads them serves all connections, and other people may have a hand in what lies there. So nothing is read that
//! may keep it waiting, such as a pipe, and nothing without a bound.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a file to read it; see [`open_with`].
pub(super) fn open(path: &Path) -> io::Result<File> {
    open_with(File::options().read(true), path)
}

/// Opens a regular file, or the one device that is as good: `/dev/null`, which people name where they want no file. Never waits for
/// another process.
pub(super) fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use nix::fcntl::OFlag;
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe is opened only when somebody writes into it, and a terminal may become ours.
        options.custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
    }
    let file = options.open(path)?;
    if is_null(&file, path) || file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

/// All that is in a file, which may have `most` bytes; more is an error.
pub(super) fn read(file: &File, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(content)
}

/// Whether others than the user and root may write an open file: OpenSSH's rule for its own files (ssh(1), FILES).
#[cfg(unix)]
pub(super) fn others_may_write(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let about = file.metadata()?;
    let owned = about.uid() == 0 || about.uid() == rustix::process::getuid().as_raw();
    // What is written into `/dev/null` nobody reads.
    Ok(about.is_file() && (!owned || about.mode() & 0o022 != 0))
}

/// Here files have no mode.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it fails on other systems")]
pub(super) fn others_may_write(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Whether it is the null device, by whatever name.
#[cfg(unix)]
fn is_null(file: &File, _: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let null = std::fs::metadata("/dev/null");
    let (Ok(null), Ok(about)) = (null, file.metadata()) else { return false };
    about.file_type().is_char_device() && about.rdev() == null.rdev()
}

/// Here the system tells nothing about a device.
#[cfg(not(unix))]
fn is_null(_: &File, path: &Path) -> bool {
    path.as_os_str().eq_ignore_ascii_case("NUL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_read_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "lic1").unwrap();
        assert_eq!(read(&open(&path).unwrap(), 4).unwrap(), b"lic1");
        assert!(read(&open(&path).unwrap(), 3).unwrap_err().to_string().contains("longer than 3 bytes"));
        assert_eq!(open(&directory.path().join("absent")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_waited_for_and_devices_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (pipe, link) = (directory.path().join("pipe"), directory.path().join("link"));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for path in [&pipe, directory.path(), Path::new("/dev/zero")] {
            let error = open(path).unwrap_err().to_string();
            assert_eq!(error, "it is no regular file", "{}", path.display());
            let appended = open_with(File::options().read(true).append(true), path);
            assert!(appended.is_err(), "{}", path.display());
        }
        let null = open(&link).unwrap();
        assert_eq!((read(&null, 4).unwrap(), others_may_write(&null).unwrap()), (Vec::new(), false));
    }
}
