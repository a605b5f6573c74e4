//! A desk and its clients over a pipe in memory; the vendor daemons are only names.

use std::path::PathBuf;

use licgate_core::host::HostFacts;
use licgate_core::ledger::Holder;
use licgate_core::supervise::Hopeless;
use licgate_core::wire::Hello;
use licgate_machine::zone::Local;
use tokio::sync::{mpsc, watch};

use super::*;
use crate::config::Config;
use crate::flags::CommonFlags;
use crate::log::{Outlet, Sink};
use crate::master::directory::{Cause, Entry, Order, Outcome, Reread};
use crate::master::licences;
use crate::master::premises::Parts;
use crate::run::Setup;
use crate::tasks::Tasks;

const LICENCE: &str = "SERVER lic1 ANY 27000\nVENDOR acme\nVENDOR beta\n\
                       FEATURE solver acme 1.0 permanent 5\nFEATURE mesher beta 1.0 permanent 5\n";

/// A licence host whose vendor daemons are only names.
struct Site {
    folder: tempfile::TempDir,
    premises: Arc<Premises>,
    /// Whoever holds them keeps the daemons in their state.
    healths: Vec<watch::Sender<Health>>,
    inboxes: Vec<mpsc::Receiver<Order>>,
}

impl Site {
    fn new(refused: Vec<Refusable>, daemons: &[(&str, Health)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("acme.lic");
        std::fs::write(&file, LICENCE).unwrap();
        let facts = HostFacts::default();
        let licences = licences::read(std::slice::from_ref(&file), &facts).unwrap();
        let setup = Setup {
            config: Config::default(),
            state_dir: folder.path().into(),
            tasks: Tasks::new(),
            zone: Local::system(),
            log: Outlet::new(Sink::Stderr, Local::system()),
            flags: CommonFlags::default(),
        };
        let parts = Parts { setup, elements: vec![file], facts, port: 27000, refused, licences };
        let premises = Arc::new(Premises::new(parts));
        let (mut healths, mut inboxes) = (Vec::new(), Vec::new());
        for (name, health) in daemons {
            let (sender, health) = watch::channel(health.clone());
            let (orders, inbox) = mpsc::channel(1);
            premises.directory.enter((*name).into(), Entry { health, orders });
            healths.push(sender);
            inboxes.push(inbox);
        }
        Self { folder, premises, healths, inboxes }
    }

    fn usual() -> Self {
        Self::new(
            Vec::new(),
            &[
                ("acme", Health::Up { port: 4711, warning: None }),
                ("beta", Health::Up { port: 4712, warning: None }),
            ],
        )
    }

    fn licence(&self) -> PathBuf {
        self.folder.path().join("acme.lic")
    }

    /// What the desk says to `ask` from a client that came in by `entrance`.
    async fn answer(&self, entrance: Entrance, ask: ClientMsg) -> ServerMsg {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let desk = serve(Conn::new(near), entrance, Arc::clone(&self.premises));
        let client = async {
            let mut conn = Conn::new(far);
            conn.send(&ClientMsg::Hello(hello())).await.unwrap();
            let welcome = conn.recv::<ServerMsg>().await.unwrap();
            assert!(matches!(welcome, Some(ServerMsg::Welcome(_))), "{welcome:?}");
            conn.send(&ask).await.unwrap();
            let answer = conn.recv().await.unwrap().unwrap();
            conn.close().await;
            answer
        };
        tokio::join!(desk, client).1
    }
}

fn hello() -> Hello {
    let holder = Holder {
        user: "ann".into(),
        host: "ws1".into(),
        display: "tty1".into(),
        pid: 7,
        ..Holder::default()
    };
    let machine = HostFacts::default();
    Hello { protocol: 1, program: "test 1.0".into(), holder, machine, platform: "x64_lsb".into() }
}

fn locate_feature(name: &str) -> ClientMsg {
    ClientMsg::Locate(Locate::Feature(name.into()))
}

fn locate_vendor(name: &str) -> ClientMsg {
    ClientMsg::Locate(Locate::Vendor(name.into()))
}

#[tokio::test]
async fn clients_are_sent_to_the_vendor_daemon_of_a_vendor_or_feature() {
    let site = Site::usual();
    let at = |vendor: &str, port| ServerMsg::At { vendor: vendor.into(), port, host: "lic1".into() };
    for (ask, answer) in [
        (locate_vendor("acme"), at("acme", 4711)),
        (locate_feature("SOLVER"), at("acme", 4711)),
        (locate_feature("mesher"), at("beta", 4712)),
    ] {
        assert_eq!(site.answer(Entrance::Network, ask).await, answer);
    }
    for (ask, code) in
        [(locate_feature("none"), Code::NO_SUCH_FEATURE), (locate_vendor("Acme"), Code::VENDOR_DOWN)]
    {
        let answer = site.answer(Entrance::Network, ask).await;
        assert!(matches!(&answer, ServerMsg::Refused { code: given, .. } if *given == code), "{answer:?}");
    }
}

#[tokio::test]
async fn clients_hear_when_it_is_worth_asking_again() {
    let after = Duration::from_secs(3);
    let cases = [
        (Health::Starting, Some(500)),
        (Health::Restarting { after, why: "it fell".into() }, Some(3000)),
        (Health::Down(Cause::Hopeless(Hopeless::NoFeatures)), None),
    ];
    for (health, expected) in cases {
        let site = Site::new(Vec::new(), &[("acme", health)]);
        let answer = site.answer(Entrance::Network, locate_vendor("acme")).await;
        let ServerMsg::NotNow { retry_after_ms, why } = answer else { panic!("{answer:?}") };
        assert_eq!(retry_after_ms, expected);
        assert!(!why.is_empty());
    }
}

#[tokio::test]
async fn status_tells_of_all_daemons() {
    let warning = Some("the files are refused".to_owned());
    let acme = Health::Up { port: 4711, warning: warning.clone() };
    let site = Site::new(Vec::new(), &[("acme", acme), ("beta", Health::Starting)]);
    let answer = site.answer(Entrance::Network, ClientMsg::ServerStatus).await;
    let ServerMsg::ServerStatus(status) = answer else { panic!("{answer:?}") };
    assert_eq!((status.host.as_str(), status.port), ("lic1", 27000));
    assert_eq!(status.files, [site.licence().display().to_string()]);
    let states: Vec<_> = status.vendors.iter().map(|vendor| &vendor.state).collect();
    assert_eq!(
        states,
        [&VendorState::Up { port: 4711 }, &VendorState::Down { why: "it is starting".into() }]
    );
    let warnings: Vec<_> = status.vendors.into_iter().map(|vendor| vendor.warning).collect();
    assert_eq!(warnings, [warning, None]);
}

#[tokio::test]
async fn administrators_come_in_by_the_socket_only() {
    let site = Site::usual();
    for ask in [ClientMsg::Down, ClientMsg::Reread { vendor: None }] {
        let answer = site.answer(Entrance::Network, ask).await;
        assert!(matches!(answer, ServerMsg::Refused { code: Code::NOT_ADMINISTRATOR, .. }), "{answer:?}");
    }
    assert!(!site.premises.setup().tasks.stopping().is_cancelled());
    let answer = site.answer(Entrance::Local, ClientMsg::Down).await;
    assert!(matches!(answer, ServerMsg::Done { .. }), "{answer:?}");
    assert!(site.premises.setup().tasks.stopping().is_cancelled());
}

#[tokio::test]
async fn lmdown_can_be_switched_off() {
    let site = Site::new(vec![Refusable::LmDown], &[]);
    let answer = site.answer(Entrance::Local, ClientMsg::Down).await;
    assert!(matches!(answer, ServerMsg::Refused { code: Code::NOT_ADMINISTRATOR, .. }), "{answer:?}");
    assert!(!site.premises.setup().tasks.stopping().is_cancelled());
}

/// Lets the daemons answer their rereads: each with its outcome.
fn let_reread(site: &mut Site, outcomes: &[Outcome]) {
    for (mut inbox, outcome) in site.inboxes.drain(..).zip(outcomes.to_vec()) {
        site.premises.setup().tasks.spawn(async move {
            while let Some(order) = inbox.recv().await {
                match order {
                    Order::Reread(answer) => {
                        answer.send(Reread { outcome, lines: vec!["3 features".into()] }).unwrap();
                    }
                    Order::Retire => return,
                }
            }
        });
    }
}

#[tokio::test]
async fn a_reread_reaches_all_daemons_and_collects_their_answers() {
    let mut site = Site::usual();
    let_reread(&mut site, &[Outcome::InForce, Outcome::Kept]);
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: None }).await;
    let lines = vec!["acme: 3 features".into(), "beta: 3 features".into()];
    assert_eq!(answer, ServerMsg::Refused { code: Code::SYNTAX, lines });
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: Some("acme".into()) }).await;
    assert_eq!(answer, ServerMsg::Done { lines: vec!["acme: 3 features".into()] });
}

