//! The world as it is: ssh, sockets, the hosts file.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::trust::{Keys, Names};
use super::world::{Carried, Client, Door, Fate, World};
use crate::discover::{self, Cause, Discovery, Remote, discover};
use crate::failure::{Exit, Failure};
use crate::hosts::client::{Helper, Put, Started};
use crate::hosts::edit::entries;
use crate::hosts::file::HostsFile;
use crate::hosts::lend::{Announcement, ByHand, Way};
use crate::hosts::line::{Override, OwnerId, Process};
use crate::hosts::name::{HostName, Names as HostNames};
use crate::hosts::protocol::Wish as Block;
use crate::loopback::Loopback;
use crate::plan::{Busy, Plan, Port, Wish};
use crate::profile::Profile;
use crate::resolve::{Places, Resolver};
use crate::ssh::config::{Destination, Request, evaluate};
use crate::ssh::error::{Handshake, SshError};
use crate::ssh::forward::{self, Forwarder, Slot};
use crate::ssh::prompt::Prompt;
use crate::ssh::session::{Limits, Means, Refused, Session};
use crate::ssh::target::Target;
use crate::tasks::Tasks;
use crate::{clock, platform};

/// Connections of all ports at the same time.
const MOST: usize = 4096;
/// Connections that the system keeps for us while we are busy.
const BACKLOG: u32 = 1024;
/// How long a ping may take.
const PING: Duration = Duration::from_secs(5);
/// How long a connection to the licence server may take, for each host that it may be at.
const REACH: Duration = Duration::from_secs(10);
/// How long nothing is accepted after the system had no more files.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// What a tunnel is about.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The server, as typed or by the name of its profile.
    pub server: String,
    /// What is kept about it.
    pub profile: Profile,
    /// Whether a person can be asked for a password.
    pub at_terminal: bool,
}

impl Spec {
    /// What one would type after `ssh`.
    pub fn destination(&self) -> Result<Destination, Failure> {
        let typed = self.profile.ssh.as_deref().unwrap_or(&self.server);
        typed.parse().map_err(|error| Failure::new(Exit::BadConfig, format!("{error}")))
    }

    /// Whom to call and how.
    pub async fn target(&self) -> Result<Target, Failure> {
        let profile = &self.profile;
        let request = Request {
            user: profile.user.clone(),
            identities: profile.identities.clone(),
            jump: profile.jump.clone(),
            ..Request::new(self.destination()?)
        };
        let evaluated = evaluate(&request).await;
        let evaluated = evaluated.map_err(|error| Failure::new(Exit::BadConfig, error.to_string()))?;
        evaluated.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
        Ok(evaluated.target)
    }

    /// The name by which the server is known here: without account and port.
    pub fn name(&self) -> String {
        self.server.parse::<Destination>().map_or_else(|_| self.server.clone(), |typed| typed.host)
    }

    /// The server's address on this machine.
    pub fn address(&self) -> Result<Loopback, Failure> {
        if let Some(pinned) = self.profile.address {
            return Ok(pinned);
        }
        let own = OwnerId::of(&self.name());
        let file = HostsFile::system().read().unwrap_or_default();
        let blocks: Vec<_> = entries(&file).into_iter().filter_map(|entry| entry.block).collect();
        let is_taken = |address| blocks.iter().any(|block| block.address == address && block.id != own);
        Loopback::of(&self.name(), is_taken).ok_or_else(|| {
            Failure::new(Exit::PortTaken, "no loopback address is free")
                .with_hint("pin one in the profile: address = \"127.77.3.1\"")
        })
    }

    /// The block that the hosts file is to have for `names`; `None` when none of them can stand in it.
    pub fn block(&self, address: Loopback, names: &[String]) -> Option<Block> {
        let names = names.iter().filter_map(|name| HostName::parse(name).ok());
        let names = HostNames::new(names).ok()?;
        Some(Block { id: OwnerId::of(&self.name()), pid: std::process::id(), address, names })
    }
}

