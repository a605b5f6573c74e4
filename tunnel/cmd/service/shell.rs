//! What is on this machine, and the steps done one by one.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::plan::{Manager, Service, Step, check_name};
use crate::engine::program;
use crate::failure::{Exit, Failure};
use crate::ssh::target::Agent;

/// The service for this server on this machine.
pub(super) fn service(server: &str, is_system: bool, config: Option<&Path>) -> Result<Service, Failure> {
    check_name(server)?;
    if is_system && cfg!(windows) {
        let failure = Failure::new(Exit::Usage, "there is no --system on Windows");
        return Err(failure.with_hint("the system's own account has none of your keys; leave the flag out"));
    }
    let config =
        config.map(|path| std::path::absolute(path).map_err(|error| unusable(path, &error))).transpose()?;
    let no_folder =
        || Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("set HOME");
    let (folder, logs) = folders(is_system).ok_or_else(no_folder)?;
    Ok(Service {
        server: server.to_owned(),
        program: utf8(&program()?)?,
        config: config.as_deref().map(utf8).transpose()?,
        is_system,
        account: account(),
        folder,
        logs,
    })
}

/// Checks that we may do what a service of the system takes.
pub(super) fn check_rights(service: &Service) -> Result<(), Failure> {
    if !service.is_system || is_root() {
        return Ok(());
    }
    let failure = Failure::new(Exit::NotAllowed, "root alone installs and removes services of the system");
    Err(failure.with_hint("use sudo; or leave --system out, for a service of your own"))
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn utf8(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.map(str::to_owned).ok_or_else(|| unusable(path, &"its name is not plain text"))
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::NoFile, format!("a service cannot use {}: {why}", path.display()))
}

/// Where the manager looks for its files, and where logs go.
#[cfg(target_os = "macos")]
fn folders(is_system: bool) -> Option<(PathBuf, PathBuf)> {
    if is_system {
        return Some(("/Library/LaunchDaemons".into(), "/Library/Logs".into()));
    }
    let library = std::env::home_dir()?.join("Library");
    Some((library.join("LaunchAgents"), library.join("Logs")))
}

/// Where the manager looks for its files, and where logs go.
#[cfg(not(target_os = "macos"))]
fn folders(is_system: bool) -> Option<(PathBuf, PathBuf)> {
    use crate::platform;
    let state = platform::state_dir()?;
    let folder = match (cfg!(windows), is_system) {
        (true, _) => state.clone(),
        (false, true) => "/etc/systemd/system".into(),
        (false, false) => platform::config_dir()?.parent()?.join("systemd/user"),
    };
    Some((folder, state))
}

/// The user as the manager calls it.
#[cfg(unix)]
fn account() -> String {
    let id = nix::unistd::geteuid();
    let name = nix::unistd::User::from_uid(id).ok().flatten().map(|user| user.name);
    name.filter(|_| Manager::HERE != Manager::Launchd).unwrap_or_else(|| id.to_string())
}

/// The user as the manager calls it.
#[cfg(not(unix))]
fn account() -> String {
    let variable = |name| std::env::var(name).unwrap_or_default();
    format!(r"{}\{}", variable("USERDOMAIN"), variable("USERNAME"))
}

/// The agent that the service will see. Nothing is done where there is no manager that could be told anything.
pub(super) fn agent_of(manager: Manager, service: &Service) -> Result<Agent, Failure> {
    let words = manager.greeting(service);
    let [first, rest @ ..] = words.as_slice() else { return Ok(Agent::Default) };
    let told = Command::new(first).args(rest).stdin(Stdio::null()).output();
    let hint = format!(
        "without it start `lictunnel up -d {}` in a script that runs when you log in, or in `crontab -e` after @reboot",
        service.server
    );
    let failed = |why: String| {
        Failure::new(Exit::No, format!("`{}` does not work: {why}", words.join(" "))).with_hint(hint)
    };
    match told {
        Err(error) => Err(failed(error.to_string())),
        Ok(told) if !told.status.success() => {
            Err(failed(String::from_utf8_lossy(&told.stderr).trim().to_owned()))
        }
        Ok(told) if manager == Manager::Systemd => Ok(agent_in(&String::from_utf8_lossy(&told.stdout))),
        Ok(_) => Ok(Agent::Default),
    }
}

/// The agent in the environment that `systemctl show-environment` prints.
fn agent_in(environment: &str) -> Agent {
    let socket = environment.lines().find_map(|line| line.strip_prefix("SSH_AUTH_SOCK="));
    socket.filter(|path| !path.is_empty()).map_or(Agent::Off, |path| Agent::At(path.into()))
}

/// Does the steps, and says each. `log`: how to see what went wrong with a command.
pub(super) fn perform(steps: &[Step], log: &str) -> Result<(), Failure> {
    steps.iter().try_for_each(|step| {
        let failed = |what: &str, path: &Path, error: io::Error| {
            Failure::new(Exit::NoFile, format!("cannot {what} {}: {error}", path.display()))
        };
        match step {
            Step::Write(path, text) => {
                write(path, text.as_bytes()).map_err(|error| failed("write", path, error))?;
                say(&format!("wrote {}", path.display()));
            }
            Step::WriteWide(path, text) => {
                let wide: Vec<u8> =
                    ["\u{feff}", text].concat().encode_utf16().flat_map(u16::to_le_bytes).collect();
                write(path, &wide).map_err(|error| failed("write", path, error))?;
            }
            Step::Delete(path) => match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("remove", path, error));
                }
                Err(_) => {}
                Ok(()) => say(&format!("removed {}", path.display())),
            },
            Step::Run(words) => run(words).map_err(|why| {
                Failure::new(Exit::No, format!("`{}` failed: {why}", words.join(" "))).with_hint(log)
            })?,
            Step::Try(words) => {
                if let Err(why) = run(words) {
                    tracing::debug!(command = words.join(" "), why);
                }
            }
        }
        Ok(())
    })
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, content)
}

fn run(words: &[String]) -> Result<(), String> {
    let [first, rest @ ..] = words else { return Ok(()) };
    let ended =
        Command::new(first).args(rest).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if ended.status.success() {
        say(&format!("ran {}", words.join(" ")));
        return Ok(());
    }
    Err(format!("{}: {}", ended.status, String::from_utf8_lossy(&ended.stderr).trim()))
}

fn say(line: &str) {
    // Nobody to read it is no failure.
    drop(writeln!(io::stderr(), "{line}"));
}
