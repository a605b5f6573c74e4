//! The program `licutil`.

fn main() -> std::process::ExitCode {
    licgate_admin::cmd::main()
}
