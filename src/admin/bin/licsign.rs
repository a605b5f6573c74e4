//! The program `licsign`.

fn main() -> std::process::ExitCode {
    licgate_admin::licsign::main()
}
