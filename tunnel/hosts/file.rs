//! Changing the hosts file so that it is whole at every moment, whoever else edits or reads it.
//!
//! Where it can be, the file is replaced by a finished one: after a crash it is the old or the new one. It is written in
//! place, with a copy kept until that is done, where replacing it is impossible (a bind mount, as in containers), or
//! would take the private hosts file away from an application that `lictunnel run` started, or would lose what only the
//! old file has (owner, labels, access lists).

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::edit::Refusal;
use super::fault::HostsFault;
use super::journal::Journal;
#[cfg(target_os = "linux")]
use super::mounts::is_mounted_over;
use crate::platform;

/// The longest hosts file, in bytes: lists that block advertisements have some megabytes.
pub const MOST: u64 = 64 << 20;
/// So often another program may change the file while ours is being made ready.
const ATTEMPTS: u32 = 5;
/// How long another lictunnel may hold the lock, in pauses.
const LOCK_PAUSES: u32 = 500;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A hosts file, and the directory where its editors keep their lock and copies.
#[derive(Debug, Clone)]
pub struct HostsFile {
    path: PathBuf,
    keep: PathBuf,
}

impl HostsFile {
    /// The one of this machine.
    pub fn system() -> Self {
        Self::at(platform::hosts_path(), platform::hosts_keep())
    }

    /// Another one.
    pub fn at(path: PathBuf, keep: PathBuf) -> Self {
        Self { path, keep }
    }

    /// Whether it is the one of this machine.
    pub(super) fn is_system(&self) -> bool {
        self.path == platform::hosts_path()
    }

    /// All its bytes. There is no file: there are none.
    pub fn read(&self) -> Result<Vec<u8>, HostsFault> {
        read(&self.path)
    }

    /// Changes it to what `edit` makes of it, under the lock. `edit` is asked again when another program was quicker, and
    /// once more at the end, where it has to find nothing left to change. Whether anything had to be changed.
    pub fn change(
        &self,
        mut edit: impl FnMut(&[u8]) -> Result<Vec<u8>, Refusal>,
    ) -> Result<bool, HostsFault> {
        let path = self.resolved()?;
        let _lock = self.lock()?;
        let journal = Journal::recovered(&self.keep, &path)?;
        for _ in 0..ATTEMPTS {
            let old = read(&path)?;
            let new = edit(&old)?;
            if new == old {
                return Ok(false);
            }
            if write(&path, &old, &new, &journal)? == Written::Done {
                let now = read(&path)?;
                let is_kept = edit(&now)? == now;
                return if is_kept { Ok(true) } else { Err(HostsFault::Reverted(path)) };
            }
        }
        Err(HostsFault::Restless(path))
    }

    /// The file itself where the path is a symbolic link to it.
    fn resolved(&self) -> Result<PathBuf, HostsFault> {
        let path = match fs::canonicalize(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.path.clone(),
            found => found.map_err(HostsFault::system("find", &self.path))?,
        };
        if path.starts_with("/nix/store") { Err(HostsFault::NixStore(path)) } else { Ok(path) }
    }

    /// Other programs ignore this lock; it keeps lictunnels apart. The system gives it back when its holder ends.
    fn lock(&self) -> Result<File, HostsFault> {
        platform::keep_to_oneself(&self.keep).map_err(HostsFault::system("make", &self.keep))?;
        let path = self.keep.join("hosts.lock");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(HostsFault::system("open", &path))?;
        for _ in 0..LOCK_PAUSES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                Err(fs::TryLockError::Error(error)) => return Err(HostsFault::system("lock", &path)(error)),
            }
        }
        Err(HostsFault::Busy(path))
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// The file is the new one.
    Done,
    /// The file was no longer the old one, and was left alone.
    Changed,
    /// It cannot be replaced faithfully here, and was left alone.
    #[cfg(unix)]
    NotHere,
}

fn write(path: &Path, old: &[u8], new: &[u8], journal: &Journal) -> Result<Written, HostsFault> {
    #[cfg(unix)]
    if !is_mounted_over(path) {
        match super::replace::replace(path, old, new)? {
            Written::NotHere => {}
            written => return Ok(written),
        }
    }
    journal.write_in_place(path, old, new)
}

/// Only Linux has private hosts files that replacing this one would take away.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_mounted_over(_path: &Path) -> bool {
    false
}

/// All bytes of a file; none when there is none.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, HostsFault> {
    let mut bytes = Vec::new();
    let mut fill = || {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        file.take(MOST + 1).read_to_end(&mut bytes)
    };
    match fill() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes),
        Err(error) => Err(HostsFault::system("read", path)(error)),
        Ok(length) if length as u64 > MOST => Err(HostsFault::TooLong(path.into())),
        Ok(_) => Ok(bytes),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
