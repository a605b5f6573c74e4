//! The vendor daemon: owns the seats of one vendor.

use std::process::ExitCode;

fn main() -> ExitCode {
    licgate_daemons::run::vendor(std::env::args_os())
}
