//! Reaching the agent that holds keys.

use std::time::Duration;

use russh::keys::agent::client::{AgentClient, AgentStream};
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use tokio::time::timeout;

use crate::ssh::target::Agent;

/// How long an agent may take to answer where no person has to.
const DEADLINE: Duration = Duration::from_secs(10);

/// An agent, over whatever it is reached.
pub(super) type Client = AgentClient<Box<dyn AgentStream + Send + Unpin>>;

/// The agent and what it holds; `None` when there is none. Errors are for a note in the report of the login: a broken agent
/// is no reason not to try the other ways.
pub(super) async fn connect(
    which: &Agent,
    binding: Option<&AgentSessionBinding>,
) -> Result<Option<(Client, Vec<AgentIdentity>)>, String> {
    let talk = async {
        let Some(mut client) = client(which).await? else { return Ok(None) };
        if let Some(binding) = binding {
            // Agents that do not know destinations refuse; they hold no keys that are bound to one.
            drop(client.bind_session(binding, false).await);
        }
        let identities = client.request_identities().await.map_err(|error| error.to_string())?;
        Ok(Some((client, identities)))
    };
    timeout(DEADLINE, talk).await.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

#[cfg(unix)]
async fn client(which: &Agent) -> Result<Option<Client>, String> {
    let path = match which {
        Agent::Off => return Ok(None),
        Agent::At(path) => path.clone(),
        Agent::Default => match std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()) {
            Some(path) => path.into(),
            None => return Ok(None),
        },
    };
    let client = AgentClient::connect_uds(&path).await;
    client.map(|client| Some(client.dynamic())).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(windows)]
async fn client(which: &Agent) -> Result<Option<Client>, String> {
    let path = match which {
        Agent::Off => return Ok(None),
        Agent::At(path) => path.clone(),
        Agent::Default => match std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()) {
            Some(path) => path.into(),
            None => return Ok(usual().await),
        },
    };
    let client = AgentClient::connect_named_pipe(&path).await;
    client.map(|client| Some(client.dynamic())).map_err(|error| format!("{}: {error}", path.display()))
}

/// OpenSSH's service, else PuTTY's Pageant.
#[cfg(windows)]
async fn usual() -> Option<Client> {
    if let Ok(client) = AgentClient::connect_named_pipe(r"\\.\pipe\openssh-ssh-agent").await {
        return Some(client.dynamic());
    }
    AgentClient::connect_pageant().await.ok().map(AgentClient::dynamic)
}
