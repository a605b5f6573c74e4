//! The loop under virtual time, with ssh, listeners and hosts file played.

mod ending;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::discover::Role;
use crate::failure::Exit;
use crate::plan::{Port, Wish};

/// What the played world does and remembers.
#[derive(Default)]
struct Play {
    /// What comes of the next connections; after them they succeed.
    connects: VecDeque<Result<(), Failure>>,
    /// How long a connection takes.
    connecting: Duration,
    ports: Vec<u16>,
    doors: BTreeMap<u16, mpsc::Sender<Visitor>>,
    is_port_closed: bool,
    is_silent: bool,
    is_powerless: bool,
    slept: Duration,
    addresses: BTreeSet<IpAddr>,
    sessions: u32,
    marked: bool,
    notes: Vec<String>,
    end: Option<watch::Sender<bool>>,
}

#[derive(Clone, Default)]
struct Played(Arc<Mutex<Play>>);

impl Played {
    fn with<T>(&self, look: impl FnOnce(&mut Play) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, text: &str) {
        self.with(|play| play.notes.push(text.to_owned()));
    }
}

/// A session; it has ended when the channel says so.
struct FakeLink(watch::Receiver<bool>);

/// A client, who hears what becomes of it.
struct Visitor(oneshot::Sender<&'static str>);

struct FakeDoor(mpsc::Receiver<Visitor>);

impl Door for FakeDoor {
    type Client = Visitor;

    async fn accept(&mut self) -> Visitor {
        match self.0.recv().await {
            Some(visitor) => visitor,
            None => std::future::pending().await,
        }
    }
}

impl Client for Visitor {
    fn reset(self) {
        self.0.send("reset").ok();
    }
}

impl World for Played {
    type Link = FakeLink;
    type Door = FakeDoor;

    async fn connect(&self) -> Result<FakeLink, Failure> {
        sleep(self.with(|play| play.connecting)).await;
        self.with(|play| play.connects.pop_front()).unwrap_or(Ok(()))?;
        let (end, ended) = watch::channel(false);
        self.with(|play| {
            play.sessions += 1;
            play.end = Some(end);
        });
        Ok(FakeLink(ended))
    }

    async fn find(&self, _: &FakeLink) -> Result<Plan, Failure> {
        let ports = self.with(|play| play.ports.clone());
        let wish = Wish {
            strange_names: vec![],
            address: [127, 77, 3, 1].into(),
            names: vec!["lic1".into()],
            ports: ports.iter().map(|port| Port { number: *port, role: Role::Other }).collect(),
            is_whole: true,
            hosts: vec![],
            is_privileged: false,
            tried: vec![],
        };
        Plan::make(&wish).map_err(|_| Failure::new(Exit::NoPorts, "no ports"))
    }

    fn listen(&self, _: IpAddr, port: u16) -> Result<FakeDoor, Failure> {
        let (door, visitors) = mpsc::channel(100);
        self.with(|play| play.doors.insert(port, door));
        Ok(FakeDoor(visitors))
    }

    async fn verify(&self, _: &FakeLink, plan: &Plan) -> Result<String, Failure> {
        Ok(plan.hosts[0].clone())
    }

    async fn carry(&self, link: &FakeLink, client: Visitor, _: &str, _: u16) -> Carried {
        let mut ended = link.0.clone();
        let fate = if self.with(|play| play.is_port_closed) {
            client.reset();
            Fate::PortClosed
        } else {
            client.0.send("carried").ok();
            // It stays as long as the session does.
            ended.wait_for(|ended| *ended).await.ok();
            Fate::Carried
        };
        Carried { up: 1, down: 2, fate }
    }

    async fn set(&self, _: &Plan) -> Result<(), Failure> {
        if self.with(|play| play.is_powerless) {
            return failed(Exit::NotAllowed);
        }
        self.with(|play| play.marked = true);
        Ok(())
    }

    async fn restore(&self) {
        self.with(|play| play.marked = false);
        self.note("restored");
    }

    async fn ping(&self, _: &FakeLink) -> Option<Duration> {
        sleep(Duration::from_millis(20)).await;
        (!self.with(|play| play.is_silent)).then_some(Duration::from_millis(20))
    }

    async fn lost(&self, link: &FakeLink) -> String {
        link.0.clone().wait_for(|ended| *ended).await.ok();
        "cut off".into()
    }

    fn peer(&self, _: &FakeLink) -> String {
        "gate:22".into()
    }

    async fn leave(&self, _: Arc<FakeLink>) {
        self.note("left");
    }

    fn cut(&self, _: &FakeLink) {
        self.note("cut");
    }

    fn slept(&self) -> Duration {
        self.with(|play| play.slept)
    }

    fn addresses(&self) -> BTreeSet<IpAddr> {
        self.with(|play| play.addresses.clone())
    }

    fn chance(&self) -> f64 {
        1.0
    }
}

/// A tunnel that runs in a task.
struct Stage {
    play: Played,
    orders: mpsc::Sender<Order>,
    board: watch::Receiver<Board>,
    running: JoinHandle<Result<(), Failure>>,
}

impl Stage {
    /// Begins a tunnel to a server with these ports. Has to be called within a local set.
    fn begin(play: Played) -> Self {
        play.with(|play| play.ports = vec![1715, 1716]);
        let (orders, received) = mpsc::channel(8);
        let (board, shown) = watch::channel(Board::default());
        let settings = Settings { overrides: true, hold: Duration::from_secs(20) };
        let world = Arc::new(play.clone());
        let running =
            tokio::task::spawn_local(
                async move { run(world, settings, received, board, &Tasks::new()).await },
            );
        Self { play, orders, board: shown, running }
    }

    async fn until(&mut self, state: &str) -> Board {
        let seen = self.board.wait_for(|board| board.state == state);
        tokio::time::timeout(Duration::from_secs(120), seen).await.expect(state).unwrap().clone()
    }

    /// Comes to a port and says how it was received.
    fn visit(&self, port: u16) -> oneshot::Receiver<&'static str> {
        let (told, hears) = oneshot::channel();
        let door = self.play.with(|play| play.doors[&port].clone());
        door.try_send(Visitor(told)).ok().unwrap();
        hears
    }

    fn lose_session(&self) {
        self.play.with(|play| play.end.as_ref().unwrap().send_replace(true));
    }

    async fn stop(self) -> Result<(), Failure> {
        self.orders.send(Order::Stop).await.ok();
        self.running.await.unwrap()
    }
}

