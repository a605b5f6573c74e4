//! Where a tunnel can be found by other processes: its lock, its process and its channel.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::failure::{Exit, Failure};
use crate::hosts::line::OwnerId;
use crate::platform;

/// Longer than any server's name and a process id.
const LONGEST: u64 = 1024;
/// How long whoever only looks may keep a tunnel from the lock, in pauses; a look takes no time.
const PAUSES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// The place of one tunnel.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Locked while the tunnel is up. Empty, as Windows lets nobody else read a locked file.
    lock: PathBuf,
    /// Holds the process id of the tunnel and the server's name.
    process: PathBuf,
    /// Where it listens for other processes: a socket or, on Windows, what a pipe is named after.
    pub(super) channel: PathBuf,
}

/// That a place is taken, until this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    _lock: File,
    place: Place,
}

impl Drop for Taken {
    fn drop(&mut self) {
        // The lock's file stays: to remove it would let two tunnels lock two files of one name.
        drop(fs::remove_file(&self.place.channel));
        drop(fs::remove_file(&self.place.process));
    }
}

impl Place {
    /// The place of the tunnel to this server.
    pub(super) fn of(server: &str) -> Result<Self, Failure> {
        Ok(Self::in_dir(&dir()?, &OwnerId::of(server).to_string()))
    }

    fn in_dir(dir: &Path, id: &str) -> Self {
        let of = |kind| dir.join(format!("{id}.{kind}"));
        Self { lock: of("lock"), process: of("pid"), channel: of("sock") }
    }

    /// Takes the place for `server`, or says who has it.
    pub(super) fn take(&self, server: &str) -> Result<Taken, Failure> {
        let failed = |what: &str, path: &Path, error: io::Error| {
            Failure::new(Exit::NoFile, format!("cannot {what} {}: {error}", path.display()))
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&self.lock)
            .map_err(|error| failed("open", &self.lock, error))?;
        if !self.try_lock(&file).map_err(|error| failed("lock", &self.lock, error))? {
            let message = match self.owner() {
                Some((pid, _)) => format!("a tunnel to {server} is up already: process {pid}"),
                None => format!("a tunnel to {server} is up already"),
            };
            let failure = Failure::new(Exit::AlreadyUp, message);
            return Err(failure.with_hint("`lictunnel status` shows it, `lictunnel down` ends it"));
        }
        fs::write(&self.process, format!("{} {server}\n", std::process::id()))
            .map_err(|error| failed("write", &self.process, error))?;
        // Left by a tunnel that was killed.
        drop(fs::remove_file(&self.channel));
        Ok(Taken { _lock: file, place: self.clone() })
    }

    /// Locks this file, which is the lock, unless a tunnel holds it; whether it did.
    fn try_lock(&self, file: &File) -> io::Result<bool> {
        for _ in 0..PAUSES {
            match file.try_lock() {
                Ok(()) => return Ok(true),
                Err(TryLockError::WouldBlock) if self.is_taken() => return Ok(false),
                // Somebody just looked whether it is taken.
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "another program that is no tunnel keeps it locked"))
    }

    /// Looks, with a lock that others who look may have at the same time, and a tunnel may not.
    fn is_taken(&self) -> bool {
        let file = File::options().read(true).open(&self.lock);
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The process and the server of the tunnel here, if one is up.
    pub(super) fn owner(&self) -> Option<(u32, String)> {
        if !self.is_taken() {
            return None;
        }
        let mut text = String::new();
        File::open(&self.process).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let (pid, server) = text.trim_end().split_once(' ')?;
        Some((pid.parse().ok()?, server.to_owned()))
    }

    /// The places of all tunnels that are up.
    pub(super) fn all() -> Result<Vec<Self>, Failure> {
        let dir = dir()?;
        let entries = fs::read_dir(&dir)
            .map_err(|error| Failure::new(Exit::NoFile, format!("cannot read {}: {error}", dir.display())))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut ids: Vec<_> =
            names.filter_map(|name| name.strip_suffix(".lock").map(str::to_owned)).collect();
        ids.sort();
        Ok(ids.iter().map(|id| Self::in_dir(&dir, id)).filter(|place| place.owner().is_some()).collect())
    }
}

/// The directory of all places, for this user alone.
fn dir() -> Result<PathBuf, Failure> {
    let dir = platform::runtime_dir().ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("set HOME")
    })?;
    platform::keep_to_oneself(&dir)
        .map_err(|error| Failure::new(Exit::NoFile, format!("cannot make {}: {error}", dir.display())))?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once_and_free_again() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::in_dir(dir.path(), "0a1b2c3d");
        assert_eq!(place.owner(), None);
        let taken = place.take("lic1").unwrap();
        assert_eq!(place.owner(), Some((std::process::id(), "lic1".into())));
        let failure = place.take("lic1").unwrap_err();
        assert_eq!(failure.exit, Exit::AlreadyUp);
        assert!(failure.message.contains(&std::process::id().to_string()), "{failure}");
        drop(taken);
        assert_eq!(place.owner(), None);
        place.take("lic1").unwrap();
    }

    #[test]
    fn whoever_looks_is_not_in_the_way_of_a_tunnel() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::in_dir(dir.path(), "0a1b2c3d");
        File::create(&place.lock).unwrap();
        let looks = File::open(&place.lock).unwrap();
        looks.try_lock_shared().unwrap();
        assert_eq!(place.owner(), None);
        thread::scope(|scope| {
            let taking = scope.spawn(|| place.take("lic1").map(drop));
            // Long enough for it to try.
            (0..10_000).for_each(|_| thread::yield_now());
            drop(looks);
            assert_eq!(taking.join().unwrap(), Ok(()));
        });
    }
}
