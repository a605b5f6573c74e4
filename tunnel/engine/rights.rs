//! What takes the administrator's rights: the names of the server in the hosts file and, on macOS, its address.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::spec::program;
use crate::failure::{Exit, Failure};
use crate::hosts::client::{Helper, Put, Started};
use crate::hosts::lend::{Announcement, ByHand, Way};
use crate::hosts::line::{Override, OwnerId};
use crate::hosts::protocol::Wish;
use crate::plan::Plan;
use crate::platform;
use crate::ssh::prompt::Prompt;

/// The helper that has them, one for all tunnels of a process: started when it is first wanted, ended when nobody needs it.
pub(super) struct Rights {
    prompt: Arc<dyn Prompt>,
    at_terminal: bool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    helper: Lent,
    /// Whose blocks and addresses it holds.
    users: HashSet<OwnerId>,
}

#[derive(Default)]
enum Lent {
    #[default]
    NotAsked,
    Running(Box<Helper>),
    /// Nobody lends them; what was said. A person who has refused is not asked again.
    Refused(String),
}

impl Rights {
    /// Not asked for yet. `at_terminal`: whether a person can be asked for a password.
    pub(super) fn new(prompt: Arc<dyn Prompt>, at_terminal: bool) -> Self {
        Self { prompt, at_terminal, held: Mutex::default() }
    }

    /// Makes the address of `block` one of this machine, where the system has a command for that.
    pub(super) async fn alias(&self, block: &Override) -> Result<(), Failure> {
        if platform::giving_alias(block.address.address()).is_none() {
            return Err(Failure::new(Exit::No, "this system gives the loopback interface no more addresses"));
        }
        let mut held = self.held.lock().await;
        match self.helper(&mut held, block).await?.alias(block.address).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(no_right(block, "")),
        }
    }

    /// Points names at an address; `block` is what the hosts file then says.
    pub(super) async fn put(&self, wish: Wish, block: &Override) -> Result<(), Failure> {
        let mut held = self.held.lock().await;
        match self.helper(&mut held, block).await?.put(wish).await {
            Ok(Put::Done(conflicts)) => {
                conflicts.iter().for_each(|conflict| tracing::warn!("{conflict}"));
                Ok(())
            }
            Ok(Put::NoPrivilege) => Err(no_right(block, "")),
            Ok(Put::Refused(why)) => Err(unchanged(&why)),
            Err(error) => Err(unchanged(&error.to_string())),
        }
    }

    /// Has everything undone that was done by these rights for this tunnel.
    pub(super) async fn give_back(&self, id: OwnerId) {
        let mut held = self.held.lock().await;
        if !held.users.remove(&id) {
            return;
        }
        let is_last = held.users.is_empty();
        let result = match mem::take(&mut held.helper) {
            Lent::Running(helper) if is_last => helper.close().await,
            Lent::Running(mut helper) => {
                let taken = helper.take(id).await.map(|()| true);
                held.helper = Lent::Running(helper);
                taken
            }
            none => {
                held.helper = none;
                return;
            }
        };
        let left = match result {
            Ok(true) => return,
            Ok(false) => String::new(),
            Err(error) => format!(": {error}"),
        };
        tracing::error!(
            "the hosts file may hold lines of this tunnel{left}; `lictunnel hosts repair` removes them"
        );
    }

    /// The helper, which from now on works for the tunnel of this block as well.
    async fn helper<'a>(&self, held: &'a mut Held, block: &Override) -> Result<&'a mut Helper, Failure> {
        let way = Way::here(self.at_terminal);
        if held.users.insert(block.id)
            && matches!(way, Way::Lent { .. })
            && !matches!(held.helper, Lent::Refused(_))
        {
            // The password is asked for next: nobody is to give it without knowing for what.
            self.prompt.show(&Announcement(block).to_string());
        }
        if matches!(held.helper, Lent::NotAsked) {
            held.helper = self.start(&way).await?;
        }
        match &mut held.helper {
            Lent::Running(helper) => Ok(helper),
            Lent::Refused(said) => Err(no_right(block, said)),
            Lent::NotAsked => Err(no_right(block, "")),
        }
    }

    async fn start(&self, way: &Way) -> Result<Lent, Failure> {
        // A lender that asks has the terminal to itself.
        let _turn = match way {
            Way::Lent { may_ask: true, .. } => Some(self.prompt.turn().await),
            Way::Lent { .. } | Way::Direct | Way::Nowhere => None,
        };
        match Helper::start(&program()?, way).await {
            Ok(Started::Running(helper)) => Ok(Lent::Running(helper)),
            Ok(Started::NoPrivilege(said)) => Ok(Lent::Refused(said)),
            Err(error) => {
                let message = format!("the helper for the hosts file cannot be started: {error}");
                Err(Failure::new(Exit::NoFile, message))
            }
        }
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
