//! A whole vendor daemon in this process: real files, journal, TLS and frames; the test plays the master.

mod settings;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use licgate_core::code::Code;
use licgate_core::ledger::Holder;
use licgate_core::licence::Claim;
use licgate_core::time::Date;
use licgate_core::wire::{Checkout, ClientMsg, Hello, PROTOCOL, ServerMsg};
use licgate_machine::keys::write_private;
use tokio::io::join;
use tokio::net::TcpStream;
use tokio::net::unix::pipe::pipe;
use tokio_rustls::TlsConnector;

use super::load::tests::Host;
use super::*;
use crate::config::Config;
use crate::flags::CommonFlags;
use crate::log::{Outlet, Sink};
use crate::net::Conn;
use crate::tasks::Tasks;
use crate::vendor::bench::{id, version};

type Client = Conn<tokio_rustls::client::TlsStream<TcpStream>>;

/// Long enough for what a test lets go of at once.
const WAITS: Waits = Waits { leaving: Duration::from_secs(1), port: Duration::from_secs(1) };

/// The limit of connections, and of requests that wait.
const CONNECTIONS: u16 = 8;

/// A vendor daemon, and the master's end of its line.
struct Scene {
    master: Parent,
    tasks: Tasks,
    life: tokio::task::JoinHandle<Result<(), Failure>>,
    port: u16,
    /// Where its lines go.
    log: Outlet,
    /// The warning that the master heard last.
    warning: Option<String>,
}

fn setup(state_dir: &Path) -> Setup {
    Setup {
        config: Config {
            listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            connections: CONNECTIONS.into(),
            ..Config::default()
        },
        state_dir: state_dir.to_owned(),
        tasks: Tasks::new(),
        zone: Local::system(),
        log: Outlet::new(Sink::Stderr, Local::system()),
        flags: CommonFlags::default(),
    }
}

fn line() -> (Parent, Parent) {
    let ((down, from_master), (up, from_vendor)) = (pipe().unwrap(), pipe().unwrap());
    let (mut near, mut far) = (Conn::new(join(from_master, up)), Conn::new(join(from_vendor, down)));
    near.trust();
    far.trust();
    (near, far)
}

async fn build(host: &Host) -> Result<(Vendor, Parent), Failure> {
    let (near, far) = line();
    Ok((build_on(near, host).await?, far))
}

async fn build_on(line: Parent, host: &Host) -> Result<Vendor, Failure> {
    let state_dir = host.dir.path().join("state");
    std::fs::create_dir_all(&state_dir).unwrap();
    if !state_dir.join("identity.key").exists() {
        write_private(&state_dir.join("identity.key"), &host.identity).unwrap();
    }
    let flags = VendorFlags {
        vendor: "acme".into(),
        licences: vec![host.dir.path().to_owned()],
        common: CommonFlags::default(),
    };
    Vendor::build_for(line, flags, setup(&state_dir), WAITS).await
}

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "the test plays the runner")]
    async fn start(host: &Host) -> Self {
        let (vendor, mut master) = build(host).await.unwrap();
        let (tasks, log) = (vendor.setup.tasks.clone(), vendor.setup.log.clone());
        let life = tokio::spawn(vendor.serve(Orders::default()));
        let ready = master.recv::<VendorMsg>().await.unwrap();
        let Some(VendorMsg::Ready { port, warning }) = ready else { panic!("{ready:?}") };
        Self { master, tasks, life, port, log, warning }
    }

    async fn dial(&self) -> Client {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.unwrap();
        let tls = TlsConnector::from(licgate_tls::client_config().unwrap());
        let mut client = Conn::new(tls.connect(licgate_tls::server_name(), stream).await.unwrap());
        client.trust();
        client
    }

    async fn client(&self) -> Client {
        let mut client = self.dial().await;
        let holder = Holder {
            user: "ann".into(),
            host: "ws1".into(),
            display: ":0".into(),
            pid: 7,
            ..Holder::default()
        };
        let hello = Hello {
            protocol: PROTOCOL,
            program: "test".into(),
            holder,
            machine: HostFacts::default(),
            platform: "x64_lsb".into(),
        };
        let welcome = say(&mut client, ClientMsg::Hello(hello)).await;
        assert!(matches!(welcome, ServerMsg::Welcome(_)), "{welcome:?}");
        client
    }

    async fn reread(&mut self) -> (bool, Vec<String>) {
        self.master.send(&MasterMsg::Reread).await.unwrap();
        loop {
            match self.master.recv::<VendorMsg>().await.unwrap() {
                Some(VendorMsg::Ready { port, warning }) => {
                    assert_eq!(port, self.port);
                    self.warning = warning;
                }
                Some(VendorMsg::Reread { ok, lines }) => return (ok, lines),
                None => panic!("the daemon has gone"),
            }
        }
    }

    async fn end(self) -> Result<(), Failure> {
        let ended = self.life.await.unwrap();
        self.tasks.drain(Duration::from_secs(5)).await;
        ended
    }
}

