//! The lictunnel program.

use std::env;
use std::process::ExitCode;

use lictunnel::hosts::{lend, watcher};
use lictunnel::private::{self, inside};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    match args.next() {
        // Before any thread or runtime: these start small and stay so.
        Some(word) if word == lend::SUBCOMMAND => watcher::main(args),
        Some(word) if word == private::SUBCOMMAND => inside::main(args),
        Some(_) | None => lictunnel::cmd::main(env::args_os()),
    }
}
