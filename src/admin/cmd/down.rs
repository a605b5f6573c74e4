//! `licutil down`: stop a licence host.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use licgate::admin::Admin;
use licgate_core::wire::ServerStatus;
use licgate_machine::places;

use super::names::Called;
use crate::failure::{Failure, Kind, Manner};
use crate::out::Out;

/// Which licence host of this machine.
#[derive(Debug, Default, Args)]
pub(super) struct Socket {
    /// The state directory of the licence host; its default is that of `licmgrd` for the same user
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Its administrators' socket, where that lies elsewhere
    #[arg(long, value_name = "FILE", conflicts_with = "state_dir")]
    socket: Option<PathBuf>,
}

impl Socket {
    /// Connects to the master daemon.
    pub(super) fn connect(&self) -> Result<Admin, Failure> {
        let socket = match &self.socket {
            Some(socket) => socket.clone(),
            None => {
                let dir = self.state_dir.clone().or_else(places::state_dir);
                let dir = dir.ok_or_else(|| {
                    Failure::new(Kind::Usage, "there is no home directory to look for a licence host in")
                        .hint("say with --state-dir where its state is")
                })?;
                places::admin_socket(&dir)
            }
        };
        Ok(Admin::connect(&socket)?)
    }
}

/// Stop the licence host of this machine: its vendor daemons, then itself
///
/// On a terminal it asks first. Programs that hold seats keep running; most try for a while to get them back.
#[derive(Debug, Args)]
pub(super) struct Down {
    #[command(flatten)]
    socket: Socket,
    /// Do not ask
    #[arg(short, long, visible_alias = "yes", short_alias = 'y')]
    quiet: bool,
}

impl Down {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        let admin = self.socket.connect()?;
        let status = admin.status()?;
        if !self.quiet {
            confirm(called.manner, &status, out)?;
        }
        let lines = admin.down()?;
        match called.manner {
            Manner::Licgate => lines.iter().for_each(|line| out.line(line)),
            Manner::FlexNet => out.line("    1 FlexNet License Server shut down"),
        }
        Ok(())
    }
}

/// Asks whether this licence host is meant; fails when nobody says yes.
fn confirm(manner: Manner, status: &ServerStatus, out: &mut Out) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Kind::Usage,
            "nobody is here to be asked whether the licence host may stop",
        )
        .hint("say --yes"));
    }
    match manner {
        Manner::Licgate => {
            out.talk(&format!("{}@{} serves {}", status.port, status.host, vendors(status)));
            out.ask("Stop it? (y/n) ");
        }
        Manner::FlexNet => {
            out.line("   Port@Host            Vendors");
            out.line(&format!("1) {}@{} {} ", status.port, status.host, vendors(status)));
            out.line("");
            out.ask("Are you sure (y/n)?  ");
        }
    }
    if says_yes(&mut io::stdin().lock()) {
        return Ok(());
    }
    match manner {
        Manner::Licgate => out.talk("the licence host goes on"),
        Manner::FlexNet => out.line("No server selected, exiting"),
    }
    Err(Failure::said(Kind::No))
}

fn vendors(status: &ServerStatus) -> String {
    status.vendors.iter().map(|vendor| vendor.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether the next line is `y` or `yes`; the end of input is a no.
fn says_yes(input: &mut impl BufRead) -> bool {
    let mut line = String::new();
    let read = input.take(100).read_line(&mut line);
    read.is_ok() && ["y", "yes"].iter().any(|yes| line.trim().eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (text, expected) in [
            ("y\n", true),
            ("YES\n", true),
            (" y", true),
            ("", false),
            ("\n", false),
            ("no\n", false),
            ("yep\n", false),
        ] {
            assert_eq!(says_yes(&mut text.as_bytes()), expected, "{text:?}");
        }
    }
}
