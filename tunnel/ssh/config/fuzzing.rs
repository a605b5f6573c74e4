//! The pure parts of an evaluation on a made-up machine, where no file is opened and no command run.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::reader::{Files, Reading, read};
use super::testing::local;
use super::{COMMANDS, ConfigError, Request, build, dump, sources};
use crate::ssh::target::Target;

/// The files there are.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    /// The text of a file; `None` when there is no such file.
    pub read: &'a dyn Fn(&Path) -> Option<String>,
    /// The files that a pattern names.
    pub matching: &'a dyn Fn(&str) -> Vec<PathBuf>,
}

impl Files for Texts<'_> {
    fn read(&self, path: &Path, _guarded: bool) -> io::Result<Option<String>> {
        Ok((self.read)(path))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        Ok((self.matching)(pattern))
    }
}

/// What our own reader makes of these files, without the jump hosts, when every command of `Match exec` succeeds or none
/// does; and its remarks.
///
/// # Errors
/// Those of [`evaluate`](super::evaluate).
pub fn written(
    files: Texts<'_>,
    request: &Request,
    succeeds: bool,
) -> Result<(Target, Vec<String>), ConfigError> {
    let local = local();
    let mut answers = BTreeMap::new();
    for _ in 0..=COMMANDS {
        match read(request, &sources(request, &local), &local, &files, &answers)? {
            Reading::Done(settings, remarks) => {
                let built = build(&settings, request, &local).map_err(ConfigError::Value)?;
                return Ok((built.target, remarks));
            }
            Reading::Asks(command) => drop(answers.insert(command, succeeds)),
        }
    }
    Err(ConfigError::Value(format!("more than {COMMANDS} commands of Match exec")))
}

/// What `output`, printed by `ssh -G`, comes to, without the jump hosts.
///
/// # Errors
/// Those of [`evaluate`](super::evaluate).
pub fn printed(output: &str, request: &Request) -> Result<Target, ConfigError> {
    let settings = dump::parse(output).map_err(ConfigError::OpenSsh)?;
    Ok(build(&settings, request, &local()).map_err(ConfigError::Value)?.target)
}
