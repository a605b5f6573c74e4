//! systemd: a unit of the user's own session, or one of the system that runs as root.

use super::plan::{Service, Step, file, origin};

/// The unit that people copy by hand; this is where its text is.
pub(super) const UNIT: &str = include_str!("../../../config/systemd/lictunnel@.service");
/// How it starts a tunnel.
pub(super) const START: &str = "ExecStart=%h/.local/bin/lictunnel up %i\n";
/// When it starts, for a user.
pub(super) const FOR_USER: &str = "WantedBy=default.target\n";
/// The head of its first section.
pub(super) const HEAD: &str = "[Unit]\n";

/// Writes the unit, and starts it now and at every login or boot.
pub(super) fn install(service: &Service) -> Vec<Step> {
    let name = name(service);
    vec![
        Step::Write(file(service, &name), unit(service)),
        Step::Run(command(service, &["daemon-reload"])),
        Step::Run(command(service, &["enable", &name])),
        Step::Run(command(service, &["restart", &name])),
    ]
}

/// Stops it and removes its unit.
pub(super) fn remove(service: &Service) -> Vec<Step> {
    let name = name(service);
    vec![
        Step::Try(command(service, &["disable", "--now", &name])),
        Step::Delete(file(service, &name)),
        Step::Run(command(service, &["daemon-reload"])),
        Step::Try(command(service, &["reset-failed", &name])),
    ]
}

/// An instance of its own file, so that each server can have its own program and configuration.
fn name(service: &Service) -> String {
    format!("lictunnel@{}.service", service.server)
}

/// `systemctl` for this kind of service.
pub(super) fn command(service: &Service, words: &[&str]) -> Vec<String> {
    let user = if service.is_system { None } else { Some("--user") };
    ["systemctl"].into_iter().chain(user).chain(words.iter().copied()).map(str::to_owned).collect()
}

/// What shows its log.
pub(super) fn journal(service: &Service) -> String {
    let user = if service.is_system { "" } else { "--user " };
    format!("journalctl {user}-e -u {}", name(service))
}

fn unit(service: &Service) -> String {
    let body = UNIT.find(HEAD).and_then(|at| UNIT.get(at..)).unwrap_or(UNIT);
    let config =
        service.config.as_ref().map(|path| format!(" --config {}", quoted(path))).unwrap_or_default();
    let start = format!("ExecStart={}{config} up %i\n", quoted(&service.program));
    let mut unit = format!("# {}\n\n{}", origin(service), body.replace(START, &start));
    if service.is_system {
        let late = format!("{HEAD}Wants=network-online.target\nAfter=network-online.target\n");
        unit = unit.replace(FOR_USER, "WantedBy=multi-user.target\n").replace(HEAD, &late);
    }
    unit
}

/// A word of a command line as systemd reads it: quotes, specifiers and variables mean nothing in it.
fn quoted(word: &str) -> String {
    let mut text = String::from('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '%' | '$' => text.extend([c, c]),
            _ => text.push(c),
        }
    }
    text + "\""
}
