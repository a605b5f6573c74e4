//! The master daemon of a licence host.

use std::process::ExitCode;

fn main() -> ExitCode {
    licgate_daemons::run::master(std::env::args_os())
}
