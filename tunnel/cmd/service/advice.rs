//! What is left to a person when a service is installed, as it cannot ask for anything.

use std::path::{Path, PathBuf};

use super::plan::{Manager, Service};
use crate::hosts::lend::SUBCOMMAND;
use crate::platform;

/// What was seen of this machine.
#[derive(Debug)]
pub(super) struct Facts {
    /// Whether the names can be led here without a question.
    pub(super) names: Names,
    /// Whether the user's services run without the user (systemd).
    pub(super) lingers: bool,
}

/// Whether the hosts file can be changed without a question.
#[derive(Debug)]
pub(super) enum Names {
    /// It can, or whoever lends the right asks in a window.
    Fine,
    /// It cannot.
    Locked {
        /// The program that could lend the right.
        lender: Option<PathBuf>,
        /// Whether root alone can change this program: no other may be lent rights without a question.
        is_guarded: bool,
    },
}

/// What was done, and what to do.
pub(super) fn advice(manager: Manager, service: &Service, facts: &Facts) -> String {
    let (server, flag) = (&service.server, if service.is_system { "--system " } else { "" });
    let mut lines = vec![format!("the tunnel to {server} is a service now; `lictunnel status` shows it")];
    lines.push(format!("  `lictunnel service remove {flag}{server}` ends and removes it"));
    match manager {
        Manager::Systemd if !service.is_system && !facts.lingers => {
            lines.push("it runs while you are logged in; from the start of the machine on it runs after:".to_owned());
            lines.push("  loginctl enable-linger".to_owned());
        }
        Manager::Scheduler => lines.push(
            "it starts when you log on and when a network is connected; its status is seen in a terminal of the administrator"
                .to_owned(),
        ),
        Manager::Systemd | Manager::Launchd => {}
    }
    if let Names::Locked { lender, is_guarded } = &facts.names {
        lines.extend(names(service, lender.as_deref(), *is_guarded));
    }
    lines.join("\n") + "\n"
}

/// The ways to have the names without a question.
fn names(service: &Service, lender: Option<&Path>, is_guarded: bool) -> Vec<String> {
    let Service { server, program, account, .. } = service;
    let path = platform::hosts_path();
    let mut lines =
        vec![format!("a service cannot ask for the right to change {}; one of these helps:", path.display())];
    let rule = match lender {
        Some(lender) if lender.ends_with("sudo") => {
            // launchd knows users by their number.
            let number = if account.chars().all(|c| c.is_ascii_digit()) { "#" } else { "" };
            let (account, program) = (number.to_owned() + &sudoers(account), sudoers(program));
            Some((
                "visudo -f /etc/sudoers.d/lictunnel",
                format!("{account} ALL=(root) NOPASSWD: {program} {SUBCOMMAND}"),
            ))
        }
        Some(lender) if lender.ends_with("doas") => Some((
            "/etc/doas.conf",
            format!("permit nopass {account} as root cmd {program} args {SUBCOMMAND}"),
        )),
        _ => None,
    };
    if let Some((place, rule)) = rule {
        if is_guarded {
            lines.push(format!("- lend it for this one step, with a line in `{place}`:\n    {rule}"));
        } else {
            lines.push(format!(
                "- have the administrator copy {program} to /usr/local/bin, so that you cannot change what runs as root, \
                 and install the service with that program; this shows the rule which then lends the right"
            ));
        }
    }
    lines.push(format!(
        "- have root run it, with root's ssh keys:\n    lictunnel service install --system {server}"
    ));
    lines.push(format!("- add the line for good:\n    lictunnel print hosts {server}"));
    lines
}

/// A word as sudoers holds it.
fn sudoers(word: &str) -> String {
    word.chars().flat_map(|c| [Some('\\').filter(|_| " ,:=\\".contains(c)), Some(c)]).flatten().collect()
}