async fn say(client: &mut Client, message: ClientMsg) -> ServerMsg {
    client.send(&message).await.unwrap();
    client.recv().await.unwrap().unwrap()
}

fn solver(number: u16, seats: u32) -> ClientMsg {
    ClientMsg::Checkout(request(number, seats))
}

fn request(number: u16, seats: u32) -> Checkout {
    Checkout {
        checkout: id(number),
        feature: FeatureName::from("solver"),
        version: version("2.0"),
        seats,
        wait: false,
        data: String::new(),
    }
}

#[tokio::test]
async fn a_seat_with_its_proof_survives_restarts() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let scene = Scene::start(&host).await;
    let mut client = scene.client().await;
    let ServerMsg::Granted(granted) = say(&mut client, solver(1, 1)).await else { panic!("no seat") };
    let key = licgate_core::licence::Signer::new(&[2; 32]).public();
    let claim = Claim {
        vendor: &VendorName::from("acme"),
        feature: &FeatureName::from("solver"),
        version: &version("2.0"),
        seats: 1,
        today: Date::parse("21-nov-2026").unwrap(),
        server_key: host.identity.public().bytes(),
        client: &HostFacts::default(),
    };
    granted.proof.check(&key, &claim).unwrap();
    // The master is gone: the daemon ends, its clients come back to the next one.
    let Scene { master, tasks, life, .. } = scene;
    drop(master);
    assert_eq!(life.await.unwrap().unwrap_err().exit, Exit::MasterLost);
    tasks.drain(Duration::from_secs(5)).await;

    let mut scene = Scene::start(&host).await;
    let mut other = scene.client().await;
    let denied = say(&mut other, solver(2, 1)).await;
    assert!(matches!(denied, ServerMsg::Denied { code: Code::ALL_IN_USE, .. }), "{denied:?}");
    let mut back = scene.client().await;
    let ServerMsg::Granted(again) = say(&mut back, ClientMsg::Resume { checkout: id(1) }).await else {
        panic!("the seat is lost")
    };
    assert_eq!((again.lease, again.epoch), (granted.lease, granted.epoch + 1));
    let returned = say(&mut back, ClientMsg::Checkin { checkout: id(1), epoch: again.epoch }).await;
    assert_eq!(returned, ServerMsg::Returned { checkout: id(1) });
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn as_many_requests_wait_as_connections_are_allowed() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let mut scene = Scene::start(&host).await;
    let mut client = scene.client().await;
    assert!(matches!(say(&mut client, solver(0, 1)).await, ServerMsg::Granted(_)));
    let waiting = |number| ClientMsg::Checkout(Checkout { wait: true, ..request(number, 1) });
    for number in 1..=CONNECTIONS {
        let queued = say(&mut client, waiting(number)).await;
        assert!(matches!(queued, ServerMsg::Queued(_)), "{queued:?}");
    }
    let denied = say(&mut client, waiting(CONNECTIONS + 1)).await;
    assert!(matches!(denied, ServerMsg::Denied { code: Code::USERS_QUEUED, .. }), "{denied:?}");
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn the_master_hears_of_files_that_are_refused() {
    let host = Host::new();
    let path = host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let good = std::fs::read_to_string(path).unwrap();
    let broken = good.replace("FEATURE", "FEATRUE");
    let mut scene = Scene::start(&host).await;
    assert_eq!(scene.warning, None);
    host.put(&broken);
    assert!(!scene.reread().await.0);
    assert!(scene.warning.is_some(), "a reread was refused");
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();

    let mut scene = Scene::start(&host).await;
    assert!(scene.warning.is_some(), "the texts accepted before stand in");
    host.put(&good);
    assert!(scene.reread().await.0);
    assert_eq!(scene.warning, None);
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn a_reread_with_errors_changes_nothing() {
    let host = Host::new();
    let path = host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let mut scene = Scene::start(&host).await;
    let mut client = scene.client().await;
    assert!(matches!(say(&mut client, solver(1, 1)).await, ServerMsg::Granted(_)));

    let text = std::fs::read_to_string(&path).unwrap();
    host.put(&text.replace("permanent 1", "permanent 9"));
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0].contains("acme.lic:3:"), "{lines:?}");
    host.put(&text.replace("FEATURE", "FEATRUE"));
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0].contains("looks like a statement"), "{lines:?}");
    host.issue("FEATURE other acme 2.0 1-jan-2020 1\n");
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0] == "No features to serve, exiting", "{lines:?}");
    let refused = say(&mut client, solver(2, 1)).await;
    assert!(matches!(refused, ServerMsg::Denied { code: Code::ALL_IN_USE, .. }), "{refused:?}");

    let rules = host.dir.path().join("acme.opt");
    std::fs::write(&rules, "EXCLUDEALL USER ann\nNONSENSE\nEXCLUDE solver USR ann\n").unwrap();
    host.put(&text);
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0].contains("acme.opt:2:") && lines[1].contains("acme.opt:3:"), "{lines:?}");
    let refused = say(&mut client, solver(2, 1)).await;
    assert!(matches!(refused, ServerMsg::Denied { code: Code::ALL_IN_USE, .. }), "{refused:?}");
    std::fs::remove_file(rules).unwrap();

    host.issue("FEATURE solver acme 2.0 permanent 2\nFEATURE post acme 1.0 permanent 1\n");
    let (ok, lines) = scene.reread().await;
    assert_eq!(
        (ok, lines),
        (true, vec!["new feature post: 1 seat".into(), "feature solver: 1 seat became 2 seats".into()])
    );
    assert!(matches!(say(&mut client, solver(3, 1)).await, ServerMsg::Granted(_)));
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_any_more_is_the_end_and_is_named() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 2\n");
    let scene = Scene::start(&host).await;
    let mut client = scene.client().await;
    assert!(matches!(say(&mut client, solver(1, 1)).await, ServerMsg::Granted(_)));
    let journal = host.dir.path().join("state/acme.db");
    std::fs::rename(&journal, journal.with_extension("gone")).unwrap();
    client.send(&solver(2, 1)).await.unwrap();
    let failure = scene.end().await.unwrap_err();
    assert_eq!(failure.exit, Exit::NoFile);
    let answer = client.recv::<ServerMsg>().await.unwrap();
    assert_eq!(answer, None, "nobody is told of a seat that is not written");
    let said = failure.to_string();
    for words in [journal.to_str().unwrap(), "moved away", "put it back"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_said_before_anybody_is_served() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let mut scene = Scene::start(&host).await;
    let failure = build(&host).await.err().unwrap();
    assert_eq!(failure.exit, Exit::AnotherRuns);
    assert!(failure.message.contains("another licvendord of acme is running"), "{failure}");

    let second = Host::new();
    let path = second.issue("FEATURE solver acme 2.0 permanent 1\n");
    let text = std::fs::read_to_string(&path).unwrap();
    second.put(&text.replace("VENDOR acme", &format!("VENDOR acme PORT={}", scene.port)));
    let failure = build(&second).await.err().unwrap();
    assert_eq!(failure.exit, Exit::NoPort);
    let words = format!("The TCP port number in the license, {}, is already in use.", scene.port);
    assert_eq!(failure.message, words);

    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_daemon_waits_for_an_earlier_one_to_end() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let (first, _line) = build(&host).await.unwrap();
    let ends = async {
        // This time passes only while nobody has anything to do: the second one has found the first one there by then.
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(first);
    };
    let (second, ()) = tokio::join!(build(&host), ends);
    second.unwrap();
}