#[tokio::test]
async fn a_reread_that_fails_says_by_its_code_whose_fault_it_is() {
    use Outcome::{Down, InForce, Kept};
    for (outcomes, vendor, code) in [
        ([InForce, Kept], None, Code::SYNTAX),
        ([Down, Kept], None, Code::VENDOR_DOWN),
        ([Kept, Down], Some("acme"), Code::SYNTAX),
        ([InForce, Down], Some("beta"), Code::VENDOR_DOWN),
        ([InForce, InForce], Some("none"), Code::BAD_PARAMETER),
    ] {
        let mut site = Site::usual();
        let_reread(&mut site, &outcomes);
        let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: vendor.map(Into::into) }).await;
        let ServerMsg::Refused { code: given, lines } = answer else { panic!("{answer:?}") };
        assert_eq!(given, code, "{lines:?}");
    }
    let mut site = Site::usual();
    site.inboxes.clear();
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: None }).await;
    assert!(matches!(answer, ServerMsg::Refused { code: Code::VENDOR_DOWN, .. }), "{answer:?}");
}

#[tokio::test]
async fn a_reread_of_a_broken_file_changes_nothing() {
    let mut site = Site::usual();
    let_reread(&mut site, &[Outcome::InForce, Outcome::InForce]);
    std::fs::remove_file(site.licence()).unwrap();
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: None }).await;
    assert!(matches!(answer, ServerMsg::Refused { code: Code::SYNTAX, .. }), "{answer:?}");
    let answer = site.answer(Entrance::Network, locate_feature("mesher")).await;
    assert!(matches!(answer, ServerMsg::At { port: 4712, .. }), "{answer:?}");
}

