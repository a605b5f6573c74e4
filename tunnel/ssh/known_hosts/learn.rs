//! Writing a host's key down.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;
use tokio::time::{sleep, timeout};

use super::line::{Names, SALT};
use super::{Host, KnownHosts, LONGEST, Verdict, policy};
use crate::ssh::file;

/// How long another program may hold the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before the next look whether it is free.
const PAUSE: Duration = Duration::from_millis(20);

/// Why a key was not written down.
#[derive(Debug)]
pub enum LearnError {
    /// The file cannot be written.
    File(PathBuf, io::Error),
    /// Since it was read, another program has written another key for this host into the file.
    Changed(String),
}

impl fmt::Display for LearnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file, error) => write!(f, "cannot remember the key in {}: {error}", file.display()),
            Self::Changed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for LearnError {}

/// Appends one line for `host` to `file`, its name hashed if `hash` says so. The file and its directory are made where
/// they are missing, for the user alone. Waits while another lictunnel writes, for 5 s at most; looks once more before it writes
/// itself.
pub async fn learn(file: &Path, host: &Host, key: &KeyData, hash: bool) -> Result<(), LearnError> {
    let failed = |error| LearnError::File(file.to_owned(), error);
    let key_text =
        PublicKey::from(key.clone()).to_openssh().map_err(|error| failed(io::Error::other(error)))?;
    // Some characters would make the name (an alias, which may be anything) a pattern, even one for all hosts.
    let name = if hash || host.name().contains(|c: char| "*?!,|@#\"".contains(c) || c.is_whitespace()) {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|error| failed(io::Error::other(error)))?;
        Names::hashed_text(&salt, host.name())
    } else {
        host.name().to_owned()
    };
    let line = format!("{name} {}\n", key_text.trim_end());
    let mut opened = open(file).map_err(failed)?;
    // `/dev/null` is what many people name.
    if !opened.metadata().map_err(failed)?.is_file() {
        return Ok(());
    }
    lock(&opened).await.map_err(failed)?;
    let content = content(&mut opened).map_err(failed)?;
    let (now, _remarks) = KnownHosts::parse(file, &content);
    let verdict = now.judge_key(host, key);
    if matches!(verdict, Verdict::Known(_)) {
        return Ok(());
    }
    if let Some(why) = policy::refusal(&verdict, host, key) {
        return Err(LearnError::Changed(why));
    }
    let gap = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    opened.write_all(format!("{gap}{line}").as_bytes()).map_err(failed)
}

/// Takes the lock of the file. The thread serves all connections and must not wait in the system for it.
async fn lock(file: &File) -> io::Result<()> {
    let locked = async {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => sleep(PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    timeout(PATIENCE, locked).await.unwrap_or_else(|_| {
        let why = format!("another program has kept it locked for {} s", PATIENCE.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}

fn open(file: &Path) -> io::Result<File> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    file::open_with(&mut options, file)
}

fn content(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    Ok(String::from_utf8_lossy(&file::read(file, LONGEST)?).into_owned())
}
