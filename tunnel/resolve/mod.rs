//! The server's real address, past our own override in the hosts file.
//!
//! While a tunnel is up, the hosts file gives the server's name a loopback address, and everything on this machine that
//! reads that file answers with it: the system's resolver, but systemd-resolved and dnsmasq as well. So the ways to an address
//! are tried from the best to the last resort, and an answer that leads back here counts for nothing, whoever gave it. Our
//! own line in the hosts file is such an answer; what the user wrote there about the server goes before all name servers, as it
//! does for the system.
//!
//! | way | what it keeps | where |
//! |---|---|---|
//! | [`Literal`](Rung::Literal) | the host is an address, or `localhost` | everywhere |
//! | [`HostsFile`](Rung::HostsFile) | entries of the user's own | everywhere |
//! | [`Resolved`](Rung::Resolved) | split DNS by link, LLMNR, mDNS; told to leave the hosts file alone | Linux |
//! | [`Uplinks`](Rung::Uplinks) | the name servers behind systemd-resolved, asked by ourselves | Linux |
//! | [`System`](Rung::System) | the system's name servers, search domains and `ndots` | everywhere |
//! | [`LastKnown`](Rung::LastKnown) | the answer of last time | everywhere |
//!
//! What is not covered: on macOS, name servers that hold for one domain only (`/etc/resolver`, most VPNs); on Windows, the
//! name resolution policy table (NRPT). There `HostName` in `~/.ssh/config` can give the address, and the last known address
//! helps once the name was resolved.
//!
//! ```no_run
//! use std::sync::Arc;
//! use lictunnel::resolve::{Places, Resolver};
//!
//! # fn clock() -> std::time::SystemTime { std::time::UNIX_EPOCH }
//! # async fn example() -> Result<(), lictunnel::resolve::Unresolved> {
//! let places = Places::system("/etc/hosts".into(), Some("/home/me/.local/state/lictunnel/addresses.json".into()));
//! let resolver = Resolver::new(places, Arc::new(|_| false), clock);
//! let answer = resolver.addresses("lic1").await?;
//! println!("{:?}, from {}", answer.addresses, answer.rung);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

mod dns;
mod hosts_file;
mod last_known;
mod usable;
#[cfg(unix)]
mod varlink;

/// How long one way may take.
const RUNG: Duration = Duration::from_secs(3);

/// The longest name (RFC 1035 section 2.3.4, in text form).
const LONGEST_NAME: usize = 253;

/// A way to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// The host was written as an address.
    Literal,
    /// The hosts file, without what leads to this machine.
    HostsFile,
    /// systemd-resolved over its varlink socket.
    Resolved,
    /// The name servers that systemd-resolved asks.
    Uplinks,
    /// The system's name servers.
    System,
    /// The answer of last time.
    LastKnown,
}

impl Rung {
    /// The ways to the address of a name, in the order in which they are tried.
    const LADDER: &[Self] = if cfg!(target_os = "linux") {
        &[Self::HostsFile, Self::Resolved, Self::Uplinks, Self::System, Self::LastKnown]
    } else {
        &[Self::HostsFile, Self::System, Self::LastKnown]
    };
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Literal => "the address itself",
            Self::HostsFile => "the hosts file",
            Self::Resolved => "systemd-resolved",
            Self::Uplinks => "the name servers behind systemd-resolved",
            Self::System => "the system's name servers",
            Self::LastKnown => "the address of last time",
        })
    }
}

/// Where a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its addresses, at least one, as they were given.
    pub addresses: Vec<IpAddr>,
    /// Who gave them.
    pub rung: Rung,
    /// How old the answer is; only [`Rung::LastKnown`] has an age.
    pub age: Option<Duration>,
}

