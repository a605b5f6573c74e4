//! Addresses of this machine: the one where it listens for a server, and those by which it is in a network.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};

use crate::failure::Failure;
use crate::loopback::Loopback;
use crate::platform;

/// The server's own address, where it is one of this machine or `alias` makes it one; else 127.0.0.1, which only one server at
/// a time can have, and the user hears of it.
pub(super) async fn usable(
    own: Loopback,
    is_ours: impl Fn(Ipv4Addr) -> bool,
    alias: impl Future<Output = Result<(), Failure>>,
) -> Ipv4Addr {
    if is_ours(own.address()) {
        return own.address();
    }
    let Err(failure) = alias.await else { return own.address() };
    tracing::debug!("{failure}");
    let command = platform::giving_alias(own.address());
    let remedy = command.map(|command| {
        format!("; for an address of its own run, once after each start of the machine:\n  sudo {command}")
    });
    let (here, remedy) = (Ipv4Addr::LOCALHOST, remedy.unwrap_or_default());
    tracing::warn!("{own} cannot be had; using {here}, which only one server at a time can have{remedy}");
    here
}

/// Whether one can listen at an address. What else may fail, it fails for another reason.
pub(super) fn is_ours(address: Ipv4Addr) -> bool {
    match TcpListener::bind((address, 0)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::AddrNotAvailable,
    }
}

/// The addresses by which this machine is in a network; others after it has gone to another network, or lost the one it had.
pub(super) fn of_machine() -> BTreeSet<IpAddr> {
    // Unknown, they are the same every time, and pings alone tell.
    let Ok(interfaces) = getifaddrs::getifaddrs() else { return BTreeSet::new() };
    interfaces.filter_map(|interface| interface.address.ip_addr()).filter(is_in_network).collect()
}

/// Loopback addresses say nothing, and those of a link alone come with every container.
fn is_in_network(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[tokio::test]
    async fn without_rights_a_server_has_to_do_with_127_0_0_1() {
        let own = Loopback::of("lic1", |_| false).unwrap();
        let refused = async || Err(Failure::new(Exit::NotAllowed, "no right"));
        assert_eq!(usable(own, |_| true, refused()).await, own.address());
        assert_eq!(usable(own, |_| false, async { Ok(()) }).await, own.address());
        assert_eq!(usable(own, |_| false, refused()).await, Ipv4Addr::LOCALHOST);
    }

    #[test]
    fn an_address_of_another_machine_is_not_ours() {
        assert!(is_ours(Ipv4Addr::LOCALHOST));
        assert!(!is_ours(Ipv4Addr::new(192, 0, 2, 1)), "it is for documents");
    }

    #[test]
    fn only_addresses_that_others_reach_tell_a_network() {
        let counts = |text: &str| is_in_network(&text.parse().unwrap());
        for address in ["10.1.2.3", "172.17.0.1", "203.0.113.9", "2001:db8::1", "fd00::1"] {
            assert!(counts(address), "{address}");
        }
        for address in ["127.0.0.1", "127.77.3.1", "169.254.7.7", "::1", "fe80::1"] {
            assert!(!counts(address), "{address}");
        }
        assert!(of_machine().iter().all(is_in_network));
    }
}
