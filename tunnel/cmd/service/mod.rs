//! `service`: a tunnel that the system itself keeps up: systemd, launchd, or the task scheduler of Windows.
//!
//! | part | what it does | pure |
//! |---|---|---|
//! | `plan` | what a service is, and the steps that install or remove it | yes |
//! | `systemd`, `launchd`, `scheduler` | those steps for each system | yes |
//! | `advice` | what is left to a person, as a service cannot ask | yes |
//! | `trial` | whether login and hosts file do without questions | |
//! | `shell` | what is here, and the steps done one by one | |

mod advice;
mod launchd;
mod plan;
mod scheduler;
mod shell;
mod systemd;
#[cfg(test)]
mod tests;
mod trial;

use std::io::{self, Write as _};
use std::path::Path;

use super::up;
use crate::engine::Spec;
use crate::failure::{Exit, Failure};
use crate::flags::{Kept, Service as What};
use crate::profile;
use plan::Manager;

/// After these ends trying again does not help until a person has changed something. No ports is none of them: after a power cut the
/// licence server may start later than this machine.
const FINAL: [Exit; 6] =
    [Exit::Usage, Exit::AlreadyUp, Exit::PortTaken, Exit::HostKey, Exit::NotAllowed, Exit::BadConfig];

/// Installs, removes or shows a service, or is one.
pub(super) fn service(what: &What, config: Option<&Path>, loud: u8) -> Result<(), Failure> {
    let manager = Manager::HERE;
    match what {
        What::Install(kept) => install(manager, kept, config),
        What::Remove(Kept { server, system }) => {
            let service = shell::service(server, *system, config)?;
            shell::check_rights(&service)?;
            shell::perform(&manager.remove(&service), &manager.log(&service))
        }
        What::Show(Kept { server, system }) => {
            let service = shell::service(server, *system, config)?;
            // Nobody to read it is no failure.
            drop(io::stdout().write_all(plan::text(&manager.install(&service)).as_bytes()));
            Ok(())
        }
        What::Run { server } => settled(up::up(vec![spec(server, config)?], None, loud)),
    }
}

fn install(manager: Manager, kept: &Kept, config: Option<&Path>) -> Result<(), Failure> {
    super::begin_log("warn", 0);
    let service = shell::service(&kept.server, kept.system, config)?;
    shell::check_rights(&service)?;
    let agent = shell::agent_of(manager, &service)?;
    trial::login(&spec(&kept.server, config)?, &agent)?;
    shell::perform(&manager.install(&service), &manager.log(&service))?;
    // Nobody to read it is no failure.
    drop(io::stderr().write_all(advice::advice(manager, &service, &trial::facts(&service)?).as_bytes()));
    Ok(())
}

/// What a service goes by: the profile alone, and nobody to ask.
fn spec(server: &str, config: Option<&Path>) -> Result<Spec, Failure> {
    let profile = profile::load(config)?.remove(server).unwrap_or_default();
    let spec = Spec { server: server.to_owned(), profile, masters: Vec::new(), at_terminal: false };
    spec.destination()?;
    Ok(spec)
}

/// The end of a tunnel as launchd is to see it, which starts again whatever did not end well: a final failure is told, and is then
/// a good end.
fn settled(ended: Result<(), Failure>) -> Result<(), Failure> {
    match ended {
        Err(failure) if FINAL.contains(&failure.exit) => {
            // Nobody to read it is no failure.
            drop(writeln!(io::stderr(), "lictunnel: {failure}\nnot tried again"));
            Ok(())
        }
        ended => ended,
    }
}