#[tokio::test]
async fn a_daemon_whose_master_goes_while_it_waits_does_not_wait_on() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let (_first, _line) = build(&host).await.unwrap();
    let (near, far) = line();
    drop(far);
    let failure = build_on(near, &host).await.err().unwrap();
    assert_eq!(failure.exit, Exit::MasterLost);
}

#[tokio::test]
async fn a_second_state_directory_of_a_machine_serves_nothing_that_the_first_one_does() {
    let [first, second] = [Host::new(), Host::new()];
    // Every machine has this id, and no other test has this name.
    let hostids = format!("ANY HOSTNAME=h{}", first.identity.public().to_string().replace(':', ""));
    for host in [&first, &second] {
        host.issue_for(&hostids, "FEATURE solver acme 2.0 permanent 1\n");
    }
    let (daemon, _line) = build(&first).await.unwrap();
    let failure = build(&second).await.err().unwrap();
    assert_eq!(failure.exit, Exit::AnotherRuns);
    assert!(failure.message.contains(&hostids), "{failure}");

    // A daemon that serves something else does not come to it by a reread either.
    second.issue("FEATURE solver acme 2.0 permanent 1\n");
    let mut scene = Scene::start(&second).await;
    second.issue_for(&hostids, "FEATURE solver acme 2.0 permanent 1\n");
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0].contains("another licvendord of acme"), "{lines:?}");
    drop(daemon);
    let (ok, lines) = scene.reread().await;
    assert!(ok, "{lines:?}");
    assert_eq!(build(&first).await.err().unwrap().exit, Exit::AnotherRuns);
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
    build(&first).await.unwrap();
}
