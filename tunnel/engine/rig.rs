//! The listeners of a tunnel, and the tasks of their connections.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::board::Counter;
use super::gate::{Gate, Way, pass};
use super::world::{Carried, Client, Door, Fate, World};
use crate::failure::Failure;
use crate::life::Event;
use crate::plan::{Changes, Plan, Port};
use crate::tasks::Tasks;

/// What all connections share.
struct Shared<W: World> {
    world: Arc<W>,
    gate: watch::Receiver<Gate<W::Link>>,
    hold: Duration,
    news: mpsc::Sender<Event>,
    tasks: Tasks,
}

impl<W: World> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Self {
            world: Arc::clone(&self.world),
            gate: self.gate.clone(),
            hold: self.hold,
            news: self.news.clone(),
            tasks: self.tasks.clone(),
        }
    }
}

/// The listeners.
pub(super) struct Rig<W: World> {
    /// The licence server's host, in the eyes of the ssh server, as it was verified last.
    pub(super) host: String,
    shared: Shared<W>,
    gate: watch::Sender<Gate<W::Link>>,
    doors: BTreeMap<u16, DropGuard>,
    counters: BTreeMap<u16, Arc<Counter>>,
    /// Every connection has a clone: the last one that goes closes the channel.
    alive: Option<mpsc::Sender<Infallible>>,
    all_gone: mpsc::Receiver<Infallible>,
}

impl<W: World> Rig<W> {
    /// No listeners. `news` is told when a vendor daemon may be at another port.
    pub(super) fn new(world: Arc<W>, hold: Duration, news: mpsc::Sender<Event>, tasks: Tasks) -> Self {
        let (gate, waiting) = watch::channel(Gate::Closed);
        let (alive, all_gone) = mpsc::channel(1);
        let shared = Shared { world, gate: waiting, hold, news, tasks };
        let (doors, counters) = (BTreeMap::new(), BTreeMap::new());
        Self { host: String::new(), shared, gate, doors, counters, alive: Some(alive), all_gone }
    }

    /// Listens on more ports and on others no longer: all of it or, on a failure, nothing.
    pub(super) fn bind(&mut self, plan: &Plan, changes: &Changes) -> Result<(), Failure> {
        let opened: Result<Vec<_>, _> = changes
            .add
            .iter()
            .map(|port| self.shared.world.listen(plan.address, *port).map(|door| (*port, door)))
            .collect();
        let opened = opened?;
        self.revive();
        for (port, door) in opened {
            let guard = self.tend(port, door);
            self.doors.insert(port, guard);
        }
        for port in &changes.drop {
            self.doors.remove(port);
        }
        Ok(())
    }

    /// Makes good what [`stop`](Self::stop) did.
    fn revive(&mut self) {
        if self.alive.is_none() {
            let (alive, all_gone) = mpsc::channel(1);
            (self.alive, self.all_gone) = (Some(alive), all_gone);
            self.gate.send_replace(Gate::Closed);
        }
    }

    /// Serves a port until the guard is dropped.
    fn tend(&mut self, port: u16, mut door: W::Door) -> DropGuard {
        let counter = Arc::clone(self.counters.entry(port).or_default());
        let (shared, alive) = (self.shared.clone(), self.alive.clone());
        let closing = CancellationToken::new();
        let guard = closing.clone().drop_guard();
        let tending = async move {
            loop {
                let client = tokio::select! {
                    biased;
                    () = closing.cancelled() => return,
                    client = door.accept() => client,
                };
                let (counter, alive, mine) = (Arc::clone(&counter), alive.clone(), shared.clone());
                drop(shared.tasks.spawn(async move {
                    serve(mine, client, port, &counter).await;
                    drop(alive);
                }));
            }
        };
        drop(self.shared.tasks.spawn(tending));
        guard
    }

    /// Lets connections pass this way, or holds them.
    pub(super) fn open(&self, way: Option<Way<W::Link>>) {
        self.gate.send_replace(way.map_or(Gate::Closed, Gate::Open));
    }

    /// Closes the listeners and drops what is held. Open connections go on.
    pub(super) fn stop(&mut self) {
        self.gate.send_replace(Gate::Shut);
        self.doors.clear();
        self.alive = None;
    }

    /// Waits until no connection is left after [`stop`](Self::stop).
    pub(super) async fn drained(&mut self) {
        while self.all_gone.recv().await.is_some() {}
    }

    /// Whether no connection is carried or held.
    pub(super) fn is_idle(&self) -> bool {
        self.counters.values().all(|counter| counter.open.load(Ordering::Relaxed) == 0)
    }

    /// The ports of `plan` with their numbers.
    pub(super) fn counters(&self, plan: Option<&Plan>) -> Vec<(Port, Arc<Counter>)> {
        let ports = plan.iter().flat_map(|plan| &plan.forwards);
        let counter = |port: &Port| self.counters.get(&port.number).cloned().unwrap_or_default();
        ports.map(|port| (port.clone(), counter(port))).collect()
    }
}

/// One connection, from its arrival to its end.
async fn serve<W: World>(
    mut shared: Shared<W>,
    client: <W::Door as Door>::Client,
    port: u16,
    counter: &Counter,
) {
    counter.open.fetch_add(1, Ordering::Relaxed);
    counter.total.fetch_add(1, Ordering::Relaxed);
    let carried = match pass(&mut shared.gate, shared.hold).await {
        Some(way) => shared.world.carry(&way.link, client, &way.host, port).await,
        None => {
            client.reset();
            Carried { up: 0, down: 0, fate: Fate::NotCarried }
        }
    };
    counter.open.fetch_sub(1, Ordering::Relaxed);
    counter.up.fetch_add(carried.up, Ordering::Relaxed);
    counter.down.fetch_add(carried.down, Ordering::Relaxed);
    match carried.fate {
        Fate::Carried => {}
        Fate::Left => tell(&shared, Event::Left(port)),
        Fate::NotCarried => drop(counter.refused.fetch_add(1, Ordering::Relaxed)),
        Fate::PortClosed => {
            counter.refused.fetch_add(1, Ordering::Relaxed);
            tell(&shared, Event::Refused(port));
        }
    }
}

/// When so much news waits already, one more is not needed: all of it leads to the same look.
fn tell<W: World>(shared: &Shared<W>, event: Event) {
    shared.news.try_send(event).ok();
}
