//! The agent that holds keys: reaching it, and letting it sign.

use std::time::Duration;

use russh::keys::agent::client::{AgentClient, AgentStream};
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use russh::keys::{Algorithm, HashAlg};
use tokio::time::timeout;

use super::keyfile::KeyError;
use crate::ssh::grace::Pause;
use crate::ssh::prompt::Prompt;
use crate::ssh::target::Agent;

/// How long an agent may take to answer where no person has to.
const DEADLINE: Duration = Duration::from_secs(10);

/// How long it may take to sign: somebody may have to confirm it, to touch a key or to type its PIN. OpenSSH's server gives a
/// login no longer either.
pub(super) const SIGNING: Duration = Duration::from_secs(120);

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

/// Lets the agent sign for the server.
pub(super) struct AgentSigner<'a> {
    pub(super) client: &'a mut Client,
    pub(super) prompt: &'a dyn Prompt,
    pub(super) pause: Pause,
}

impl russh::Signer for AgentSigner<'_> {
    type Error = KeyError;

    async fn auth_sign(
        &mut self,
        key: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, Self::Error> {
        if matches!(key.public_key().algorithm(), Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256) {
            self.prompt.show("touch your security key");
        }
        let signing = timeout(SIGNING, russh::Signer::auth_sign(self.client, key, hash, data));
        let signed = self.pause.during(signing).await.map_err(|_| KeyError::Mute)?;
        signed.map_err(|error| match error {
            russh::AgentAuthError::Send(_) => KeyError::Ended,
            russh::AgentAuthError::Key(why) => KeyError::Agent(why.to_string()),
        })
    }
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
