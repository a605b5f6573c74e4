//! Whom to call over ssh and how: what command line, profile and ssh configuration come to.

use std::path::PathBuf;
use std::time::Duration;

/// One ssh server, with everything that decides how to reach, recognise and log in to it. Relative paths, `~`, tokens and
/// environment variables are expanded already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What the user typed (`OriginalHost` in `ssh_config`).
    pub typed: String,
    /// The name or address to connect to (`HostName`).
    pub host: String,
    /// The port of the ssh server (`Port`).
    pub port: u16,
    /// The account there (`User`).
    pub user: String,
    /// How to get there.
    pub route: Route,
    /// The name under which the host's key is known, where it is not `host` (`HostKeyAlias`).
    pub host_key_alias: Option<String>,
    /// What to do about a host key that is not known (`StrictHostKeyChecking`).
    pub unknown_host: UnknownHost,
    /// The user's known-hosts files; a new key is written to the first (`UserKnownHostsFile`).
    pub user_known_hosts: Vec<PathBuf>,
    /// The machine's known-hosts files (`GlobalKnownHostsFile`).
    pub global_known_hosts: Vec<PathBuf>,
    /// A list of keys that no host may have (`RevokedHostKeys`).
    pub revoked_host_keys: Option<PathBuf>,
    /// Write names into the known-hosts file hashed (`HashKnownHosts`).
    pub hash_known_hosts: bool,
    /// Private key files to try, in this order (`IdentityFile`); the usual ones where none is named, so some may not be
    /// there.
    pub identities: Vec<PathBuf>,
    /// Offer no key of the agent that is not among `identities` (`IdentitiesOnly`).
    pub identities_only: bool,
    /// User certificates to try with the keys they belong to (`CertificateFile`).
    pub certificates: Vec<PathBuf>,
    /// Where keys may lie beside the files (`IdentityAgent`).
    pub agent: Agent,
    /// Ways to log in, in this order (`PreferredAuthentications` less what is switched off).
    pub methods: Vec<Method>,
    /// Never ask at the terminal (`BatchMode`).
    pub batch: bool,
    /// How long connecting may take, where the configuration says (`ConnectTimeout`).
    pub connect_timeout: Option<Duration>,
}

impl Target {
    /// The host and port to connect to, in words.
    pub fn at(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
impl Target {
    /// A host that is called as ssh would call it without any configuration.
    pub(crate) fn plain(user: &str, host: &str, port: u16) -> Self {
        Self {
            typed: host.to_owned(),
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            route: Route::Direct,
            host_key_alias: None,
            unknown_host: UnknownHost::Ask,
            user_known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            revoked_host_keys: None,
            hash_known_hosts: false,
            identities: Vec::new(),
            identities_only: false,
            certificates: Vec::new(),
            agent: Agent::Default,
            methods: Vec::new(),
            batch: false,
            connect_timeout: None,
        }
    }
}

/// How the bytes get to the ssh server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A TCP connection from here.
    Direct,
    /// Through other ssh servers, the first one called from here (`ProxyJump`). It may be called through a command; all
    /// others are [`Route::Direct`], seen from the hop before them.
    Jump(Vec<Target>),
    /// Through the standard input and output of a command, run by the user's shell (`ProxyCommand`).
    Command(String),
}

/// What to do about a host whose key is not known. A changed or revoked key is refused whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownHost {
    /// Show the fingerprint and ask; without a terminal refuse.
    Ask,
    /// Take and remember it.
    Accept,
    /// Refuse.
    Refuse,
}

/// An agent that holds keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    /// None is to be used.
    Off,
    /// The one that the environment or the system names: `SSH_AUTH_SOCK`, OpenSSH's pipe on Windows, then Pageant.
    Default,
    /// The one that listens at this path.
    At(PathBuf),
}

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A key or certificate, from a file or an agent.
    PublicKey,
    /// Questions and answers: codes, also passwords.
    KeyboardInteractive,
    /// A password.
    Password,
}