/// The world of one tunnel.
pub struct Real {
    spec: Spec,
    address: Loopback,
    means: Means,
    forwarder: Forwarder,
    helper: Mutex<Option<Helper>>,
}

impl Real {
    /// The world of a tunnel at this address.
    pub fn new(spec: Spec, prompt: Arc<dyn Prompt>, tasks: &Tasks) -> Result<Self, Failure> {
        let address = spec.address()?;
        let state = platform::state_dir().map(|dir| dir.join("addresses.json"));
        // 127.0.0.1 stays open for forwards that other people made; see `Resolver`.
        let is_ours = |ip: IpAddr| matches!(ip, IpAddr::V4(ip) if Loopback::try_from(ip).is_ok());
        let places = Places::system(platform::hosts_path(), state);
        let resolver = Resolver::new(places, Arc::new(is_ours), clock::wall);
        let host_keys = Arc::new(Keys(Arc::clone(&prompt)));
        let means = Means { resolve: Arc::new(Names(resolver)), host_keys, prompt, tasks: tasks.clone() };
        let forwarder = Forwarder::new(MOST, tasks);
        Ok(Self { spec, address, means, forwarder, helper: Mutex::new(None) })
    }

    /// What was found out about the ports over this session.
    pub async fn discovery(&self, link: &Session) -> Discovery {
        let profile = &self.spec.profile;
        let mut names = vec![self.spec.name()];
        names.extend(profile.names.iter().cloned());
        let request = discover::Request {
            names,
            given: profile.ports.clone(),
            master: profile.master,
            files: profile.licences.clone(),
            variables: discover::licence_variables(variables()),
            steps: profile.steps,
            to_localhost: profile.forward_to.is_none(),
        };
        let hosts = self.hosts([]);
        discover(&request, &Over { session: link, hosts: &hosts }).await
    }

    /// Where the licence server may be in the eyes of the ssh server.
    fn hosts<'a>(&self, found: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        match &self.spec.profile.forward_to {
            Some(host) => vec![host.clone()],
            None => found.into_iter().map(str::to_owned).chain(["localhost".to_owned()]).collect(),
        }
    }

    /// The plan that a discovery comes to.
    fn plan(&self, discovery: &Discovery) -> Result<Plan, Failure> {
        let found = &discovery.found;
        let mut names = vec![self.spec.name()];
        names.extend(self.spec.profile.names.iter().cloned());
        names.extend(found.names().map(str::to_owned));
        let port =
            |(number, port): (&u16, &discover::Port)| Port { number: *number, role: port.role.clone() };
        let wish = Wish {
            server: self.spec.server.clone(),
            address: IpAddr::V4(self.address.address()),
            names,
            ports: found.ports().iter().map(port).collect(),
            hosts: self.hosts(found.names()),
            // Who holds a port shows when it is to be listened on.
            busy: Vec::new(),
            is_privileged: is_privileged(),
            tried: discovery.notes.iter().map(ToString::to_string).collect(),
        };
        Plan::make(&wish).map_err(|obstacles| {
            let lines: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
            let failure = Failure::new(Exit::NoPorts, lines.join("\n"));
            failure.with_hint("name the ports: --ports 1715,1716, or ports = [1715, 1716] in the profile")
        })
    }

    /// The helper, started when it is first wanted.
    async fn with_helper(
        &self,
        block: &Override,
    ) -> Result<tokio::sync::MutexGuard<'_, Option<Helper>>, Failure> {
        let mut held = self.helper.lock().await;
        if held.is_none() {
            let way = Way::here(self.spec.at_terminal);
            if matches!(way, Way::Lent { .. }) {
                tracing::info!("{}", Announcement(block));
            }
            let program = program()?;
            match Helper::start(&program, &way).await {
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

    async fn alias(&self) -> Result<(), Failure> {
        if platform::giving_alias(self.address.address()).is_none() {
            return Ok(());
        }
        let Some(block) = self.overriding(&[self.spec.name()]) else { return Ok(()) };
        let mut held = self.with_helper(&block).await?;
        match held.as_mut() {
            Some(helper) => match helper.alias(self.address).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(no_right(&block, "")),
            },
            None => Ok(()),
        }
    }

    fn overriding(&self, names: &[String]) -> Option<Override> {
        let block = self.spec.block(self.address, names)?;
        let tunnel = Process::running(block.pid)?;
        Some(Override { id: block.id, tunnel, address: block.address, names: block.names })
    }
}

