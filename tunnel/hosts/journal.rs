//! Writing in place, with a copy of before and of after kept until that is done, so that a cut power line tears nothing.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::fault::HostsFault;
use super::file::{Written, read};

/// The two copies; they are there only while the file is being written.
#[derive(Debug)]
pub(super) struct Journal {
    before: PathBuf,
    after: PathBuf,
}

impl Journal {
    /// The journal in this directory, after an interrupted change that it tells of was undone. To be called under
    /// the lock.
    pub(super) fn recovered(keep: &Path, path: &Path) -> Result<Self, HostsFault> {
        let journal = Self { before: keep.join("hosts.before"), after: keep.join("hosts.after") };
        // The second copy is made last and removed first: without it nothing had been begun.
        if journal.after.exists() {
            let (before, after, now) = (read(&journal.before)?, read(&journal.after)?, read(path)?);
            if is_torn(&before, &after, &now) {
                overwrite(path, &before).map_err(HostsFault::system("write", path))?;
            } else if now != before && now != after {
                return Err(HostsFault::Torn { path: path.into(), copy: journal.before });
            }
        }
        journal.clear()?;
        Ok(journal)
    }

    /// Writes `new` over the file, unless it does not hold `old` any more.
    pub(super) fn write_in_place(&self, path: &Path, old: &[u8], new: &[u8]) -> Result<Written, HostsFault> {
        // What cannot be written is not begun.
        let open = File::options().create(true).truncate(false).write(true).open(path);
        drop(open.map_err(HostsFault::system("write", path))?);
        for (copy, bytes) in [(&self.before, old), (&self.after, new)] {
            let made =
                File::create(copy).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
            made.map_err(HostsFault::system("write", copy))?;
        }
        if read(path)? != old {
            self.clear()?;
            return Ok(Written::Changed);
        }
        overwrite(path, new).map_err(HostsFault::system("write", path))?;
        self.clear()?;
        Ok(Written::Done)
    }

    fn clear(&self) -> Result<(), HostsFault> {
        [&self.after, &self.before].into_iter().try_for_each(|copy| match fs::remove_file(copy) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(HostsFault::system("remove", copy)),
        })
    }
}

fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Whether `now` is what stands in the file in the middle of writing `after` over `before`: it begins like the one and
/// goes on like the other.
fn is_torn(before: &[u8], after: &[u8], now: &[u8]) -> bool {
    let written = after.iter().zip(now).take_while(|(a, n)| a == n).count();
    let rest = |bytes: &[u8]| bytes.get(written..).unwrap_or_default().to_vec();
    now != before && now != after && rest(now) == rest(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_is_told_from_one_that_others_changed() {
        for (before, after) in [("abcdef", "XYabcdef"), ("XYabcdef", "abcdef"), ("", "abc"), ("abc", "")] {
            let (before, after) = (before.as_bytes(), after.as_bytes());
            for cut in 0..=after.len() {
                let rest = before.get(cut..).unwrap_or_default();
                let now = [&after[..cut], rest].concat();
                assert_eq!(is_torn(before, after, &now), now != before && now != after, "{now:?}");
            }
            for changed in ["abcdeF", "abcdef\nmore", "x", "XYabXdef"] {
                assert!(!is_torn(before, after, changed.as_bytes()), "{changed}");
            }
        }
    }
}
