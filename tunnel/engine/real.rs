//! The world as it is: ssh, sockets, the hosts file.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::ports::{self, Local, LocalPort};
use super::process::Shared;
use super::remote::Over;
use super::rights;
use super::spec::Spec;
use super::trust::{Keys, Names};
use super::world::{Carried, Fate, World};
use super::{address, direct, verify};
use crate::discover::{self, Discovery, Found, Note, discover};
use crate::failure::{Exit, Failure};
use crate::hosts::line::{Override, OwnerId, Process};
use crate::loopback::Loopback;
use crate::plan::{Plan, Port, Wish, left_alone};
use crate::resolve::{Places, Resolver};
use crate::ssh::error::{Handshake, SshError};
use crate::ssh::forward::{self, End, Forwarder};
use crate::ssh::session::{Means, Refused, Session};
use crate::{clock, platform};

/// How long a ping may take.
pub(super) const PING: Duration = Duration::from_secs(5);

/// The world of one tunnel.
pub struct Real {
    spec: Spec,
    address: Loopback,
    means: Means,
    forwarder: Forwarder,
    shared: Arc<Shared>,
    /// Where the listeners are, once that is known.
    here: OnceCell<Ipv4Addr>,
    /// The last look from which a plan came.
    last: Mutex<Option<Look>>,
}

/// What is remembered of a look at the server.
#[derive(Debug, Clone)]
struct Look {
    /// What it found.
    found: Found,
    /// The ports of which one shows that the licence server answers.
    proofs: Vec<u16>,
}

impl Real {
    /// The world of the tunnel that this is about.
    pub fn new(spec: Spec, shared: Arc<Shared>) -> Result<Self, Failure> {
        let address = spec.address()?;
        let state = platform::state_dir().map(|dir| dir.join("addresses.json"));
        // 127.0.0.1 stays open for forwards that other people made; see `Resolver`.
        let is_ours = |ip: IpAddr| matches!(ip, IpAddr::V4(ip) if Loopback::try_from(ip).is_ok());
        let places = Places::system(platform::hosts_path(), state);
        let resolver = Resolver::new(places, Arc::new(is_ours), clock::wall);
        let (prompt, tasks) = (Arc::clone(&shared.prompt), shared.tasks.clone());
        let forwarder = Forwarder::new(ports::most(shared.tunnels()), &tasks);
        let host_keys = Arc::<Keys>::clone(&shared.keys);
        let means = Means { resolve: Arc::new(Names(resolver)), host_keys, prompt, tasks };
        Ok(Self { spec, address, means, forwarder, shared, here: OnceCell::new(), last: Mutex::default() })
    }

    /// What opening a session takes, for those who want to see how far it comes.
    pub(crate) fn means(&self) -> &Means {
        &self.means
    }

    /// What was found out about the ports over this session.
    pub async fn discovery(&self, link: &Session) -> Discovery {
        let hosts = self.hosts(&Found::default(), link);
        discover(&self.request(Some(host_of(link))), &Over { session: link, hosts: &hosts }).await
    }

    /// `called`: the ssh server as the user calls it.
    fn request(&self, called: Option<&str>) -> discover::Request {
        let profile = &self.spec.profile;
        let said = [called, profile.forward_to.as_deref()].into_iter().flatten().map(str::to_owned);
        discover::Request {
            names: self.spec.names().into_iter().chain(said).collect(),
            given: profile.ports.clone(),
            master: profile.master,
            files: profile.licences.clone(),
            variables: self.variables(),
            last: self.last().map(|look| look.found),
            steps: profile.steps,
            to_localhost: profile.forward_to.is_none(),
        }
    }

    /// Where the master daemon listens: as the user says, as it was last time, or as a licence file says. None: nobody knows.
    fn masters(&self) -> Vec<u16> {
        let request = self.request(None);
        if let Some(port) = request.given.first().or(request.master.as_ref()) {
            return vec![*port];
        }
        match self.last() {
            Some(look) => look.proofs,
            None => discover::in_licences(&request).masters().collect(),
        }
    }

    fn last(&self) -> Option<Look> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What may name ports of the server, the command line first.
    fn variables(&self) -> Vec<(String, String)> {
        let said =
            Some(("the command line".to_owned(), self.spec.list())).filter(|(_, list)| !list.is_empty());
        said.into_iter().chain(discover::licence_variables(variables())).collect()
    }

    /// Where the licence server may be in the eyes of the ssh server.
    fn hosts(&self, found: &Found, link: &Session) -> Vec<String> {
        match &self.spec.profile.forward_to {
            Some(host) => vec![host.clone()],
            None => found.hosts().chain([host_of(link)]).map(str::to_owned).collect(),
        }
    }

