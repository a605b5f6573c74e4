//! Writes man pages and shell completions into a folder.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Writes the man pages and shell completions of all programs of licgate, for packages and for users.
#[derive(Debug, Parser)]
struct Flags {
    /// The folder that holds `man` and those of the shells, such as /usr/share or ~/.local/share.
    share: PathBuf,
}

fn main() -> ExitCode {
    match licgate_manual::write(&Flags::parse().share) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody to read it is no failure.
            drop(writeln!(io::stderr(), "licgate-manual: {error}"));
            ExitCode::FAILURE
        }
    }
}
