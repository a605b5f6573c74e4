//! Settings become a [`Target`]: defaults, tokens, which ways to log in are left.

use std::path::PathBuf;

use super::Request;
use super::destination::Destination;
use super::expand::{HOST_NAME, PROXY, Tokens};
use super::local::Local;
use super::settings::{Settings, is_none};
use crate::ssh::target::{Agent, Method, Route, Target, UnknownHost};

/// How many hops one `ProxyJump` may name.
const HOPS: usize = 16;

/// A target whose jump hosts are named but not evaluated yet.
#[derive(Debug)]
pub(super) struct Built {
    /// With [`Route::Direct`] where there are hops.
    pub(super) target: Target,
    /// The hops, the first one called from here; none where the way is direct or a command.
    pub(super) hops: Vec<Destination>,
}

/// What `settings` and `request` come to. The text of an error names the value that is wrong.
pub(super) fn build(settings: &Settings, request: &Request, local: &Local) -> Result<Built, String> {
    let typed = request.destination.host.as_str();
    let host = host_name(settings, typed, local)?;
    let port = request.port().or(settings.port).unwrap_or(22);
    let user = request.user().map(str::to_owned).or_else(|| settings.user.clone());
    let user = user.unwrap_or_else(|| local.user.clone());
    // What a file says may mean something to a shell, as in OpenSSH; but nobody means these.
    if user.chars().any(char::is_control) {
        return Err(format!("User {user:?} holds control characters"));
    }
    let alias = settings.host_key_alias.as_ref().map(|alias| alias.to_ascii_lowercase());
    let jump = settings.jump.as_deref().filter(|hops| !is_none(hops)).unwrap_or_default();
    let key_name = alias.as_deref().unwrap_or(typed);
    let tokens = Tokens { local, typed, host: &host, port, user: &user, alias: key_name, jump };
    let route = match settings.command.as_deref().filter(|command| !is_none(command)) {
        Some(command) => Route::Command(tokens.expand(command, PROXY)?),
        None => Route::Direct,
    };
    let paths = |written: &[String]| -> Result<Vec<PathBuf>, String> {
        written.iter().filter(|path| !is_none(path)).map(|path| tokens.path(path)).collect()
    };
    let target = Target {
        typed: typed.to_owned(),
        route,
        host_key_alias: alias.clone(),
        unknown_host: settings.unknown_host.unwrap_or(UnknownHost::Ask),
        user_known_hosts: paths(&or_default(
            &settings.user_known_hosts,
            &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
        ))?,
        global_known_hosts: global_known_hosts(settings, &tokens)?,
        revoked_host_keys: settings
            .revoked_host_keys
            .as_deref()
            .filter(|file| !is_none(file))
            .map(|file| tokens.path(file))
            .transpose()?,
        hash_known_hosts: settings.hash_known_hosts.unwrap_or(false),
        identities: paths(&or_default(&settings.identities, IDENTITIES))?,
        identities_only: settings.identities_only.unwrap_or(false),
        certificates: paths(&settings.certificates)?,
        agent: agent(settings, &tokens)?,
        methods: methods(settings),
        batch: settings.batch.unwrap_or(false),
        connect_timeout: settings.connect_timeout.flatten(),
        host: host.clone(),
        port,
        user: user.clone(),
    };
    Ok(Built { target, hops: hops(jump)? })
}

/// The name to connect to, in small letters: `HostName` with its tokens replaced, else what was typed.
pub(super) fn host_name(settings: &Settings, typed: &str, local: &Local) -> Result<String, String> {
    let Some(written) = &settings.host_name else { return Ok(typed.to_ascii_lowercase()) };
    let tokens = Tokens { local, typed, host: typed, port: 22, user: "", alias: typed, jump: "" };
    let host = tokens.expand(written, HOST_NAME)?.to_ascii_lowercase();
    match host.parse::<Destination>() {
        Ok(Destination { user: None, host, port: None }) => Ok(host),
        _ => Err(format!("HostName {written:?} is no name of a host")),
    }
}

/// The keys that ssh looks for when none is named.
const IDENTITIES: &[&str] =
    &["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"];

fn or_default(written: &[String], default: &[&str]) -> Vec<String> {
    if written.is_empty() { default.iter().map(|&path| path.to_owned()).collect() } else { written.to_vec() }
}

/// Of these `~` alone is replaced, as in OpenSSH.
fn global_known_hosts(settings: &Settings, tokens: &Tokens<'_>) -> Result<Vec<PathBuf>, String> {
    if settings.global_known_hosts.is_empty() {
        let directory = tokens.local.system_dir();
        return Ok(["ssh_known_hosts", "ssh_known_hosts2"].map(|name| directory.join(name)).into());
    }
    let written = settings.global_known_hosts.iter().filter(|path| !is_none(path));
    written.map(|path| tokens.literal_path(path)).collect()
}

/// `none`, the name `SSH_AUTH_SOCK`, `$NAME` of another variable, or a path.
fn agent(settings: &Settings, tokens: &Tokens<'_>) -> Result<Agent, String> {
    let Some(written) = settings.agent.as_deref() else { return Ok(Agent::Default) };
    if is_none(written) {
        return Ok(Agent::Off);
    }
    if written == "SSH_AUTH_SOCK" {
        return Ok(Agent::Default);
    }
    match written.strip_prefix('$').filter(|name| !name.starts_with('{')) {
        Some(name) => Ok((tokens.local.variable)(name).map_or(Agent::Off, |path| Agent::At(path.into()))),
        None => tokens.path(written).map(Agent::At),
    }
}

/// The ways that lictunnel knows, in the order wished for, less what is switched off.
fn methods(settings: &Settings) -> Vec<Method> {
    let order = settings.preferred.as_deref().unwrap_or("publickey,keyboard-interactive,password");
    let mut methods = Vec::new();
    for name in order.split(',') {
        let (method, allowed) = match name.trim() {
            "publickey" => (Method::PublicKey, settings.public_key),
            "keyboard-interactive" => (Method::KeyboardInteractive, settings.keyboard_interactive),
            "password" => (Method::Password, settings.password),
            _ => continue,
        };
        if allowed.unwrap_or(true) && !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods
}

/// The hops that `jump` names.
pub(super) fn hops(jump: &str) -> Result<Vec<Destination>, String> {
    if jump.is_empty() {
        return Ok(Vec::new());
    }
    let hops: Vec<&str> = jump.split(',').map(str::trim).collect();
    if hops.len() > HOPS {
        return Err(format!("ProxyJump has more than {HOPS} hops"));
    }
    hops.into_iter().map(|hop| hop.parse().map_err(|error| format!("ProxyJump: {error}"))).collect()
}
