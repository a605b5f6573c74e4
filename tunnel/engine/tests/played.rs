//! A world that is played: ssh, listeners and hosts file without a network, and a tunnel that runs in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::super::*;
use crate::discover::Role;
use crate::failure::Exit;
use crate::plan::{Plan, Port, Wish};

/// What the played world does and remembers.
#[derive(Default)]
pub(super) struct Play {
    /// What comes of the next connections; after them they succeed.
    pub(super) connects: VecDeque<Result<(), Failure>>,
    /// How long a connection takes.
    pub(super) connecting: Duration,
    pub(super) ports: Vec<u16>,
    pub(super) doors: BTreeMap<u16, mpsc::Sender<Visitor>>,
    /// A port on which somebody else listens.
    pub(super) taken: Option<u16>,
    pub(super) is_port_closed: bool,
    pub(super) is_silent: bool,
    pub(super) is_powerless: bool,
    pub(super) steps_aside: bool,
    pub(super) is_direct: bool,
    pub(super) probes: u32,
    pub(super) slept: Duration,
    pub(super) addresses: BTreeSet<IpAddr>,
    pub(super) sessions: u32,
    pub(super) marked: bool,
    pub(super) notes: Vec<String>,
    pub(super) clients_go: Arc<Notify>,
    pub(super) end: Option<watch::Sender<bool>>,
}

#[derive(Clone, Default)]
pub(super) struct Played(Arc<Mutex<Play>>);

impl Played {
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Play) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, text: &str) {
        self.with(|play| play.notes.push(text.to_owned()));
    }
}

/// A session; it has ended when the channel says so.
pub(super) struct FakeLink(watch::Receiver<bool>);

/// A client, who hears what becomes of it.
pub(super) struct Visitor(oneshot::Sender<&'static str>);

pub(super) struct FakeDoor(mpsc::Receiver<Visitor>);

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

    async fn answers_directly(&self) -> bool {
        sleep(Duration::from_millis(5)).await;
        self.with(|play| play.probes += 1);
        self.with(|play| play.is_direct)
    }

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
        if self.with(|play| play.taken == Some(port)) {
            return Err(Failure::new(Exit::PortTaken, format!("port {port} is taken by lmgrd")));
        }
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
            // It stays as long as the session does and its client wants.
            let gone = self.with(|play| Arc::clone(&play.clients_go));
            tokio::select! {
                _ = ended.wait_for(|ended| *ended) => {}
                () = gone.notified() => {}
            }
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
pub(super) struct Stage {
    pub(super) play: Played,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) board: watch::Receiver<Board>,
    pub(super) running: JoinHandle<Result<(), Failure>>,
}

impl Stage {
    /// Begins a tunnel to a server with these ports. Has to be called within a local set.
    pub(super) fn begin(play: Played) -> Self {
        play.with(|play| play.ports = vec![1715, 1716]);
        let (orders, received) = mpsc::channel(8);
        let (board, shown) = watch::channel(Board::default());
        let steps_aside = play.with(|play| play.steps_aside);
        let settings = Settings { overrides: true, steps_aside, hold: Duration::from_secs(20) };
        let world = Arc::new(play.clone());
        let running =
            tokio::task::spawn_local(
                async move { run(world, settings, received, board, &Tasks::new()).await },
            );
        Self { play, orders, board: shown, running }
    }

    pub(super) async fn until(&mut self, state: &str) -> Board {
        let seen = self.board.wait_for(|board| board.state == state);
        tokio::time::timeout(Duration::from_secs(120), seen).await.expect(state).unwrap().clone()
    }

    /// Comes to a port and says how it was received.
    pub(super) fn visit(&self, port: u16) -> oneshot::Receiver<&'static str> {
        let (told, hears) = oneshot::channel();
        let door = self.play.with(|play| play.doors[&port].clone());
        door.try_send(Visitor(told)).ok().unwrap();
        hears
    }

    pub(super) fn lose_session(&self) {
        self.play.with(|play| play.end.as_ref().unwrap().send_replace(true));
    }

    pub(super) async fn stop(self) -> Result<(), Failure> {
        self.orders.send(Order::Stop).await.ok();
        self.running.await.unwrap()
    }
}

/// Runs a play under virtual time.
pub(super) fn play<F: Future<Output = ()>>(acts: impl FnOnce(Played) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    tokio::task::LocalSet::new().block_on(&runtime.unwrap(), acts(Played::default()));
}

pub(super) fn failed(exit: Exit) -> Result<(), Failure> {
    Err(Failure::new(exit, "broken"))
}
