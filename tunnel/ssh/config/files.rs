//! The configuration files of this machine.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::reader::Files;
use crate::ssh::file::{self, others_may_write};

/// How much of a file is read, in bytes. No sane configuration comes near.
const LONGEST: u64 = 1 << 20;
/// How many files one pattern may name.
const MATCHES: usize = 1_000;

/// The file system.
pub(super) struct SystemFiles;

impl Files for SystemFiles {
    fn read(&self, path: &Path, guarded: bool) -> io::Result<Option<String>> {
        let file = match file::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if guarded {
            refuse_writable(&file)?;
        }
        Ok(Some(String::from_utf8_lossy(&file::read(&file, LONGEST)?).into_owned()))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let found = glob::glob_with(pattern, options).map_err(|error| format!("{pattern:?}: {error}"))?;
        // Directories that cannot be read hold nothing for us, as for ssh.
        let found: Vec<PathBuf> = found.filter_map(Result::ok).take(MATCHES + 1).collect();
        if found.len() > MATCHES {
            Err(format!("{pattern:?} names more than {MATCHES} files"))
        } else {
            Ok(found)
        }
    }
}

/// Whoever may write this file may run commands as the user.
fn refuse_writable(file: &File) -> io::Result<()> {
    if !others_may_write(file)? {
        return Ok(());
    }
    Err(io::Error::other(
        "others may write it, so ssh does not trust it; chown it to yourself and chmod go-w it",
    ))
}
