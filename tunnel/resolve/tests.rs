//! The ladder against name servers and a systemd-resolved of our own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UdpSocket, UnixListener};

use super::*;

/// What a name server says to a name, in lower case and without the last dot: addresses, or no such name.
type Zone = BTreeMap<&'static str, Vec<IpAddr>>;

fn zone(entries: &[(&'static str, &str)]) -> Zone {
    let mut zone = Zone::new();
    for (name, address) in entries {
        zone.entry(name).or_default().push(ip(address));
    }
    zone
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Answers from the zone for ever.
async fn serve(socket: &UdpSocket, zone: &Zone) {
    let mut query = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut query).await.unwrap();
        socket.send_to(&reply(&query[..length], zone), from).await.unwrap();
    }
}

/// The reply to a query with one question (RFC 1035 section 4).
fn reply(query: &[u8], zone: &Zone) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8(query[at + 1..end].to_vec()).unwrap().to_lowercase());
        at = end;
    }
    let kind = query[at + 2];
    let known = zone.get(&*labels.join("."));
    let records: Vec<Vec<u8>> = known
        .into_iter()
        .flatten()
        .filter_map(|address| match address {
            IpAddr::V4(v4) if kind == 1 => Some(v4.octets().to_vec()),
            IpAddr::V6(v6) if kind == 28 => Some(v6.octets().to_vec()),
            _ => None,
        })
        .collect();
    let rcode = if known.is_some() { 0x80 } else { 0x83 };
    let mut reply =
        [&query[..2], &[0x81, rcode, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]].concat();
    reply.extend(&query[12..at + 5]);
    for data in records {
        reply.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        reply.extend(data);
    }
    reply
}

/// Answers one call over varlink and gives what was asked.
async fn resolved(listener: &UnixListener, reply: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut call = Vec::new();
    BufReader::new(&mut stream).read_until(0, &mut call).await.unwrap();
    stream.write_all(reply.as_bytes()).await.unwrap();
    stream.write_all(&[0]).await.unwrap();
    String::from_utf8(call).unwrap()
}

struct Lab {
    dir: TempDir,
    resolver: Resolver,
}

impl Lab {
    /// A machine without anything but an empty hosts file.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let places = Places {
            resolved: at("resolved"),
            uplinks: at("uplinks"),
            resolv_conf: Some(at("resolv.conf")),
            hosts: at("hosts"),
            state: Some(at("addresses.json")),
        };
        std::fs::write(&places.hosts, "127.0.0.1 localhost\n").unwrap();
        let clock = || UNIX_EPOCH + Duration::from_secs(5000);
        let resolver = Resolver::new(places, Arc::new(|address| address == ip("10.99.0.1")), clock);
        Self { dir, resolver }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    async fn name_server(&mut self) -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        self.resolver.dns_port = socket.local_addr().unwrap().port();
        socket
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    async fn ask(&self, host: &str) -> Result<(Rung, Vec<String>), Unresolved> {
        let answer = self.resolver.addresses(host).await?;
        Ok((answer.rung, answer.addresses.iter().map(ToString::to_string).collect()))
    }
}

fn said(rung: Rung, addresses: &[&str]) -> Result<(Rung, Vec<String>), Unresolved> {
    Ok((rung, addresses.iter().map(ToString::to_string).collect()))
}

#[tokio::test]
async fn both_families_come_from_the_name_server_and_are_kept() {
    let mut lab = Lab::new();
    let socket = lab.name_server().await;
    lab.write("resolv.conf", "nameserver 127.0.0.1\n");
    let zone = zone(&[("lic1.corp.example", "10.0.0.7"), ("lic1.corp.example", "2001:db8::7")]);
    tokio::select! {
        () = serve(&socket, &zone) => {}
        answer = lab.ask("lic1.corp.example") => {
            assert_eq!(answer, said(Rung::System, &["10.0.0.7", "2001:db8::7"]));
        }
    }
    lab.write("resolv.conf", "");
    let answer = lab.resolver.addresses("LIC1.corp.example").await.unwrap();
    assert_eq!((answer.rung, answer.age), (Rung::LastKnown, Some(Duration::ZERO)));
}

#[tokio::test]
async fn search_domains_and_ndots_are_respected() {
    let mut lab = Lab::new();
    let socket = lab.name_server().await;
    lab.write("resolv.conf", "nameserver 127.0.0.1\nsearch a.example b.example\noptions ndots:2\n");
    let zone = zone(&[
        ("lic1.b.example", "10.0.0.7"),
        ("lic2.sub.a.example", "10.0.0.8"),
        ("lic2.sub", "10.0.0.9"),
        ("lic3", "10.0.0.10"),
    ]);
    let asked = async {
        assert_eq!(lab.ask("lic1").await, said(Rung::System, &["10.0.0.7"]));
        assert_eq!(lab.ask("lic2.sub").await, said(Rung::System, &["10.0.0.8"]));
        assert_eq!(lab.ask("lic2.sub.").await, said(Rung::System, &["10.0.0.9"]));
        assert_eq!(lab.ask("lic3").await, said(Rung::System, &["10.0.0.10"]));
    };
    tokio::select! { () = serve(&socket, &zone) => {}, () = asked => {} }
}