fn no_right(block: &Override, said: &str) -> Failure {
    if !said.is_empty() {
        tracing::debug!(said, "no rights");
    }
    Failure::new(Exit::NotAllowed, ByHand(block).to_string())
        .with_hint("on Linux `lictunnel run SERVER -- APP` needs no rights")
}

/// The program itself, for helpers.
pub fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new(Exit::NoFile, format!("this program cannot be found: {error}")))
}

/// Variables that are text; others name no licences.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn is_privileged() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    true
}

impl World for Real {
    type Link = Session;
    type Door = LocalPort;

    async fn connect(&self) -> Result<Session, Failure> {
        let target = self.spec.target().await?;
        let session = Session::open(&target, &self.means).await.map_err(|error| failure(&error))?;
        self.forwarder.carry_over(Some(&session));
        Ok(session)
    }

    async fn find(&self, link: &Session) -> Result<Plan, Failure> {
        self.alias().await?;
        let discovery = self.discovery(link).await;
        discovery.notes.iter().for_each(|note| tracing::debug!("{note}"));
        self.plan(&discovery)
    }

    fn listen(&self, address: IpAddr, port: u16) -> Result<LocalPort, Failure> {
        let at = SocketAddr::new(address, port);
        let listener = bind(at).map_err(|error| cannot_listen(at, &error))?;
        Ok(LocalPort { listener, forwarder: self.forwarder.clone() })
    }

    async fn verify(&self, link: &Session, plan: &Plan) -> Result<String, Failure> {
        let mut tried = Vec::new();
        for host in &plan.hosts {
            for port in plan.proofs() {
                match timeout(REACH, link.stream_to(host, port)).await {
                    Ok(Ok(_)) => return Ok(host.clone()),
                    Ok(Err(Refused::Prohibited)) => {
                        let message = format!("{} forbids the way to {host}:{port}", link.at());
                        let failure = Failure::new(Exit::NotAllowed, message);
                        return Err(failure.with_hint(
                            "ask its administrator to allow it: AllowTcpForwarding, PermitOpen in sshd_config",
                        ));
                    }
                    Ok(Err(why)) => tried.push(format!("{host}:{port}: {why}")),
                    Err(_) => tried.push(format!("{host}:{port}: no answer")),
                }
            }
        }
        let message =
            format!("the licence server does not answer through {}: {}", link.at(), tried.join("; "));
        let hint =
            "check the port numbers, and that the licence server runs; --forward-to names another host";
        Err(Failure::new(Exit::NotServing, message).with_hint(hint))
    }

    async fn carry(&self, _link: &Session, client: Local, host: &str, port: u16) -> Carried {
        let to = forward::Destination { host: host.to_owned(), port };
        match self.forwarder.forward(client.slot, client.stream, &to).await {
            Ok(carried) => Carried { up: carried.up, down: carried.down, fate: Fate::Carried },
            Err(why) => {
                tracing::debug!(port, %why, "a connection is not carried");
                let is_closed = why == Refused::ConnectFailed;
                Carried { up: 0, down: 0, fate: if is_closed { Fate::PortClosed } else { Fate::NotCarried } }
            }
        }
    }