/// Runs a play under virtual time.
fn play<F: Future<Output = ()>>(acts: impl FnOnce(Played) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    tokio::task::LocalSet::new().block_on(&runtime.unwrap(), acts(Played::default()));
}

fn failed(exit: Exit) -> Result<(), Failure> {
    Err(Failure::new(exit, "broken"))
}

#[test]
fn it_comes_up_carries_and_goes_down_in_order() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        let board = stage.until("ready").await;
        assert!(board.is_open && world.with(|play| play.marked));
        assert_eq!(board.ssh_server, "gate:22");
        assert_eq!(stage.visit(1716).await, Ok("carried"));
        sleep(LOOK * 2).await;
        let row = stage.board.borrow().forwards[1].clone();
        assert_eq!((row.port, row.open, row.total, row.refused), (1716, 1, 1, 0));
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(world.with(|play| play.notes.clone()), ["restored", "left"]);
    });
}

#[test]
fn without_rights_for_the_names_it_goes_on_and_says_so() {
    play(|world| async move {
        world.with(|play| play.is_powerless = true);
        let mut stage = Stage::begin(world.clone());
        let board = stage.until("ready").await;
        assert_eq!(board.names_are, OverrideState::Missing("broken".into()));
        assert_eq!(stage.visit(1715).await, Ok("carried"));
        stage.lose_session();
        stage.until("waiting").await;
        let board = stage.until("ready").await;
        assert_eq!(board.names_are, OverrideState::Missing("broken".into()));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn connections_are_held_while_the_session_is_away() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let away = (0..4).map(|_| failed(Exit::Unreachable));
        world.with(|play| play.connects.extend(away));
        stage.lose_session();
        stage.until("waiting").await;
        let held = stage.visit(1715);
        stage.until("ready").await;
        assert_eq!(held.await, Ok("carried"));
        assert_eq!(world.with(|play| play.sessions), 2);
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn connections_are_not_held_for_ever() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        world.with(|play| play.connects.extend((0..40).map(|_| failed(Exit::Unreachable))));
        stage.lose_session();
        stage.until("waiting").await;
        let (held, watch) = (stage.visit(1715), Stopwatch::start());
        assert_eq!(held.await, Ok("reset"));
        assert_eq!(watch.elapsed().as_secs(), 20);
        let (held, watch) = (stage.visit(1715), Stopwatch::start());
        sleep(LOOK * 2).await;
        let row = stage.board.borrow().forwards[0].clone();
        assert_eq!((row.open, row.total, row.refused), (1, 2, 1));
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(held.await, Ok("reset"), "nobody stays behind");
        assert!(watch.elapsed() < LOOK * 3, "what is held does not hold up the end");
    });
}

