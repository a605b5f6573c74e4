//! What takes the administrator's rights: the names of the server in the hosts file and, on macOS, its address.

use tokio::sync::{Mutex, MutexGuard};

use super::spec::program;
use crate::failure::{Exit, Failure};
use crate::hosts::client::{Helper, Put, Started};
use crate::hosts::lend::{Announcement, ByHand, Way};
use crate::hosts::line::Override;
use crate::hosts::protocol::Wish;
use crate::plan::Plan;
use crate::platform;

/// The helper that has them, started when it is first wanted.
pub(super) struct Rights {
    at_terminal: bool,
    helper: Mutex<Option<Helper>>,
}

impl Rights {
    /// Not asked for yet. `at_terminal`: whether a person can be asked for a password.
    pub(super) fn new(at_terminal: bool) -> Self {
        Self { at_terminal, helper: Mutex::new(None) }
    }

    /// Makes the address of `block` one of this machine, where the system has a command for that.
    pub(super) async fn alias(&self, block: &Override) -> Result<(), Failure> {
        if platform::giving_alias(block.address.address()).is_none() {
            return Err(Failure::new(Exit::No, "this system gives the loopback interface no more addresses"));
        }
        let mut held = self.helper(block).await?;
        let Some(helper) = held.as_mut() else { return Err(no_right(block, "")) };
        match helper.alias(block.address).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(no_right(block, "")),
        }
    }

    /// Points names at an address; `block` is what the hosts file then says.
    pub(super) async fn put(&self, wish: Wish, block: &Override) -> Result<(), Failure> {
        let mut held = self.helper(block).await?;
        let Some(helper) = held.as_mut() else { return Err(no_right(block, "")) };
        match helper.put(wish).await {
            Ok(Put::Done(conflicts)) => {
                conflicts.iter().for_each(|conflict| tracing::warn!("{conflict}"));
                Ok(())
            }
            Ok(Put::NoPrivilege) => Err(no_right(block, "")),
            Ok(Put::Refused(why)) => Err(unchanged(&why)),
            Err(error) => Err(unchanged(&error.to_string())),
        }
    }

    /// Has everything undone that was done by these rights.
    pub(super) async fn give_back(&self) {
        let Some(helper) = self.helper.lock().await.take() else { return };
        let left = match helper.close().await {
            Ok(true) => return,
            Ok(false) => String::new(),
            Err(error) => format!(": {error}"),
        };
        tracing::error!(
            "the hosts file may hold lines of this tunnel{left}; `lictunnel hosts repair` removes them"
        );
    }

    async fn helper(&self, block: &Override) -> Result<MutexGuard<'_, Option<Helper>>, Failure> {
        let mut held = self.helper.lock().await;
        if held.is_none() {
            let way = Way::here(self.at_terminal);
            if matches!(way, Way::Lent { .. }) {
                // The password is asked for next: nobody is to give it without knowing for what.
                tracing::warn!("{}", Announcement(block));
            }
            match Helper::start(&program()?, &way).await {
                Ok(Started::Running(helper)) => *held = Some(*helper),
                Ok(Started::NoPrivilege(said)) => return Err(no_right(block, &said)),
                Err(error) => {
                    let message = format!("the helper for the hosts file cannot be started: {error}");
                    return Err(Failure::new(Exit::NoFile, message));
                }
            }
        }
        Ok(held)
    }
}

/// Why the hosts file stays as it is.
pub(super) fn unchanged(why: &str) -> Failure {
    Failure::new(Exit::NoFile, format!("the hosts file is not changed: {why}"))
}

/// What a person does instead where there are not even rights for the server's own address.
pub(super) fn by_hand(plan: &Plan) -> Failure {
    let (path, names) = (platform::hosts_path(), plan.names.join(" "));
    not_allowed(format!(
        "no right to change {}; have an administrator add, and later remove:\n  {} {names}",
        path.display(),
        plan.address
    ))
}

fn no_right(block: &Override, said: &str) -> Failure {
    if !said.is_empty() {
        tracing::debug!(said, "no rights");
    }
    not_allowed(ByHand(block).to_string())
}

fn not_allowed(message: String) -> Failure {
    Failure::new(Exit::NotAllowed, message)
        .with_hint("on Linux `lictunnel run SERVER -- APP` needs no rights")
}