    /// The plan that a discovery comes to.
    fn plan(&self, discovery: &Discovery, link: &Session, here: Ipv4Addr) -> Result<Plan, Failure> {
        let found = &discovery.found;
        let mut names = self.spec.names();
        let own = found.names().filter(|name| !self.shared.is_anothers(&self.spec.server, name));
        names.extend(own.map(str::to_owned));
        let port =
            |(number, port): (&u16, &discover::Port)| Port { number: *number, role: port.role.clone() };
        let wish = Wish {
            address: IpAddr::V4(here),
            names,
            strange_names: found.strange_names().map(str::to_owned).collect(),
            ports: found.ports().iter().map(port).collect(),
            is_whole: !self.spec.profile.ports.is_empty() || found.is_complete(),
            hosts: self.hosts(found, link),
            is_privileged: is_privileged(),
            tried: discovery.notes.iter().map(ToString::to_string).collect(),
        };
        Plan::make(&wish).map_err(|obstacles| {
            let lines: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
            let failure = Failure::new(Exit::NoPorts, lines.join("\n"));
            failure.with_hint(
                "perhaps the licence server does not run: ask its administrator; else name the ports: --ports 1715,1716, or ports = [1715, 1716] in the profile",
            )
        })
    }

    /// The plan for this session. `note` hears what came of each step of the search.
    pub(crate) async fn find_with(&self, link: &Session, note: impl FnMut(&Note)) -> Result<Plan, Failure> {
        let own = self.address;
        let here = self.here.get_or_init(|| address::usable(own, address::is_ours, self.alias())).await;
        let discovery = self.discovery(link).await;
        discovery.notes.iter().for_each(note);
        let plan = self.plan(&discovery, link, *here)?;
        let found = discovery.found;
        if self.last().is_none_or(|last| !last.found.strange_names().eq(found.strange_names())) {
            left_alone(&plan.strange_names).into_iter().for_each(|told| tracing::warn!("{told}"));
        }
        let look = Look { found, proofs: plan.proofs() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
        Ok(plan)
    }

    /// Makes the server's own address usable.
    async fn alias(&self) -> Result<(), Failure> {
        let block = self.overriding(&[self.spec.name()]);
        let block = block.ok_or_else(|| Failure::new(Exit::No, "the server has no name for a hosts file"))?;
        self.shared.rights.alias(&block).await
    }

    fn overriding(&self, names: &[String]) -> Option<Override> {
        let block = self.spec.block(self.address, names)?;
        let tunnel = Process::running(block.pid)?;
        Some(Override { id: block.id, tunnel, address: block.address, names: block.names })
    }
}

/// The ssh server as the user, or the ssh configuration, calls it.
fn host_of(link: &Session) -> &str {
    link.at().rsplit_once(':').map_or(link.at(), |(host, _)| host)
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

    async fn answers_directly(&self) -> bool {
        let ports = self.masters();
        for name in self.spec.names() {
            if let Ok(addresses) = self.means.resolve.addresses(&name).await
                && direct::answers(&addresses, &ports, direct::connects).await
            {
                return true;
            }
        }
        false
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let target = self.spec.target().await?;
        let session = Session::open(&target, &self.means).await.map_err(|error| failure(&error))?;
        self.forwarder.carry_over(Some(&session));
        Ok(session)
    }

    async fn find(&self, link: &Session) -> Result<Plan, Failure> {
        self.find_with(link, |note| tracing::debug!("{note}")).await
    }

    fn listen(&self, address: IpAddr, port: u16) -> Result<LocalPort, Failure> {
        LocalPort::listen(SocketAddr::new(address, port), self.forwarder.clone())
    }

    async fn verify(&self, link: &Session, plan: &Plan) -> Result<String, Failure> {
        verify::verify(link, plan).await
    }

    async fn carry(&self, _link: &Session, client: Local, host: &str, port: u16) -> Carried {
        let to = forward::Destination { host: host.to_owned(), port };
        match self.forwarder.forward(client.slot, client.stream, &to).await {
            Ok(carried) => {
                let has_left = carried.end == End::ServerFirst;
                let fate = if has_left { Fate::Left } else { Fate::Carried };
                Carried { up: carried.up, down: carried.down, fate }
            }
            Err(why) => {
                tracing::debug!(port, %why, "a connection is not carried");
                let is_closed = why == Refused::ConnectFailed;
                Carried { up: 0, down: 0, fate: if is_closed { Fate::PortClosed } else { Fate::NotCarried } }
            }
        }
    }

    async fn set(&self, plan: &Plan) -> Result<(), Failure> {
        if plan.address != self.address.address() {
            // There were no rights to have the server's own address.
            return Err(rights::by_hand(plan));
        }
        let no_name = || rights::unchanged("no usable name");
        let wish = self.spec.block(self.address, &plan.names).ok_or_else(no_name)?;
        let block = self.overriding(&plan.names);
        let block = block.ok_or_else(|| rights::unchanged("this process cannot be told apart"))?;
        self.shared.rights.put(wish, &block).await
    }

    async fn restore(&self) {
        self.shared.rights.give_back(OwnerId::of(&self.spec.name())).await;
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

    fn addresses(&self) -> BTreeSet<IpAddr> {
        address::of_machine()
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without chance the waits are only more alike.
        getrandom::fill(&mut bytes).ok();
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }
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