#[tokio::test]
async fn what_the_user_wrote_into_the_hosts_file_goes_before_name_servers() {
    let mut lab = Lab::new();
    let socket = lab.name_server().await;
    lab.write("resolv.conf", "nameserver 127.0.0.1\n");
    lab.write("hosts", "127.77.3.1 lic1 # lictunnel v1\n10.0.0.7 lic1\n127.77.3.2 lic2 # lictunnel v1\n");
    let zone = zone(&[("lic1", "192.0.2.7"), ("lic2", "192.0.2.8")]);
    let asked = async {
        assert_eq!(lab.ask("lic1").await, said(Rung::HostsFile, &["10.0.0.7"]));
        assert_eq!(lab.ask("lic2").await, said(Rung::System, &["192.0.2.8"]));
    };
    tokio::select! { () = serve(&socket, &zone) => {}, () = asked => {} }
}

#[tokio::test]
async fn a_name_server_that_reads_our_override_is_passed_over() {
    let mut lab = Lab::new();
    let socket = lab.name_server().await;
    lab.write("uplinks", "nameserver 127.0.0.1\n");
    lab.write("hosts", "127.77.3.2 lic2\n10.99.0.1 lic2\n");
    let zone = zone(&[("lic2", "10.99.0.1")]);
    let failed = tokio::select! { () = serve(&socket, &zone) => return, failed = lab.ask("lic2") => failed };
    let failed = failed.unwrap_err();
    let text = failed.to_string().replace(&lab.dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(text, @r#"no usable address of "lic2" was found; check the name, or give the address as HostName in ~/.ssh/config; what was asked: the hosts file: its answer leads back to this machine (127.77.3.2, 10.99.0.1); systemd-resolved: it does not run here; the name servers behind systemd-resolved: 127.0.0.1: its answer leads back to this machine (10.99.0.1); the system's name servers: there is no DIR/resolv.conf; the address of last time: it was never resolved before"#);
}

#[tokio::test]
async fn the_second_name_server_is_asked_what_the_first_does_not_know() {
    let mut lab = Lab::new();
    // All servers of a resolv.conf listen on the same port, and that of the first may be taken at the other addresses.
    let (first, second, _third) = loop {
        let first = lab.name_server().await;
        let at = |host| UdpSocket::bind((host, lab.resolver.dns_port));
        if let (Ok(second), Ok(third)) = tokio::join!(at("127.0.0.2"), at("127.0.0.3")) {
            break (first, second, third);
        }
    };
    lab.write("resolv.conf", "nameserver 127.0.0.1\nnameserver 127.0.0.2\n");
    let (public, corporate) =
        (zone(&[("lic2", "127.77.3.2")]), zone(&[("lic1", "10.0.0.7"), ("lic2", "10.0.0.8")]));
    let asked = async {
        assert_eq!(lab.ask("lic1").await, said(Rung::System, &["10.0.0.7"]));
        assert_eq!(lab.ask("lic2").await, said(Rung::System, &["10.0.0.8"]));
    };
    tokio::select! {
        () = serve(&first, &public) => {}
        () = serve(&second, &corporate) => {}
        () = asked => {}
    }
    // Nobody answers at the first address now, nor at a third: their shares of the time are lost, the rest is enough.
    lab.write("resolv.conf", "nameserver 127.0.0.1\nnameserver 127.0.0.3\nnameserver 127.0.0.2\n");
    let alone = async { assert_eq!(lab.ask("lic1").await, said(Rung::System, &["10.0.0.7"])) };
    tokio::select! { () = serve(&second, &corporate) => {}, () = alone => {} }
}

#[tokio::test]
async fn resolved_is_asked_before_other_name_servers_and_told_to_leave_the_hosts_file_alone() {
    let lab = Lab::new();
    let listener = UnixListener::bind(lab.path("resolved")).unwrap();
    let reply =
        r#"{"parameters":{"addresses":[{"ifindex":2,"family":2,"address":[10,0,0,7]}],"name":"lic1"}}"#;
    let (call, answer) = tokio::join!(resolved(&listener, reply), lab.ask("lic1"));
    let expected =
        r#"{"method":"io.systemd.Resolve.ResolveHostname","parameters":{"name":"lic1","flags":2048}}"#;
    assert_eq!((&*call, answer), (&*format!("{expected}\0"), said(Rung::Resolved, &["10.0.0.7"])));
    // An old one does not know the flag for the hosts file and answers with the override.
    let reply =
        r#"{"parameters":{"addresses":[{"ifindex":1,"family":2,"address":[127,77,3,1]}],"name":"lic2"}}"#;
    let (_, answer) = tokio::join!(resolved(&listener, reply), lab.ask("lic2"));
    let (rung, why) = &answer.unwrap_err().failures[1];
    assert!(*rung == Rung::Resolved && why.contains("leads back to this machine"), "{why}");
}

#[tokio::test]
async fn what_needs_no_looking_up_is_not_looked_up() {
    let lab = Lab::new();
    assert_eq!(lab.ask("127.0.0.1").await, said(Rung::Literal, &["127.0.0.1"]));
    assert_eq!(lab.ask("[2001:db8::7]").await, said(Rung::Literal, &["2001:db8::7"]));
    for host in ["10.99.0.1", "", "lic 1", "lic1\u{1b}[2J", &"x".repeat(254)] {
        let failed = lab.ask(host).await.unwrap_err();
        assert!(failed.failures.len() == 1 && !failed.to_string().contains('\u{1b}'), "{failed}");
    }
    let failed = lab.ask("lic1.Local.").await.unwrap_err();
    assert!(failed.to_string().contains("multicast DNS"), "{failed}");
}
