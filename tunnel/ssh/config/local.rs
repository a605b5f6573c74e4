//! What the evaluation has to know of this machine and user.

use std::path::{Path, PathBuf};

/// Facts of this machine, taken once; tests hand in their own.
#[derive(Debug, Clone)]
pub(super) struct Local {
    /// The account that runs this program (`%u`, `Match localuser`).
    pub(super) user: String,
    /// Its number (`%i`); empty where accounts have none.
    pub(super) uid: String,
    /// Its home (`~`, `%d`): on Unix that of the user database, as for ssh, not `$HOME`.
    pub(super) home: PathBuf,
    /// The name of this machine (`%l`; `%L` is its first part).
    pub(super) host: String,
    /// Where relative paths begin.
    pub(super) directory: PathBuf,
    /// The environment (`${NAME}`).
    pub(super) variable: fn(&str) -> Option<String>,
    /// The home of another account (`~name`).
    pub(super) home_of: fn(&str) -> Option<PathBuf>,
}

impl Local {
    /// The facts of this machine; `None` when it does not tell where the user's home is.
    pub(super) fn measure() -> Option<Self> {
        let holder = licgate_machine::facts::holder();
        let (user, uid, home) = account(holder.user)?;
        let directory = std::env::current_dir().unwrap_or_else(|_| home.clone());
        let variable = |name: &str| std::env::var(name).ok();
        Some(Self { user, uid, home, host: holder.host, directory, variable, home_of })
    }

    /// The user's own directory of ssh.
    pub(super) fn user_dir(&self) -> PathBuf {
        self.home.join(".ssh")
    }

    /// The machine's directory of ssh.
    pub(super) fn system_dir(&self) -> PathBuf {
        if cfg!(windows) { self.program_data().join("ssh") } else { PathBuf::from("/etc/ssh") }
    }

    /// `%ProgramData%` of Windows.
    pub(super) fn program_data(&self) -> PathBuf {
        (self.variable)("ProgramData").map_or_else(|| Path::new(r"C:\ProgramData").to_owned(), PathBuf::from)
    }
}

#[cfg(unix)]
fn account(fallback: String) -> Option<(String, String, PathBuf)> {
    let uid = nix::unistd::Uid::current();
    let known = nix::unistd::User::from_uid(uid).ok().flatten();
    let (user, home) = match known {
        Some(user) => (user.name, user.dir),
        None => (fallback, PathBuf::from(std::env::var_os("HOME")?)),
    };
    Some((user, uid.to_string(), home))
}

#[cfg(not(unix))]
fn account(name: String) -> Option<(String, String, PathBuf)> {
    let home = std::env::var_os("USERPROFILE").or_else(|| std::env::var_os("HOME"))?;
    Some((name, String::new(), PathBuf::from(home)))
}

#[cfg(unix)]
fn home_of(name: &str) -> Option<PathBuf> {
    nix::unistd::User::from_name(name).ok().flatten().map(|user| user.dir)
}

#[cfg(not(unix))]
fn home_of(_name: &str) -> Option<PathBuf> {
    None
}
