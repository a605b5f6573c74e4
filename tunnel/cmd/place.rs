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
    /// The place of the tunnel to this server, or that of one to come.
    pub(super) fn of(server: &str) -> Result<Self, Failure> {
        Self::among(&dirs()?, server)
    }

    fn among(dirs: &[PathBuf], server: &str) -> Result<Self, Failure> {
        let id = OwnerId::of(server).to_string();
        let places = || dirs.iter().map(|dir| Self::in_dir(dir, &id));
        let place = places().find(|place| place.is_taken()).or_else(|| places().next());
        place.ok_or_else(nowhere)
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
        Self::all_among(&dirs()?)
    }

    fn all_among(dirs: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        Ok(dirs.iter().map(|dir| Self::all_in(dir)).collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn all_in(dir: &Path) -> Result<Vec<Self>, Failure> {
        let entries = fs::read_dir(dir)
            .map_err(|error| Failure::new(Exit::NoFile, format!("cannot read {}: {error}", dir.display())))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut ids: Vec<_> =
            names.filter_map(|name| name.strip_suffix(".lock").map(str::to_owned)).collect();
        ids.sort();
        Ok(ids.iter().map(|id| Self::in_dir(dir, id)).filter(|place| place.owner().is_some()).collect())
    }
}

/// The directories of places, for this user alone: that of new ones first, then the one that a tunnel has which was started without a
/// session, as services of the system are.
fn dirs() -> Result<Vec<PathBuf>, Failure> {
    dirs_of(platform::runtime_dir(), platform::state_dir())
}

fn dirs_of(session: Option<PathBuf>, without: Option<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let dir = session.ok_or_else(nowhere)?;
    platform::keep_to_oneself(&dir)
        .map_err(|error| Failure::new(Exit::NoFile, format!("cannot make {}: {error}", dir.display())))?;
    // Nothing is made there only to look, and nothing believed that somebody else may have put there.
    let is_other =
        |other: &PathBuf| *other != dir && other.is_dir() && platform::keep_to_oneself(other).is_ok();
    let other = without.filter(is_other);
    Ok([dir].into_iter().chain(other).collect())
}

fn nowhere() -> Failure {
    Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("set HOME")
}

#[cfg(test)]
mod tests {
    use std::slice;

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
    fn a_tunnel_that_was_started_without_a_session_is_found_from_within_one() {
        let home = tempfile::tempdir().unwrap();
        let (session, state) = (home.path().join("run"), home.path().join("state"));
        let dirs = || dirs_of(Some(session.clone()), Some(state.clone())).unwrap();
        assert_eq!(dirs(), *slice::from_ref(&session), "it is not made");
        fs::create_dir(&state).unwrap();
        assert_eq!(dirs(), [session.clone(), state.clone()]);
        assert_eq!(dirs_of(Some(state.clone()), Some(state.clone())).unwrap(), *slice::from_ref(&state));
        assert_eq!(dirs_of(None, Some(state.clone())).unwrap_err().exit, Exit::NoFile);
        let taken = |place: Place| (place.lock.parent().unwrap().to_owned(), place.owner().is_some());
        assert_eq!(taken(Place::among(&dirs(), "lic1").unwrap()), (session.clone(), false));
        let _service = Place::among(slice::from_ref(&state), "lic1").unwrap().take("lic1").unwrap();
        let _own = Place::among(&dirs(), "lic2").unwrap().take("lic2").unwrap();
        assert_eq!(taken(Place::among(&dirs(), "lic1").unwrap()), (state.clone(), true));
        let all: Vec<_> = Place::all_among(&dirs()).unwrap().into_iter().map(taken).collect();
        assert_eq!(all, [(session, true), (state, true)]);
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
