//! Asking name servers ourselves, without a hosts file.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hickory_resolver::Resolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::system_conf;
use tokio::time::timeout;

/// Where name servers listen (RFC 1035 section 4.2).
pub(super) const PORT: u16 = 53;

/// More name servers than this are not asked (`MAXNS` of resolv.conf(5)).
const MOST_SERVERS: usize = 3;

/// Name servers, search domains and options.
pub(super) type Servers = (ResolverConfig, ResolverOpts);

/// The name servers in a file of the form of resolv.conf(5), all at `port`.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(super) async fn servers_in(path: &Path, port: u16) -> Result<Servers, String> {
    let text = tokio::fs::read(path).await.map_err(|error| no_file(path, &error))?;
    let (config, options) = system_conf::parse_resolv_conf(text).map_err(|error| error.to_string())?;
    let (domain, search, mut servers) = config.into_parts();
    for connection in servers.iter_mut().flat_map(|server| &mut server.connections) {
        connection.port = port;
    }
    Ok((ResolverConfig::from_parts(domain, search, servers), options))
}

/// There are no such files on this system.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
pub(super) async fn servers_in(path: &Path, _port: u16) -> Result<Servers, String> {
    Err(no_file(path, &std::io::ErrorKind::NotFound.into()))
}

fn no_file(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no {}", path.display()),
        _ => format!("{} cannot be read: {error}", path.display()),
    }
}

/// The name servers that this system is set up with.
pub(super) fn servers_of_system() -> Result<Servers, String> {
    system_conf::read_system_conf().map_err(|error| format!("its settings cannot be read: {error}"))
}

/// The addresses of `name` that `usable` leaves of the answers. The servers are asked one after the other, in their order and
/// each for its share of the time, until one has such addresses: a server that knows nothing of a private domain must not
/// hide the one that does, and one that reads the hosts file must not hide one that does not.
pub(super) async fn ask(
    (config, options): Servers,
    name: &str,
    within: Duration,
    usable: impl Fn(&[IpAddr]) -> Result<Vec<IpAddr>, String>,
) -> Result<Vec<IpAddr>, String> {
    let (domain, search, mut servers) = config.into_parts();
    servers.truncate(MOST_SERVERS);
    let share = within / u32::try_from(servers.len()).unwrap_or(1).max(1);
    let mut failures = Vec::new();
    for server in servers {
        let ip = server.ip;
        let config = ResolverConfig::from_parts(domain.clone(), search.clone(), vec![server]);
        let asked = timeout(share, ask_one(config, options.clone(), share, name)).await;
        let asked = asked.unwrap_or_else(|_| Err("no answer".to_owned()));
        match asked.and_then(|found| usable(&found)) {
            Ok(addresses) => return Ok(addresses),
            Err(why) => failures.push(format!("{ip}: {why}")),
        }
    }
    Err(if failures.is_empty() { "there are none".to_owned() } else { failures.join(", ") })
}

/// Asks one server for both families at once.
async fn ask_one(
    config: ResolverConfig,
    mut options: ResolverOpts,
    share: Duration,
    name: &str,
) -> Result<Vec<IpAddr>, String> {
    options.use_hosts_file = ResolveHosts::Never;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.num_concurrent_reqs = 1;
    // Twice within the share, and a little left for the one family that answered when the other did not.
    options.attempts = 1;
    options.timeout = share * 2 / 5;
    // Windows would ask the user about each port that we choose ourselves.
    options.os_port_selection = cfg!(windows);
    let resolver =
        Resolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options);
    let resolver = resolver.build().map_err(|error| error.to_string())?;
    match resolver.lookup_ip(name).await {
        Ok(answer) => Ok(answer.iter().collect()),
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Ok(Vec::new()),
        Err(NetError::Timeout) => Err("no answer".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
