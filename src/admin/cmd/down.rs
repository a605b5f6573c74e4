//! `licutil down`: stop a licence host.

use std::io::{self, BufRead, IsTerminal, Read};

use clap::Args;
use licgate_core::wire::ServerStatus;

use super::local::Socket;
use super::names::Called;
use crate::failure::{Failure, Kind, Manner};
use crate::out::Out;

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
    /// FlexNet's flag for one vendor daemon alone, which would not stay stopped
    #[arg(long, value_name = "NAME", hide = true)]
    vendor: Option<String>,
}

impl Down {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        if let Some(vendor) = &self.vendor {
            return Err(one_vendor(vendor));
        }
        let mut admin = self.socket.connect(out)?;
        if !self.quiet {
            let status = admin.status();
            let is_silent = status.is_err();
            confirm(called.manner, status.map_err(Failure::from), out)?;
            if is_silent {
                // What was said on the old connection may be answered late.
                admin = self.socket.connect_again()?;
            }
        }
        let lines = admin.down()?;
        match called.manner {
            Manner::Licgate => lines.iter().for_each(|line| out.line(line)),
            Manner::FlexNet => out.line("    1 FlexNet License Server shut down"),
        }
        Ok(())
    }
}

/// Whoever wants one vendor's daemon down must not lose those of all others.
fn one_vendor(vendor: &str) -> Failure {
    let message = format!("the daemon of '{vendor}' does not stop alone: this stops the whole licence host");
    Failure::new(Kind::Usage, message)
        .hint(format!("take the lines of '{vendor}' out of the licence files and say `licutil reread`"))
        .hint("or leave out --vendor, and all vendor daemons stop")
}

/// Asks whether this licence host is meant; fails when nobody says yes. One that does not say what it serves can be stopped,
/// too.
fn confirm(manner: Manner, status: Result<ServerStatus, Failure>, out: &mut Out) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Kind::Usage,
            "nobody is here to be asked whether the licence host may stop",
        )
        .hint("say --yes"));
    }
    match (manner, status) {
        (_, Err(silence)) => {
            out.talk(&format!("the licence host does not say what it serves: {silence}"));
            out.ask("Stop it? (y/n) ");
        }
        (Manner::Licgate, Ok(status)) => {
            out.talk(&format!("{}@{} serves {}", status.port, status.host, vendors(&status)));
            out.ask("Stop it? (y/n) ");
        }
        (Manner::FlexNet, Ok(status)) => {
            out.line("   Port@Host            Vendors");
            out.line(&format!("1) {}@{} {} ", status.port, status.host, vendors(&status)));
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