#[tokio::test]
async fn a_reread_retires_vendors_that_are_gone_and_tells_of_ports() {
    let mut site = Site::usual();
    let_reread(&mut site, &[Outcome::InForce, Outcome::InForce]);
    std::fs::write(site.licence(), LICENCE.replace("VENDOR beta\n", "").replace("27000", "27001")).unwrap();
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: None }).await;
    let lines = vec![
        "the port on the SERVER line has changed: restart licmgrd to serve there".into(),
        "beta: stopped, because it has no VENDOR line any more".into(),
        "acme: 3 features".into(),
    ];
    assert_eq!(answer, ServerMsg::Done { lines });
    let answer = site.answer(Entrance::Network, locate_feature("mesher")).await;
    assert!(matches!(answer, ServerMsg::Refused { code: Code::VENDOR_DOWN, .. }), "{answer:?}");
    assert_eq!(site.healths.len(), 2);
}

#[tokio::test]
async fn a_reread_of_one_vendor_leaves_the_others_alone() {
    let mut site = Site::usual();
    let_reread(&mut site, &[Outcome::InForce, Outcome::InForce]);
    std::fs::write(
        site.licence(),
        LICENCE.lines().filter(|line| !line.contains("beta")).collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
    for _ in 0..2 {
        let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: Some("acme".into()) }).await;
        assert_eq!(answer, ServerMsg::Done { lines: vec!["acme: 3 features".into()] });
        let answer = site.answer(Entrance::Network, locate_feature("mesher")).await;
        assert!(matches!(answer, ServerMsg::At { port: 4712, .. }), "{answer:?}");
    }
    let answer = site.answer(Entrance::Local, ClientMsg::Reread { vendor: None }).await;
    let lines =
        vec!["beta: stopped, because it has no VENDOR line any more".into(), "acme: 3 features".into()];
    assert_eq!(answer, ServerMsg::Done { lines });
}
