//! Licence files on disk.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::{error, fmt};

use licgate_core::text::Source;
use tempfile::NamedTempFile;

/// A file that could not be read, written or listed: the path and what the system says.
#[derive(Debug)]
pub struct FileError {
    /// What was tried: `read`, `write`, `list`.
    pub action: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// Why not.
    pub source: Error,
}

impl FileError {
    /// What was tried on which file, and what came of it.
    pub fn new(action: &'static str, path: &Path, source: Error) -> Self {
        Self { action, path: path.into(), source }
    }
}

impl fmt::Display for FileError {
    /// `cannot read /etc/acme.lic: permission denied; run as its owner, or let this user read it`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.action, self.path.display(), words(&self.source))?;
        match self.remedy() {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl error::Error for FileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

impl FileError {
    fn remedy(&self) -> Option<String> {
        let kind = self.source.kind();
        Some(match kind {
            ErrorKind::NotFound if self.action == "write" => "make its directory first".into(),
            ErrorKind::NotFound => "check the path".into(),
            ErrorKind::PermissionDenied => {
                format!("run as its owner, or let this user {} it", self.action)
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk".into(),
            ErrorKind::AlreadyExists => "remove it first, or give another name".into(),
            // The kinds of errors are open-ended, and the system's own words stand before this.
            _ => return None,
        })
    }
}

/// What the system says, without Rust's `(os error 13)` and capital letter.
fn words(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::NotFound => "there is no such file or directory".into(),
        ErrorKind::AlreadyExists => "it exists already".into(),
        _ => error.to_string(),
    };
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// A file itself, or all `*.lic` of a directory in alphabetical order.
pub fn licence_files(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    if !fs::metadata(path).map_err(|error| FileError::new("read", path, error))?.is_dir() {
        return Ok(vec![path.into()]);
    }
    let list = || -> Result<Vec<PathBuf>, Error> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let file = entry?.path();
            if file.extension() == Some(OsStr::new("lic")) && !file.is_dir() {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    };
    list().map_err(|error| FileError::new("list", path, error))
}

/// Reads a licence text: at most [`Source::MAX`] bytes, UTF-8 or else Latin-1.
///
/// # Errors
/// Also what is no regular file: a named pipe or a terminal would be waited for without end, by a daemon that serves.
pub fn read(path: &Path) -> Result<Source, FileError> {
    let text = must_end(path).and_then(|()| read_bytes(path, Source::MAX)).and_then(decode);
    text.map(|text| Source::new(path.display().to_string(), text))
        .map_err(|error| FileError::new("read", path, error))
}

/// Refuses pipes, sockets and devices before they are opened. A directory gets the system's own words later.
fn must_end(path: &Path) -> Result<(), Error> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "it is no file, but a pipe or a device; name a licence file"))
}

/// All of a file, unless it is longer than `most` bytes.
pub(crate) fn read_bytes(path: &Path, most: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, Error> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::new(ErrorKind::InvalidData, "it is written in UTF-16: save it as UTF-8"));
    }
    let latin_1 = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect();
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes())))
}

/// Writes a file so that after a crash it is either the old or the new one: temporary file beside it, sync, rename,
/// sync of the directory. `mode` is the permission of a new file; an old one keeps its own. A symbolic link stays one.
pub fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let replace = || {
        let file = beside(&target, content, kept_mode(&target).unwrap_or(mode))?;
        file.persist(&target).map_err(|error| error.error)?;
        sync_directory(&target)
    };
    replace().map_err(|error| FileError::new("write", path, error))
}

/// Writes a file that does not exist yet, complete or not at all. Of two programs that try at once one succeeds and
/// the other is told [`ErrorKind::AlreadyExists`].
pub fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let place = || {
        let file = beside(path, content, mode)?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        sync_directory(path)
    };
    place().map_err(|error| FileError::new("write", path, error))
}

/// A finished temporary file in the directory of `path`; it goes away by itself if it is not given its name.
fn beside(path: &Path, content: &[u8], mode: u32) -> Result<NamedTempFile, Error> {
    let mut file =
        tempfile::Builder::new().prefix(".licgate-").suffix(".tmp").tempfile_in(directory(path))?;
    set_mode(file.as_file(), mode)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn kept_mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|old| old.permissions().mode() & 0o7777)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<(), Error> {
    File::open(directory(path))?.sync_all()
}

#[cfg(not(unix))]
fn kept_mode(_path: &Path) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> Result<(), Error> {
    Ok(())
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests;