    async fn set(&self, plan: &Plan) -> Result<(), Failure> {
        let bad = |what: &str| Failure::new(Exit::NoFile, format!("the hosts file is not changed: {what}"));
        let wish = self.spec.block(self.address, &plan.names).ok_or_else(|| bad("no usable name"))?;
        let block = self.overriding(&plan.names).ok_or_else(|| bad("this process cannot be told apart"))?;
        let mut held = self.with_helper(&block).await?;
        let Some(helper) = held.as_mut() else { return Err(no_right(&block, "")) };
        match helper.put(wish).await {
            Ok(Put::Done(conflicts)) => {
                conflicts.iter().for_each(|conflict| tracing::warn!("{conflict}"));
                Ok(())
            }
            Ok(Put::NoPrivilege) => Err(no_right(&block, "")),
            Ok(Put::Refused(why)) => Err(bad(&why)),
            Err(error) => Err(bad(&error.to_string())),
        }
    }

    async fn restore(&self) {
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

    async fn ping(&self, link: &Session) -> Option<Duration> {
        link.ping(PING).await
    }

    async fn lost(&self, link: &Session) -> String {
        link.closed().await.to_string()
    }

    fn peer(&self, link: &Session) -> String {
        link.at().to_owned()
    }

    async fn leave(&self, link: Arc<Session>) {
        match Arc::into_inner(link) {
            Some(session) => session.close().await,
            // Connections that did not end in time hold it.
            None => self.forwarder.carry_over(None),
        }
    }

    fn cut(&self, link: &Session) {
        link.cut();
    }

    fn slept(&self) -> Duration {
        clock::slept()
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without chance the waits are only more alike.
        getrandom::fill(&mut bytes).ok();
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }
}

/// A port of this machine.
pub struct LocalPort {
    listener: TcpListener,
    forwarder: Forwarder,
}

/// A connection of an application.
pub struct Local {
    stream: TcpStream,
    slot: Slot,
}

impl Door for LocalPort {
    type Client = Local;

    async fn accept(&mut self) -> Local {
        // Room first: what we have no room for waits in the kernel.
        let slot = self.forwarder.slot().await;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return Local { stream, slot },
                Err(error) => {
                    tracing::debug!(%error, "cannot accept");
                    sleep(EXHAUSTED).await;
                }
            }
        }
    }
}

impl Client for Local {
    fn reset(self) {
        // Without it the application sees an orderly end, and does not try again.
        drop(self.stream.set_zero_linger());
    }
}

fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> Failure {
    let owner = match at.ip() {
        IpAddr::V4(address) => platform::port_owner(address, at.port()),
        IpAddr::V6(_) => None,
    };
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => {
            let busy = Busy { port: at.port(), owner: owner.map(|owner| owner.to_string()) };
            crate::plan::Obstacle::Busy(busy, at.ip()).to_string()
        }
        _ => format!("cannot listen on {at}: {error}"),
    };
    Failure::new(Exit::PortTaken, message)
}

fn failure(error: &SshError) -> Failure {
    let exit = match error {
        SshError::HostKey { .. } => Exit::HostKey,
        SshError::Handshake { why: Handshake::NoCommon(..), .. } => Exit::BadConfig,
        SshError::Login { .. } if error.is_final() => Exit::NotAllowed,
        SshError::Login { .. }
        | SshError::Resolve { .. }
        | SshError::Dial { .. }
        | SshError::Proxy { .. }
        | SshError::Jump { .. }
        | SshError::Handshake { .. } => Exit::Unreachable,
    };
    Failure::new(exit, error.to_string())
}

/// A server through a session, for discovery.
struct Over<'a> {
    session: &'a Session,
    hosts: &'a [String],
}

impl Remote for Over<'_> {
    type Stream = russh::ChannelStream<russh::client::Msg>;

    async fn exec(&self, command: &str, most: usize, within: Duration) -> Result<Vec<u8>, Cause> {
        let output = self.session.exec(command, Limits { bytes: most, time: within }).await?;
        Ok(output.stdout)
    }

    async fn open(&self, port: u16) -> Result<Self::Stream, Cause> {
        let mut last = Refused::Ended;
        for host in self.hosts {
            match self.session.stream_to(host, port).await {
                Ok(stream) => return Ok(stream),
                Err(why) => last = why,
            }
        }
        Err(last.into())
    }
}
