//! A desk between a client on a pipe and a keeper that the test plays.

use std::net::Ipv4Addr;

use licgate_core::host::HostFacts;
use licgate_core::id::FeatureName;
use licgate_core::ledger::{Ask, Holder};
use licgate_core::licence::Proof;
use licgate_core::wire::{Checkout, Granted, Hello, StatusAsk, StatusPage, limit};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::*;
use crate::tasks::Tasks;
use crate::vendor::bench::{PATIENCE, id, version};
use crate::vendor::keeper::{Doors, doors};

struct Scene {
    client: Conn<DuplexStream>,
    keeper: mpsc::Receiver<Command>,
    looks: mpsc::Receiver<Look>,
    tasks: Tasks,
}

impl Scene {
    /// A client that has said hello; the pipe holds `pipe` bytes.
    async fn new(pipe: usize) -> Self {
        let (near, far) = tokio::io::duplex(pipe);
        let tasks = Tasks::new();
        let (way, Doors { inbox: keeper, looks }) = doors();
        let (silence, stopping) = (PATIENCE.silence, tasks.stopping().clone());
        let office = Office { vendor: "acme".into(), keeper: way, silence, stopping };
        tasks.spawn(office.serve(Conn::new(near), Ipv4Addr::LOCALHOST.into()));
        let mut client = Conn::new(far);
        client.trust();
        client.send(&ClientMsg::Hello(hello())).await.unwrap();
        let welcome = client.recv::<ServerMsg>().await.unwrap();
        assert!(matches!(welcome, Some(ServerMsg::Welcome(welcome)) if welcome.name == "acme"));
        Self { client, keeper, looks, tasks }
    }

    async fn checkout(&mut self, number: u16) {
        let ask = Checkout {
            checkout: id(number),
            feature: FeatureName::from("solver"),
            version: version("2.0"),
            seats: 1,
            wait: true,
            data: String::new(),
        };
        self.client.send(&ClientMsg::Checkout(ask)).await.unwrap();
    }

    /// The next thing that the keeper is asked.
    async fn asked(&mut self) -> (Ask, Outbox) {
        match self.keeper.recv().await.unwrap() {
            Command::Ask(ask, outbox) => (ask, outbox),
            other => panic!("{other:?}"),
        }
    }
}

fn hello() -> Hello {
    let holder =
        Holder { user: "ann".into(), host: "ws1".into(), display: ":0".into(), pid: 7, ..Holder::default() };
    let machine = HostFacts::default();
    Hello { protocol: 1, program: "test".into(), holder, machine, platform: "x64_lsb".into() }
}

fn granted(number: u16, epoch: u32) -> ServerMsg {
    ServerMsg::Granted(Granted {
        checkout: id(number),
        lease: licgate_core::id::LeaseNumber(number.into()),
        epoch,
        version: version("2.0"),
        seats: 1,
        silence_ms: 120_000,
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
    })
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_is_hung_up_with_its_epochs() {
    let mut scene = Scene::new(limit::FRAME).await;
    for number in 1..=3 {
        scene.checkout(number).await;
        let (ask, outbox) = scene.asked().await;
        let Ask::Checkout(request) = ask else { panic!("{ask:?}") };
        assert_eq!((request.checkout, request.holder.user.as_str()), (id(number), "ann"));
        outbox.tell(granted(number, 4));
        assert_eq!(scene.client.recv::<ServerMsg>().await.unwrap(), Some(granted(number, 4)));
        if number == 2 {
            outbox.tell(ServerMsg::Returned { checkout: id(1) });
            assert!(scene.client.recv::<ServerMsg>().await.unwrap().is_some());
        }
    }
    let Scene { client, mut keeper, looks: _looks, tasks } = scene;
    drop(client);
    let mut hangups = Vec::new();
    while let Some(Command::Ask(ask, _)) = keeper.recv().await {
        hangups.push(ask);
    }
    assert_eq!(hangups, [Ask::Hangup(id(2), 4), Ask::Hangup(id(3), 4)]);
    tasks.drain(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn seats_granted_to_somebody_who_has_gone_are_hung_up_too() {
    let mut scene = Scene::new(limit::FRAME).await;
    scene.checkout(1).await;
    let (_, outbox) = scene.asked().await;
    drop(scene.client);
    tokio::time::sleep(Duration::from_secs(5)).await;
    outbox.tell(granted(1, 1));
    let Some(Command::Ask(ask, _)) = scene.keeper.recv().await else { panic!("nothing was said") };
    assert_eq!(ask, Ask::Hangup(id(1), 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_dropped() {
    let mut scene = Scene::new(64).await;
    scene.checkout(1).await;
    let (_, outbox) = scene.asked().await;
    outbox.tell(granted(1, 1));
    // The pipe is full at once; the keeper never waits for it.
    for _ in 0..3 * limit::CHECKOUTS {
        outbox.tell(ServerMsg::Alive { checkout: id(1), position: None });
    }
    let (ask, _) = scene.asked().await;
    assert_eq!(ask, Ask::Hangup(id(1), 1));
}

#[tokio::test(start_paused = true)]
async fn one_page_of_status_at_a_time() {
    let mut scene = Scene::new(limit::FRAME).await;
    let ask = StatusAsk { feature: None, users: true, after: None };
    scene.client.push(&ClientMsg::Status(ask.clone())).unwrap();
    scene.client.push(&ClientMsg::Status(ask)).unwrap();
    scene.client.flush().await.unwrap();
    let Look(_, outbox) = scene.looks.recv().await.unwrap();
    let second = timeout(Duration::from_secs(5), scene.looks.recv()).await;
    assert!(second.is_err(), "the second page is not begun before the first is out");
    outbox.tell(ServerMsg::Status(StatusPage { rows: Vec::new(), next: None }));
    assert!(scene.looks.recv().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn wrong_requests_are_refused_and_silence_ends() {
    let mut scene = Scene::new(limit::FRAME).await;
    scene.client.send(&ClientMsg::Heartbeat { checkout: id(9), epoch: 1 }).await.unwrap();
    let denied = scene.client.recv::<ServerMsg>().await.unwrap();
    assert!(matches!(denied, Some(ServerMsg::Denied { .. })), "{denied:?}");
    assert_eq!(scene.client.recv::<ServerMsg>().await.unwrap(), None, "closed after a long silence");

    let mut scene = Scene::new(limit::FRAME).await;
    scene.client.send(&ClientMsg::Down).await.unwrap();
    let refused = scene.client.recv::<ServerMsg>().await.unwrap();
    assert!(matches!(refused, Some(ServerMsg::Refused { .. })), "{refused:?}");
    assert_eq!(scene.client.recv::<ServerMsg>().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_daemon_closes_desks_at_once() {
    let mut scene = Scene::new(limit::FRAME).await;
    scene.checkout(1).await;
    drop(scene.asked().await);
    assert_eq!(scene.tasks.drain(Duration::from_secs(1)).await, crate::tasks::Drained::Finished);
    assert_eq!(scene.client.recv::<ServerMsg>().await.unwrap(), None);
    assert!(scene.keeper.recv().await.is_none(), "after a restart everybody gets a full silence period");
}
