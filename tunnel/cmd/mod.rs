//! The commands: up, down, status, doctor, run, print, init, export, import, service, hosts.

mod background;
mod control;
mod doctor;
mod export;
mod hosts;
mod init;
mod live;
mod place;
mod print;
#[cfg(target_os = "linux")]
mod run;
mod screen;
mod servers;
mod service;
mod status;
mod system;
#[cfg(test)]
mod tests;
mod tunnels;
mod up;

#[cfg(not(target_os = "linux"))]
mod run {
    //! There are no private hosts files on this system.

    use std::ffi::OsString;

    use crate::engine::Spec;
    use crate::failure::{Exit, Failure};

    /// Says so.
    pub(super) fn run(_specs: Vec<Spec>, _application: &[OsString], _loud: u8) -> Result<u8, Failure> {
        let failure =
            Failure::new(Exit::No, "`lictunnel run` is for Linux: this system has no private hosts files");
        Err(failure.with_hint("use `lictunnel up`"))
    }
}

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::engine::Spec;
use crate::failure::{Exit, Failure};
use crate::flags::{Command, Flags, Server};
use crate::profile::{self, Profile};

use self::servers::Named;

/// How long tasks may take to end once what they were for is over.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the program with these arguments, its name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let flags = match Flags::try_parse_from(arguments) {
        Ok(flags) => flags,
        Err(error) => {
            // Nobody to read it is no failure.
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(flags) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.message.is_empty() {
                // Nobody to read it is no failure.
                drop(writeln!(io::stderr(), "lictunnel: {failure}"));
            }
            ExitCode::from(failure.exit.code())
        }
    }
}

fn dispatch(flags: Flags) -> Result<u8, Failure> {
    let done = |()| 0;
    let loud = flags.verbose;
    match flags.command {
        Command::Up { server, more, detach, log } => {
            let specs = specs(flags.config.as_deref(), &server, &more)?;
            match (flags.detached, detach) {
                (true, _) => up::up_detached(specs, loud).map(done),
                (false, true) => background::up(&specs, log),
                (false, false) => up::up(specs, log.as_deref(), loud).map(done),
            }
        }
        Command::Run { server, more, application } => {
            run::run(specs(flags.config.as_deref(), &server, &more)?, &application, loud)
        }
        Command::Down { server, all } => status::down(server.as_deref(), all).map(done),
        Command::Status { server, json } => status::status(server.as_deref(), json).map(done),
        Command::Kick { server } => status::kick(server.as_deref()).map(done),
        Command::Print { form, server } => {
            begin_log("warn", loud);
            print::print(form, &spec(flags.config.as_deref(), &server)?).map(done)
        }
        Command::Init { server } => init::init(flags.config.as_deref(), server, at_terminal()).map(done),
        Command::Export { servers } => {
            begin_log("warn", loud);
            export::export(flags.config.as_deref(), &servers).map(done)
        }
        Command::Import { file } => export::import(flags.config.as_deref(), &file).map(done),
        Command::Service { what } => service::service(&what, flags.config.as_deref(), loud).map(done),
        Command::Hosts { what } => hosts::hosts(what).map(done),
        Command::Doctor { server, json } => {
            doctor::doctor(&spec(flags.config.as_deref(), &server)?, json, loud).map(done)
        }
    }
}

/// What is to be done for a server: its profile, and what the command line says goes before it.
fn spec(config: Option<&Path>, flags: &Server) -> Result<Spec, Failure> {
    let named = servers::one(&flags.server)?;
    told(profile::load(config)?.remove(&named.server).unwrap_or_default(), named, flags)
}

/// The same for each of several servers.
fn specs(config: Option<&Path>, flags: &Server, more: &[String]) -> Result<Vec<Spec>, Failure> {
    let words = std::iter::once(&flags.server).chain(more).map(String::as_str);
    let named = servers::named(words)?;
    if named.len() > 1 && (!flags.names.is_empty() || flags.forward_to.is_some()) {
        let failure =
            Failure::new(Exit::Usage, "--name and --forward-to are about one server, and several are named");
        return Err(
            failure.with_hint("give each a profile in lictunnel.toml: `lictunnel init SERVER --name HOST`")
        );
    }
    let mut profiles = profile::load(config)?;
    named
        .into_iter()
        .map(|named| told(profiles.remove(&named.server).unwrap_or_default(), named, flags))
        .collect()
}

fn told(mut profile: Profile, named: Named, flags: &Server) -> Result<Spec, Failure> {
    if !flags.ports.is_empty() {
        profile.ports.clone_from(&flags.ports);
    }
    profile.master = flags.master.or(named.masters.first().copied()).or(profile.master);
    profile.licences.extend(flags.licences.iter().cloned());
    profile.names.extend(flags.names.iter().cloned());
    profile.forward_to = flags.forward_to.clone().or(profile.forward_to);
    profile.jump = flags.jump.clone().or(profile.jump);
    profile.identities.splice(0..0, flags.identities.iter().cloned());
    profile.steps.all_ports |= flags.all_ports;
    profile.hold = flags.hold.map_or(profile.hold, Duration::from_secs);
    profile.hosts &= !flags.no_hosts;
    profile.direct_on_site |= flags.direct_on_site;
    let spec = Spec { server: named.server, profile, masters: named.masters, at_terminal: at_terminal() };
    spec.destination()?;
    Ok(spec)
}

fn at_terminal() -> bool {
    use std::io::IsTerminal as _;
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Begins the log on standard error.
fn begin_log(level: &str, loud: u8) {
    begin_log_to(BoxMakeWriter::new(io::stderr), level, loud, false);
}

/// Begins the log. RUST_LOG goes before the flags. `is_file`: it is read later, when only the log can say when something was.
fn begin_log_to(writer: BoxMakeWriter, level: &str, loud: u8, is_file: bool) {
    let directives = match loud {
        0 => level.to_owned(),
        1 => "warn,lictunnel=debug".to_owned(),
        _ => "debug,lictunnel=trace".to_owned(),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(directives));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_target(loud > 1);
    // What the log cannot write it would say on standard error with a macro that panics when that is full.
    let log = log.log_internal_errors(false).with_writer(writer);
    if let Err(error) = if is_file { log.try_init() } else { log.without_time().try_init() } {
        tracing::debug!(%error, "there is a log already");
    }
}

/// The runtime of a command that has to wait for several things.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::No, format!("the system lends no means to wait: {error}")))
}
