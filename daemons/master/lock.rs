//! One master for one state directory: a locked file, which the system unlocks when its process is gone.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::failure::{Exit, Failure};

/// The lock, held until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the state directory and leaves this process's id in the lock, for the next one to name.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be written.
    pub(super) fn take(state_dir: &Path) -> Result<Self, Failure> {
        let path = state_dir.join("lock");
        let broken = |error: std::io::Error| {
            let hint = match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk and start again",
                _ => "this user must be able to write to the state directory; name another with --state-dir",
            };
            Failure::new(Exit::NoFile, format!("cannot lock {}: {error}", path.display())).with_hint(hint)
        };
        let mut file = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(broken)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(another(state_dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(broken)?;
        Ok(Self { _file: file })
    }
}

fn another(state_dir: &Path, file: &mut File) -> Failure {
    let mut holder = String::new();
    // Who holds it is good to know, but not needed.
    let pid = match file.take(16).read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => format!(" (pid {})", holder.trim()),
        Ok(_) | Err(_) => String::new(),
    };
    let message = format!("another licmgrd{pid} uses the state directory {}", state_dir.display());
    Failure::new(Exit::AnotherRuns, message).with_hint(
        "stop it first (`licutil down`), or give this one a state directory of its own with --state-dir",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let failure = Lock::take(folder.path()).unwrap_err();
        assert_eq!(failure.exit, Exit::AnotherRuns);
        assert!(failure.message.contains(&format!("(pid {})", std::process::id())), "{failure}");
        drop(first);
        Lock::take(folder.path()).unwrap();
        assert_eq!(Lock::take(&folder.path().join("none")).unwrap_err().exit, Exit::NoFile);
    }
}
