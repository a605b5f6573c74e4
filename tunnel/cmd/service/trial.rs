//! Whether a service would get on without questions: its login is tried before it is installed, and the hosts file after.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::super::{GRACE, runtime};
use super::advice::{Facts, Names};
use super::plan::Service;
use crate::engine::{Real, Shared, Spec, program};
use crate::failure::{Exit, Failure};
use crate::hosts::lend::{SUBCOMMAND, Way};
use crate::ssh::error::SshError;
use crate::ssh::prompt::Nobody;
use crate::ssh::session::Session;
use crate::ssh::target::{Agent, Route, Target};
use crate::tasks::Tasks;

/// How long a lender that may not ask may take.
const LENDING: Duration = Duration::from_secs(10);

/// Logs in as the service would: asking nobody, with the keys of `agent` where the configuration names no other.
///
/// # Errors
/// The login, or the host key, wants a person. A server that cannot be reached now is only told of.
pub(super) fn login(spec: &Spec, agent: &Agent) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let tasks = Tasks::new();
        let shared = Arc::new(Shared::new(Arc::new(Nobody), false, std::slice::from_ref(spec), &tasks));
        let world = Real::new(spec.clone(), shared)?;
        let mut target = spec.target().await?;
        give(&mut target, agent);
        let judged = judged(spec, Session::open(&target, world.means()).await).await;
        tasks.drain(GRACE).await;
        judged
    })
}

async fn judged(spec: &Spec, opened: Result<Session, SshError>) -> Result<(), Failure> {
    let hint = match &opened {
        Ok(_) => "",
        Err(SshError::HostKey { .. }) => "connect once and compare the key: ssh, or `lictunnel up`",
        Err(SshError::Login { .. }) => {
            "use a key without a passphrase (ssh-keygen, ssh-copy-id), or an agent that services see"
        }
        Err(error) if error.is_final() => "see what `lictunnel doctor` says",
        Err(_) => "",
    };
    match opened {
        Ok(session) => session.close().await,
        Err(error) if hint.is_empty() => tracing::warn!("the login could not be tried: {error}"),
        Err(error) => {
            let exit =
                if matches!(error, SshError::HostKey { .. }) { Exit::HostKey } else { Exit::NotAllowed };
            let message = format!("a service would not be let in, as it cannot answer questions: {error}");
            return Err(Failure::new(exit, message)
                .with_hint(format!("{hint}; nothing is installed for {}", spec.server)));
        }
    }
    Ok(())
}

/// Puts `agent` in the place of the one that this process has.
fn give(target: &mut Target, agent: &Agent) {
    if target.agent == Agent::Default {
        target.agent = agent.clone();
    }
    if let Route::Jump(hops) = &mut target.route {
        hops.iter_mut().for_each(|hop| give(hop, agent));
    }
}

/// What is left to a person.
pub(super) fn facts(service: &Service) -> Result<Facts, Failure> {
    let is_fine = service.is_system || runtime()?.block_on(names_are_free())?;
    let names = match Way::here(false) {
        _ if is_fine => Names::Fine,
        Way::Lent { lender, .. } => {
            Names::Locked { lender: Some(lender), is_guarded: is_guarded(Path::new(&service.program)) }
        }
        Way::Direct | Way::Nowhere => Names::Locked { lender: None, is_guarded: false },
    };
    let lingers = Path::new("/var/lib/systemd/linger").join(&service.account).exists();
    Ok(Facts { names, lingers })
}

/// Whether the helper for the hosts file starts without a question. With nothing to read it ends at once and has changed nothing.
async fn names_are_free() -> Result<bool, Failure> {
    let way = Way::here(false);
    let Way::Lent { lender, .. } = &way else { return Ok(way == Way::Direct) };
    if lender.ends_with("pkexec") {
        return Ok(true);
    }
    let words = way.command(&program()?, &[SUBCOMMAND]).unwrap_or_default();
    let mut command = tokio::process::Command::new(lender);
    if lender.ends_with("sudo") {
        // A password that was given at this terminal just now is none that a service has.
        command.arg("-k");
    }
    command.args(words.iter().skip(1)).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = tokio::time::timeout(LENDING, command.status()).await;
    Ok(ended.is_ok_and(|status| status.is_ok_and(|status| status.success())))
}

/// Whether only root can change this file, or put another in its place.
#[cfg(unix)]
fn is_guarded(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    path.ancestors().all(|path| {
        std::fs::symlink_metadata(path).is_ok_and(|file| file.uid() == 0 && file.mode() & 0o022 == 0)
    })
}

/// Rights are lent on no such system.
#[cfg(not(unix))]
fn is_guarded(_path: &Path) -> bool {
    false
}
