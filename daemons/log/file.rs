//! A log file that an options file names: opened with care, and put aside when it has grown large.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use licgate_core::time::Civil;
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

/// What an administrator names who wants no log.
const NOWHERE: &str = "/dev/null";

/// A file that is only ever appended to.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    most: Option<u64>,
}

impl LogFile {
    /// Opens or makes the file, which its owner may write and its group read. With `most`, it is put aside before it is
    /// larger than so many bytes.
    ///
    /// # Errors
    /// What the system says; and what is a symbolic link, no file, a file with several names, or, where the daemon is root,
    /// somebody else's: the directory may belong to others, who could lead the daemon to a file that they may not write.
    pub fn open(path: &Path, most: Option<u32>) -> io::Result<Self> {
        let file = open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, most: most.map(u64::from) })
    }

    /// Throws away what is there.
    pub fn empty(&mut self) -> io::Result<()> {
        if self.path == Path::new(NOWHERE) {
            return Ok(());
        }
        self.size = 0;
        self.file.set_len(0)
    }

    /// Appends a line, `now`. A file that cannot be put aside, because there is one of that name already or the directory is
    /// not writable, grows on until it can.
    pub fn append(&mut self, line: &[u8], now: Civil) -> io::Result<()> {
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let is_full = self.most.is_some_and(|most| self.size.saturating_add(added) > most);
        if is_full && self.size > 0 && self.path != Path::new(NOWHERE) {
            self.put_aside(now).unwrap_or_default();
        }
        self.file.write_all(line)?;
        self.size = self.size.saturating_add(added);
        Ok(())
    }

    /// Gives the file a name with the time, and begins a new one.
    fn put_aside(&mut self, now: Civil) -> io::Result<()> {
        let Civil { date, hour, minute, second } = now;
        let mut name = self.path.clone().into_os_string();
        name.push(format!(
            ".{:04}{:02}{:02}-{hour:02}{minute:02}{second:02}",
            date.year(),
            date.month(),
            date.day()
        ));
        renameat_with(CWD, &self.path, CWD, &name, RenameFlags::NOREPLACE)?;
        self.file = open(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let refused = |why: &str| Err(io::Error::new(ErrorKind::InvalidInput, why.to_owned()));
    if path != Path::new(NOWHERE) && fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink()) {
        return refused("it is a symbolic link; name the file itself");
    }
    // Links that somebody makes in this moment are not followed, and pipes not waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().append(true).create(true).mode(0o640).custom_flags(flags).open(path)?;
    let found = file.metadata()?;
    if path == Path::new(NOWHERE) {
        return Ok(file);
    }
    if !found.is_file() {
        return refused("it is no file, but a pipe or a device");
    }
    if found.nlink() != 1 {
        return refused("it has other names as well (hard links); name a file of its own");
    }
    if rustix::process::geteuid().is_root() && found.uid() != 0 {
        return refused("it belongs to somebody else, and this daemon runs as root; name another file");
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::time::Date;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use tempfile::TempDir;

    fn at(second: u8) -> Civil {
        Civil { date: Date::new(2031, 3, 9).unwrap(), hour: 7, minute: 5, second }
    }

    #[test]
    fn a_file_that_would_be_too_large_is_put_aside() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("acme.log");
        fs::write(&path, "old\n").unwrap();
        let mut log = LogFile::open(&path, Some(8)).unwrap();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names
        };
        log.append(b"one\n", at(1)).unwrap();
        assert_eq!(names(), ["acme.log"]);
        log.append(b"two\n", at(2)).unwrap();
        assert_eq!(names(), ["acme.log", "acme.log.20310309-070502"]);
        assert_eq!(fs::read_to_string(folder.path().join("acme.log.20310309-070502")).unwrap(), "old\none\n");
        // Twice in a second: nothing that was put aside is lost.
        log.append(b"three\n", at(2)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\nthree\n");
        log.append(b"a line longer than a file\n", at(3)).unwrap();
        log.append(b"four\n", at(4)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "four\n");
        assert_eq!(names().len(), 4);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777 & !0o640, 0);
        log.empty().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn nobody_is_led_to_the_files_of_others() {
        let folder = TempDir::new().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::write(place("secret"), "keep\n").unwrap();
        symlink(place("secret"), place("link")).unwrap();
        symlink(place("not there"), place("dangling")).unwrap();
        fs::write(place("two"), "").unwrap();
        fs::hard_link(place("two"), place("names")).unwrap();
        rustix::fs::mkfifoat(CWD, place("pipe"), rustix::fs::Mode::RWXU).unwrap();
        let rows = [
            ("link", "symbolic link"),
            ("dangling", "symbolic link"),
            ("names", "hard links"),
            ("pipe", ""),
            ("", ""),
            ("no/such", ""),
        ];
        for (name, words) in rows {
            let error = LogFile::open(&place(name), None).unwrap_err().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
        assert_eq!(fs::read_to_string(place("secret")).unwrap(), "keep\n");
        let mut nowhere = LogFile::open(Path::new(NOWHERE), Some(1)).unwrap();
        nowhere.empty().unwrap();
        nowhere.append(b"line\n", at(0)).unwrap();
    }
}
