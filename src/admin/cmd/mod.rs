//! `licutil`: what administrators and users ask of a licence host. One file per command.

mod check;
#[cfg(unix)]
mod down;
mod host;
mod hostid;
#[cfg(unix)]
mod local;
mod names;
mod ping;
mod places;
mod query;
#[cfg(unix)]
mod reread;
mod stat;
mod test;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::failure::{self, EXIT_STATUS, Failure};
use crate::out::Out;
use names::Called;

/// Ask a licence host how it is, and tell it what to do.
///
/// Licence hosts are named port@host. As with FlexNet, `lmstat`, `lmhostid`, `lmreread`, `lmdown`, `lmdiag` and `lmutil` are
/// other names of this program: with one of them it prints what FlexNet's program prints, and ends with FlexNet's
/// exit status (the low byte of the error's code).
#[derive(Debug, Parser)]
#[command(name = "licutil", version, after_help = EXIT_STATUS)]
struct Licutil {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Stat(stat::Stat),
    Test(test::Test),
    Ping(ping::Ping),
    Query(query::Query),
    Check(check::Check),
    Hostid(hostid::Hostid),
    #[cfg(unix)]
    Reread(reread::Reread),
    #[cfg(unix)]
    Down(down::Down),
}

/// The command line, for manuals and completions.
pub fn command_line() -> clap::Command {
    Licutil::command()
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    let (called, arguments) = names::read(std::env::args_os());
    let licutil = match Licutil::try_parse_from(arguments) {
        Ok(licutil) => licutil,
        Err(error) => return failure::usage(&error),
    };
    let mut out = Out::of_process();
    let result = licutil.command.run(&called, &mut out);
    failure::end(&called.program, called.manner, result, &mut out)
}

impl Command {
    fn run(self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        match self {
            Self::Stat(stat) => stat.run(called, out),
            Self::Test(test) => test.run(called, out),
            Self::Ping(ping) => ping.run(out),
            Self::Query(query) => query.run(out),
            Self::Check(check) => check.run(out),
            Self::Hostid(hostid) => hostid.run(called, out),
            #[cfg(unix)]
            Self::Reread(reread) => reread.run(called, out),
            #[cfg(unix)]
            Self::Down(down) => down.run(called, out),
        }
    }
}

/// The first line of what FlexNet's programs print; collectors skip it.
fn copyright(called: &Called) -> String {
    format!("{} - Copyright (c) 2026 licgate", called.program)
}

#[cfg(test)]
pub(crate) mod tests;
