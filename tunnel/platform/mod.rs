//! What differs between Linux, macOS and Windows: places, privilege, loopback addresses, processes, ports.
//!
//! Each system has a room with the same names in it. The rooms read files and run commands and nothing else, so that
//! all of them build, and their parsers are tested, on every system; this module shows the one of this system.
//!
//! That the whole program builds for the other systems, `cargo check -p lictunnel --target x86_64-pc-windows-gnu` shows, with
//! MinGW's C compiler, and `--target aarch64-apple-darwin`, for which any C compiler will do, as nothing is linked.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

pub mod linux;
pub mod macos;
pub mod windows;

#[cfg(not(any(target_os = "macos", windows)))]
use linux as here;
#[cfg(target_os = "macos")]
use macos as here;
#[cfg(windows)]
use windows as here;

pub use here::{
    boot_id, config_dir, dropping_alias, flushing, giving_alias, hosts_keep, hosts_path, lenders, port_owner,
    process_start, runtime_dir, state_dir,
};

/// Between two looks at a command that runs.
const PAUSE: Duration = Duration::from_millis(10);

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Its process id.
    pub pid: u32,
    /// The name of its program; empty where that may not be seen.
    pub program: String,
}

impl std::fmt::Display for PortOwner {
    /// `lmgrd (process 4711)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.program.as_str() {
            "" => write!(f, "process {}", self.pid),
            program => write!(f, "{program} (process {})", self.pid),
        }
    }
}

/// A command of the system that changes or asks something. Nothing in it comes from a user unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemCommand {
    /// The program, found by `PATH` or named in full.
    pub program: &'static str,
    /// Its arguments.
    pub args: Vec<String>,
}

impl SystemCommand {
    fn new(program: &'static str, args: &[&str]) -> Self {
        Self { program, args: args.iter().map(ToString::to_string).collect() }
    }

    /// Runs it with nothing to read and nobody to hear it; whether it said in time that it went well. One that takes
    /// longer is ended.
    pub fn succeeds_within(&self, limit: Duration) -> bool {
        let Ok(mut child) = self.silent().stdout(Stdio::null()).spawn() else { return false };
        for _ in 0..limit.as_millis() / PAUSE.as_millis() {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => thread::sleep(PAUSE),
                Err(_) => return false,
            }
        }
        // It may have ended by itself meanwhile.
        drop(child.kill());
        drop(child.wait());
        false
    }

    /// What it printed; `None` when it could not be run or went wrong.
    fn output(&self) -> Option<String> {
        let output = self.silent().output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn silent(&self) -> Command {
        let mut command = Command::new(self.program);
        // Run as root on behalf of somebody else, it must not find that person's programs.
        #[cfg(unix)]
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin");
        // What is said of times must be the same on both sides of a border: it tells processes apart.
        command.env("LC_ALL", "C").env("TZ", "UTC0");
        command.args(&self.args).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl std::fmt::Display for SystemCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

/// Makes a directory that is of no use to anybody else: who can open a lock can hold it, who can put a link there chooses what is
/// written, and what lies there would be believed. One that is a link or belongs to somebody else is refused.
pub fn keep_to_oneself(dir: &Path) -> io::Result<()> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let found = fs::symlink_metadata(dir)?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            let why =
                "it is a link or belongs to somebody else, and what lies there would be believed: remove it";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// The program in `PATH`, if there is one.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|program| program.is_absolute() && program.is_file())
}

/// A directory that a variable names. Relative paths are ignored, as the XDG specification has it, and an empty
/// variable counts as unset.
fn dir_from(variable: Option<OsString>) -> Option<PathBuf> {
    variable.map(PathBuf::from).filter(|path| path.is_absolute())
}

/// A directory below the user's home.
fn below_home(path: impl AsRef<Path>) -> Option<PathBuf> {
    dir_from(env::home_dir().map(PathBuf::into_os_string)).map(|home| home.join(path))
}

/// A word for the marker of a hosts line: what a system calls a moment or a boot, without what the marker cannot hold.
fn word(text: &str) -> Option<String> {
    let kept = |c: char| if c.is_ascii_alphanumeric() || c == ':' { c } else { '-' };
    let word: String = text.trim().chars().take(40).map(kept).collect();
    (!word.is_empty()).then_some(word)
}
