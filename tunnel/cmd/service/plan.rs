//! What a service is, and what has to be done to install or remove one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{launchd, scheduler, systemd};
use crate::failure::{Exit, Failure};

/// A tunnel to be kept up.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// The server or its profile; see [`check_name`].
    pub(super) server: String,
    /// This program.
    pub(super) program: String,
    /// The configuration file, where it is not at its usual place.
    pub(super) config: Option<String>,
    /// Whether the system runs it, as root, and not the user's own session.
    pub(super) is_system: bool,
    /// The user's account, as the system's manager of services calls it.
    pub(super) account: String,
    /// Where the manager looks for its files.
    pub(super) folder: PathBuf,
    /// Where the log goes, if the manager keeps none itself.
    pub(super) logs: PathBuf,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Write a file in UTF-8; directories that are missing are made.
    Write(PathBuf, String),
    /// The same in UTF-16 with a mark at its start, as Windows wants it.
    WriteWide(PathBuf, String),
    /// Remove a file, if it is there.
    Delete(PathBuf),
    /// Run a command that has to go well.
    Run(Vec<String>),
    /// Run a command that fails where there is nothing to do.
    Try(Vec<String>),
}

impl Step {
    pub(super) fn run(words: &[&str]) -> Self {
        Self::Run(words.iter().map(ToString::to_string).collect())
    }

    pub(super) fn attempt(words: &[&str]) -> Self {
        Self::Try(words.iter().map(ToString::to_string).collect())
    }
}

/// What of the system runs services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// Linux.
    Systemd,
    /// macOS.
    Launchd,
    /// The task scheduler of Windows. A service proper would run as another account, without the user's keys.
    Scheduler,
}

impl Manager {
    /// That of this system.
    pub(super) const HERE: Self = if cfg!(target_os = "macos") {
        Self::Launchd
    } else if cfg!(windows) {
        Self::Scheduler
    } else {
        Self::Systemd
    };

    /// The steps that install a service and start it, anew if it runs.
    pub(super) fn install(self, service: &Service) -> Vec<Step> {
        match self {
            Self::Systemd => systemd::install(service),
            Self::Launchd => launchd::install(service),
            Self::Scheduler => scheduler::install(service),
        }
    }

    /// The steps that end it and remove it.
    pub(super) fn remove(self, service: &Service) -> Vec<Step> {
        match self {
            Self::Systemd => systemd::remove(service),
            Self::Launchd => launchd::remove(service),
            Self::Scheduler => scheduler::remove(service),
        }
    }

    /// A command that goes well if the manager is there and can be talked to.
    pub(super) fn greeting(self, service: &Service) -> Vec<String> {
        match self {
            Self::Systemd => systemd::command(service, &["show-environment"]),
            Self::Launchd => vec!["launchctl".into(), "print".into(), launchd::domain(service)],
            Self::Scheduler => vec!["schtasks.exe".into(), "/Query".into()],
        }
    }

    /// How to see what became of it.
    pub(super) fn log(self, service: &Service) -> String {
        match self {
            Self::Systemd => format!("see `{}`", systemd::journal(service)),
            Self::Launchd => format!("see {}", launchd::log(service).display()),
            Self::Scheduler => format!("see what `lictunnel up {}` says", service.server),
        }
    }
}

/// Checks that a service can be named after a server: letters, digits and `. _ - @` go with every system, and need no quotes.
pub(super) fn check_name(server: &str) -> Result<(), Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if server.chars().all(is_plain) && server.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let failure = Failure::new(Exit::BadConfig, format!("a service cannot be named after {server:?}"));
    Err(failure
        .with_hint(format!("give it a plain name in lictunnel.toml: [server.lic1] with ssh = {server:?}")))
}

/// The steps for people.
pub(super) fn text(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        // Writing into a text does not fail.
        let _ = match step {
            Step::Write(path, content) | Step::WriteWide(path, content) => {
                writeln!(text, "write {}:\n{}", path.display(), indented(content))
            }
            Step::Delete(path) => writeln!(text, "remove {}", path.display()),
            Step::Run(words) => writeln!(text, "run {}", words.join(" ")),
            Step::Try(words) => writeln!(text, "run {} (which may fail)", words.join(" ")),
        };
    }
    text
}

fn indented(content: &str) -> String {
    content.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}

/// The text that opens a file which a person may find.
pub(super) fn origin(service: &Service) -> String {
    let flag = if service.is_system { "--system " } else { "" };
    format!("Written by `lictunnel service install {flag}{}`.", service.server)
}

/// A file in the manager's folder.
pub(super) fn file(service: &Service, name: &str) -> PathBuf {
    Path::new(&service.folder).join(name)
}