/// A host without a usable address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// What was looked for.
    pub host: String,
    /// What came of each way, in the order of trial.
    pub failures: Vec<(Rung, String)>,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = "check the name, or give the address as HostName in ~/.ssh/config";
        write!(f, "no usable address of {:?} was found; {remedy}", self.host)?;
        for (index, (rung, why)) in self.failures.iter().enumerate() {
            write!(f, "{} {rung}: {why}", if index == 0 { "; what was asked:" } else { ";" })?;
        }
        if is_multicast(&self.host) {
            f.write_str(
                "; names in .local are answered by multicast DNS, which needs systemd-resolved here",
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Unresolved {}

fn is_multicast(host: &str) -> bool {
    host.trim_end_matches('.').to_ascii_lowercase().ends_with(".local")
}

/// The files that the ways read.
#[derive(Debug, Clone)]
pub struct Places {
    /// The varlink socket of systemd-resolved.
    pub resolved: PathBuf,
    /// The name servers that systemd-resolved asks.
    pub uplinks: PathBuf,
    /// The system's name servers; `None`: wherever this system keeps them.
    pub resolv_conf: Option<PathBuf>,
    /// The hosts file.
    pub hosts: PathBuf,
    /// Where the answers are kept for next time; `None`: nowhere.
    pub state: Option<PathBuf>,
}

impl Places {
    /// The usual places of this system.
    pub fn system(hosts: PathBuf, state: Option<PathBuf>) -> Self {
        Self {
            resolved: "/run/systemd/resolve/io.systemd.Resolve".into(),
            uplinks: "/run/systemd/resolve/resolv.conf".into(),
            resolv_conf: None,
            hosts,
            state,
        }
    }
}

/// Whether an address is one that lictunnel gave out on this machine. Not to be said of 127.0.0.1, where other people's forwards
/// end (`HostName 127.0.0.1` with a port in `~/.ssh/config`).
pub type IsOurs = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Finds addresses.
#[derive(Clone)]
pub struct Resolver {
    places: Places,
    is_ours: IsOurs,
    wall: fn() -> SystemTime,
    dns_port: u16,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver that refuses addresses which are ours, with this clock.
    pub fn new(places: Places, is_ours: IsOurs, wall: fn() -> SystemTime) -> Self {
        Self { places, is_ours, wall, dns_port: dns::PORT }
    }

    /// The addresses of a host name, or of an address written out. A good answer is kept for next time, as far as the state
    /// file can be written. Takes at most 3 seconds for each way.
    ///
    /// # Errors
    /// No way led to an address outside this machine.
    pub async fn addresses(&self, host: &str) -> Result<Answer, Unresolved> {
        let unresolved = |failures| Unresolved { host: host.to_owned(), failures };
        if let Some(addresses) = usable::literal(host) {
            return match addresses.iter().find(|address| (self.is_ours)(**address)) {
                Some(ours) => {
                    Err(unresolved(vec![(Rung::Literal, format!("{ours} is this end of a tunnel of ours"))]))
                }
                None => Ok(Answer { addresses, rung: Rung::Literal, age: None }),
            };
        }
        if host.is_empty() || host.len() > LONGEST_NAME || host.contains(|c: char| c.is_control() || c == ' ')
        {
            return Err(unresolved(vec![(
                Rung::Literal,
                "it is neither a host name nor an address".to_owned(),
            )]));
        }
        let mut failures = Vec::new();
        for rung in Rung::LADDER {
            let answered = timeout(RUNG, self.ask(*rung, host)).await;
            let answered = answered.unwrap_or_else(|_| Err(format!("no answer within {} s", RUNG.as_secs())));
            match answered.and_then(|(found, age)| Ok((usable::usable(&found, &*self.is_ours)?, age))) {
                Ok((addresses, age)) => {
                    if age.is_none() {
                        self.keep(host, &addresses);
                    }
                    return Ok(Answer { addresses, rung: *rung, age });
                }
                Err(why) => failures.push((*rung, why)),
            }
        }
        Err(unresolved(failures))
    }

    /// What one way says, and how old that is.
    async fn ask(&self, rung: Rung, host: &str) -> Result<(Vec<IpAddr>, Option<Duration>), String> {
        let usable = |found: &[IpAddr]| usable::usable(found, &*self.is_ours);
        let fresh = |found| (found, None);
        match rung {
            Rung::Literal => Err("it is no address".to_owned()),
            Rung::HostsFile => hosts_file::find(&self.places.hosts, host).await.map(fresh),
            #[cfg(unix)]
            Rung::Resolved => varlink::resolve(&self.places.resolved, host).await.map(fresh),
            #[cfg(not(unix))]
            Rung::Resolved => Err("there is none on this system".to_owned()),
            Rung::Uplinks => {
                let servers = dns::servers_in(&self.places.uplinks, self.dns_port).await?;
                dns::ask(servers, host, RUNG, usable).await.map(fresh)
            }
            Rung::System => {
                let servers = match &self.places.resolv_conf {
                    Some(path) => dns::servers_in(path, self.dns_port).await?,
                    None => dns::servers_of_system()?,
                };
                dns::ask(servers, host, RUNG, usable).await.map(fresh)
            }
            Rung::LastKnown => {
                let path = self.places.state.as_deref().ok_or("answers are not kept")?;
                let (found, age) = last_known::recall(path, host, (self.wall)())?;
                Ok((found, Some(age)))
            }
        }
    }

    fn keep(&self, host: &str, addresses: &[IpAddr]) {
        let Some(path) = &self.places.state else { return };
        if let Err(error) = last_known::keep(path, host, addresses, (self.wall)()) {
            tracing::debug!(%error, "the address of {host:?} is not kept for next time");
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
