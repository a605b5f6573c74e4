//! The heart of the matter: the master answers `port@host`, and the client goes there.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use licgate::server::{Located, Master};
use licgate::{Licence, Wait};
use licgate_core::id::FeatureName;
use licgate_core::wire::Locate;
use licgate_tests::{Host, Proxy, Site, program, run};

const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Where a tunnel would listen: another address, the same ports.
const TUNNEL: Ipv4Addr = Ipv4Addr::new(127, 77, 1, 1);

/// A host whose SERVER line names a host that nobody here knows.
fn unknown_host() -> (Site, Host) {
    let site = Site::new();
    site.configure("listen = [\"127.0.0.1\"]\n");
    let text = format!(
        "SERVER lic1.invalid {} 0\nVENDOR acme\nFEATURE solver acme 2.1 permanent 5 SIGN=\"\"\n",
        site.hostid()
    );
    site.write_licence(&site.sign(&text));
    let host = Host::start(&site);
    (site, host)
}

#[test]
fn the_master_answers_with_port_and_host_of_the_vendor_daemon() {
    let (_site, host) = unknown_host();
    let address = format!("{}@{SERVER}", host.port()).parse().expect("an address");
    let master = Master::connect(&address, Duration::from_secs(10)).expect("the master answers");
    let answer = master.locate(&Locate::Feature(FeatureName::from("SOLVER"))).expect("an answer");
    let Located::At { vendor, port, host: name } = answer else { panic!("{answer:?}") };
    assert_eq!((vendor.as_str(), port, name.as_str()), ("acme", host.vendor_port(), "lic1.invalid"));
}

#[test]
fn a_client_makes_two_connections_and_falls_back_to_the_host_it_dialled() {
    let (site, host) = unknown_host();
    let proxy = |port| Proxy::between(SocketAddr::from((TUNNEL, port)), SocketAddr::from((SERVER, port)));
    let (master, vendor) = (proxy(host.port()), proxy(host.vendor_port()));
    let licence = Licence::checkout("solver", "2.1")
        .vendor("acme")
        .vendor_key(site.vendor_key())
        .server(format!("{}@{TUNNEL}", host.port()))
        .wait(Wait::No)
        .take()
        .expect("a seat through the proxy");
    assert_eq!((licence.version().as_str(), licence.seats()), ("2.1", 1));
    licence.give_back().expect("the seat goes back");
    let (to_master, to_vendor) = (master.connections(), vendor.connections());
    assert_eq!((to_master.len(), to_vendor.len()), (1, 1), "two connections: {to_master:?} {to_vendor:?}");
    for connection in to_master.iter().chain(&to_vendor) {
        assert!(connection.up > 0 && connection.down > 0, "{connection:?}");
    }
}

#[test]
fn licutil_test_works_through_the_proxy_as_well() {
    let (_site, host) = unknown_host();
    let proxy = |port| Proxy::between(SocketAddr::from((TUNNEL, port)), SocketAddr::from((SERVER, port)));
    let (_master, vendor) = (proxy(host.port()), proxy(host.vendor_port()));
    let (code, said, remarks) =
        run(program("licutil").args(["test", "-c", &format!("{}@{TUNNEL}", host.port()), "solver"]));
    assert_eq!(code, 0, "{said}{remarks}");
    assert!(!vendor.connections().is_empty(), "{said}");
}
