//! Measures licgate's programs under load, side by side with what people use today.

#[cfg(target_os = "linux")]
mod tunnel;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser as _;

    #[derive(clap::Parser)]
    #[command(name = "licload", about = "Measures licgate's programs under load")]
    enum Flags {
        /// Measures lictunnel against OpenSSH's `ssh -N -L`, both to an sshd of its own on the loopback.
        Tunnel(tunnel::Flags),
        /// What the measurement starts: a forward over lictunnel's library.
        #[command(hide = true)]
        Carry(tunnel::carry::Flags),
        /// What the measurement starts: a TCP relay.
        #[command(hide = true)]
        Relay(tunnel::relay::Flags),
    }

    let done =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Into::into).and_then(
            |runtime| match Flags::parse() {
                Flags::Tunnel(flags) => runtime.block_on(tunnel::measure(&flags)),
                Flags::Carry(flags) => runtime.block_on(tunnel::carry::run(&flags)),
                Flags::Relay(flags) => runtime.block_on(tunnel::relay::run(&flags)),
            },
        );
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("licload: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("licload: it reads /proc and so measures on Linux only");
}
