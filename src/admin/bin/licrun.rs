//! The program `licrun`.

fn main() -> std::process::ExitCode {
    licgate_admin::run::main()
}
