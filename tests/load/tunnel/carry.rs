//! lictunnel's side: the library's session and forwarder, with a listener before them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use lictunnel::ssh::forward::{Destination, Forwarder};
use lictunnel::ssh::prompt::Nobody;
use lictunnel::ssh::route::{Addresses, Resolve};
use lictunnel::ssh::session::{HostKeys, Judgement, Known, Means, Session};
use lictunnel::ssh::target::{Agent, Method, Route, Target, UnknownHost};
use lictunnel::tasks::Tasks;
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use tokio::net::TcpListener;

use super::sshd::account;
use super::{Outcome, child};

/// The most forwards at a time.
const MOST: usize = 10_000;

/// What is to be carried over what.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// The ssh server, on the loopback.
    #[arg(long)]
    over: SocketAddr,
    /// A command whose standard input and output lead there.
    #[arg(long)]
    line: Option<String>,
    /// The file with its public key.
    #[arg(long)]
    host_key: PathBuf,
    /// The file with the user's key.
    #[arg(long)]
    identity: PathBuf,
    /// Where the ssh server is to connect to.
    #[arg(long)]
    to: SocketAddr,
}

/// Carries connections from a free port until standard input ends.
pub(crate) async fn run(flags: &Flags) -> Outcome<()> {
    let tasks = Tasks::new();
    let means = Means {
        resolve: Arc::new(Literal(flags.over.ip())),
        host_keys: Arc::new(Only(PublicKey::read_openssh_file(&flags.host_key)?)),
        prompt: Arc::new(Nobody),
        tasks: tasks.clone(),
    };
    let session = Session::open(&target(flags)?, &means).await?;
    let forwarder = Forwarder::new(MOST, &tasks);
    forwarder.carry_over(Some(&session));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let to = Destination { host: flags.to.ip().to_string(), port: flags.to.port() };
    child::until_orphaned(listener.local_addr()?, async {
        loop {
            let slot = forwarder.slot().await;
            if let Ok((local, _)) = listener.accept().await {
                let (forwarder, to) = (forwarder.clone(), to.clone());
                drop(tasks.spawn(async move { forwarder.forward(slot, local, &to).await }));
            }
        }
    })
    .await
}

fn target(flags: &Flags) -> Outcome<Target> {
    let host = flags.over.ip().to_string();
    Ok(Target {
        revoked_host_keys: None,
        typed: host.clone(),
        host,
        port: flags.over.port(),
        user: account()?,
        route: flags.line.clone().map_or(Route::Direct, Route::Command),
        host_key_alias: None,
        unknown_host: UnknownHost::Refuse,
        user_known_hosts: Vec::new(),
        global_known_hosts: Vec::new(),
        hash_known_hosts: false,
        identities: vec![flags.identity.clone()],
        identities_only: true,
        certificates: Vec::new(),
        agent: Agent::Off,
        methods: vec![Method::PublicKey],
        batch: true,
        connect_timeout: None,
    })
}

/// Knows one address.
struct Literal(IpAddr);

impl Resolve for Literal {
    fn addresses<'a>(&'a self, _: &'a str) -> Addresses<'a> {
        Box::pin(async { Ok(vec![self.0]) })
    }
}

/// Knows one host.
struct Only(PublicKey);

impl HostKeys for Only {
    fn known(&self, _: &Target) -> Known {
        Known { algorithms: vec![self.0.algorithm()], authority: false }
    }

    fn judge<'a>(&'a self, _: &'a Target, key: &'a PublicKeyOrCertificate) -> Judgement<'a> {
        let same = key.public_key().key_data() == self.0.key_data();
        Box::pin(async move { if same { Ok(()) } else { Err("it is another host".into()) } })
    }
}