#[test]
fn ten_thousand_connections_at_once_neither_leak_nor_fail() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let mut carried = 0;
        for _ in 0..100 {
            let visits: Vec<_> = (0..100).map(|_| stage.visit(1715)).collect();
            for visit in visits {
                carried += u32::from(visit.await == Ok("carried"));
            }
        }
        assert_eq!(carried, 10_000);
        stage.lose_session();
        sleep(LOOK * 2).await;
        let row = stage.board.borrow().forwards[0].clone();
        assert_eq!((row.open, row.total, row.bytes_up, row.bytes_down), (0, 10_000, 10_000, 20_000));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_vendor_daemon_that_came_back_elsewhere_is_found() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        sleep(Duration::from_secs(6)).await;
        world.with(|play| {
            play.ports = vec![1715, 1717];
            play.is_port_closed = true;
        });
        assert_eq!(stage.visit(1716).await, Ok("reset"));
        sleep(LOOK * 2).await;
        world.with(|play| play.is_port_closed = false);
        let ports: Vec<_> = stage.board.borrow().forwards.iter().map(|row| row.port).collect();
        assert_eq!(ports, [1715, 1717]);
        assert_eq!(stage.visit(1717).await, Ok("carried"));
        assert!(world.with(|play| play.doors[&1716].is_closed()));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_kick_and_a_nap_bring_a_new_session() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        world.with(|play| play.connecting = Duration::from_millis(100));
        stage.orders.send(Order::Kick).await.unwrap();
        stage.until("connecting").await;
        stage.until("ready").await;
        assert_eq!(world.with(|play| (play.sessions, play.notes.clone())), (2, vec!["cut".to_owned()]));
        world.with(|play| {
            play.is_silent = true;
            play.slept = Duration::from_secs(3600);
        });
        let watch = Stopwatch::start();
        stage.until("waiting").await;
        assert!(watch.elapsed() < Duration::from_secs(2), "it asks at once, not when the next ping is due");
        world.with(|play| play.is_silent = false);
        stage.until("ready").await;
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_changed_network_is_noticed_at_once_while_it_is_ready_and_while_it_waits() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let move_to = |address: &str| {
            world.with(|play| play.addresses = BTreeSet::from([address.parse().unwrap()]));
        };
        world.with(|play| {
            play.is_silent = true;
            play.connects.extend((0..9).map(|_| failed(Exit::Unreachable)));
        });
        let watch = Stopwatch::start();
        sleep(LOOK * 2).await;
        assert_eq!(stage.board.borrow().state, "ready", "nothing has changed yet");
        move_to("10.1.1.7");
        stage.until("waiting").await;
        assert!(watch.elapsed() < LOOK * 5, "it asks at once, not when the next ping is due");
        while world.with(|play| play.connects.len()) > 1 {
            sleep(LOOK).await;
        }
        let watch = Stopwatch::start();
        world.with(|play| (play.is_silent, play.connects) = (false, VecDeque::new()));
        move_to("192.168.5.7");
        stage.until("ready").await;
        assert!(watch.elapsed() <= LOOK * 2, "it does not wait out the back-off");
        assert_eq!(stage.stop().await, Ok(()));
    });
}
