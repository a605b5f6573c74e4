//! The loop around the state machine: it does what `life` says and tells it what came of it.
//!
//! All effects are behind [`World`], so that the loop runs in tests without a network and under virtual time. Connections do not
//! pass through the loop: each has a task that waits at the gate and is then carried by the world.

mod address;
mod board;
mod gate;
mod ports;
mod real;
mod remote;
mod rig;
mod rights;
mod shared;
mod spec;
#[cfg(test)]
mod tests;
mod trust;
mod world;

use std::collections::BTreeSet;
use std::future::Future;
use std::mem::replace;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

pub use board::{Board, Forwarded, OverrideState};
pub use real::Real;
pub use shared::Shared;
pub use spec::{Spec, program};
pub use world::{Carried, Client, Door, Fate, World};

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::life::{Action, Event, Life, Now, Phase};
use crate::plan::Plan;
use crate::tasks::Tasks;
use gate::Way;
use rig::Rig;

/// How often it is looked whether the machine slept or its network changed, and the board is written anew.
const LOOK: Duration = Duration::from_secs(1);
/// A machine that was away for so long has lost its connections, more likely than not.
const NAP: Duration = Duration::from_secs(5);

/// So many words of connections wait at most for the loop.
const NEWS: usize = 8;

/// What a person or the system wants of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Open the session anew, now.
    Kick,
    /// End.
    Stop,
}

/// What the loop has to know.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether names are to be overridden.
    pub overrides: bool,
    /// How long a new connection is held while there is no session.
    pub hold: Duration,
}

type Effect<L> = Pin<Box<dyn Future<Output = Done<L>>>>;

/// What came of an effect.
enum Done<L> {
    Connected(Result<L, Failure>),
    Verified(Result<String, Failure>),
    Event(Event),
}

/// Runs one tunnel to its end. `board` shows at any time how it is.
///
/// # Errors
/// Why it ended, if not because it was told to.
pub async fn run<W: World>(
    world: Arc<W>,
    settings: Settings,
    orders: mpsc::Receiver<Order>,
    board: watch::Sender<Board>,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let (life, first) = Life::start(settings.overrides);
    let (tell, news) = mpsc::channel(NEWS);
    let rig = Rig::new(Arc::clone(&world), settings.hold, tell, tasks.clone());
    let (slept, addresses) = (world.slept(), world.addresses());
    let (link, effect, watch) = (None, None, Stopwatch::start());
    let mut engine = Engine { world, life, rig, link, effect, orders, news, board, watch, slept, addresses };
    engine.act_all(first);
    loop {
        engine.publish();
        if engine.life.phase() == Phase::Ended {
            return engine.life.outcome().clone();
        }
        let event = engine.next().await;
        engine.handle(event);
    }
}

struct Engine<W: World> {
    world: Arc<W>,
    life: Life,
    rig: Rig<W>,
    link: Option<Arc<W::Link>>,
    effect: Option<Effect<W::Link>>,
    orders: mpsc::Receiver<Order>,
    news: mpsc::Receiver<Event>,
    board: watch::Sender<Board>,
    watch: Stopwatch,
    slept: Duration,
    addresses: BTreeSet<IpAddr>,
}

impl<W: World> Engine<W> {
    fn now(&self) -> Now {
        Now { at: self.watch.elapsed(), chance: self.world.chance() }
    }

    fn handle(&mut self, event: Event) {
        if let Event::Pinged(Some(time)) = &event {
            self.board.send_modify(|board| board.round_trip = Some(*time));
        }
        let before = self.life.phase();
        let actions = self.life.handle(self.now(), event);
        self.tell(before);
        self.act_all(actions);
    }

    fn act_all(&mut self, actions: Vec<Action>) {
        for action in actions {
            // Only listening answers at once, and nothing follows it in its list.
            if let Some(event) = self.act(action) {
                self.handle(event);
            }
        }
    }

    fn tell(&self, before: Phase) {
        let phase = self.life.phase();
        if std::mem::discriminant(&before) == std::mem::discriminant(&phase) {
            return;
        }
        match (phase, self.life.trouble()) {
            (Phase::Ready(_), _) if before != Phase::Ready(None) => tracing::info!("ready"),
            (Phase::Waiting(until), Some(trouble)) => {
                let wait = until.saturating_sub(self.watch.elapsed()).as_millis();
                tracing::info!("{trouble}; next try in {wait} ms");
            }
            _ => tracing::debug!("{phase}"),
        }
    }

    /// What happens next.
    async fn next(&mut self) -> Event {
        let Self { world, life, rig, link, effect, orders, news, watch, slept, addresses, .. } = self;
        let deadline = life.next_deadline().map(|at| at.saturating_sub(watch.elapsed()));
        let is_draining = matches!(life.phase(), Phase::Draining(_));
        tokio::select! {
            biased;
            // Whoever gives orders has gone: so has the reason for the tunnel.
            order = orders.recv() => match order {
                Some(Order::Kick) => Event::Kicked,
                Some(Order::Stop) | None => Event::Stopped,
            },
            done = pending_or(effect.as_mut()) => {
                *effect = None;
                self.done(done)
            }
            why = lost(world, link.as_ref()) => {
                *link = None;
                Event::Lost(why)
            }
            Some(event) = news.recv() => event,
            () = rig.drained(), if is_draining => Event::Drained,
            () = until(deadline) => Event::Tick,
            () = sleep(LOOK) => {
                let (now, here) = (world.slept(), world.addresses());
                let nap = now.saturating_sub(replace(slept, now));
                let has_moved = replace(addresses, here) != *addresses;
                if nap >= NAP || has_moved { Event::Woke } else { Event::Tick }
            }
        }
    }

    fn done(&mut self, done: Done<W::Link>) -> Event {
        match done {
            Done::Connected(Ok(link)) => {
                let peer = self.world.peer(&link);
                self.board.send_modify(|board| board.ssh_server = peer);
                self.link = Some(Arc::new(link));
                Event::Connected(Ok(()))
            }
            Done::Connected(Err(failure)) => Event::Connected(Err(failure)),
            Done::Verified(result) => Event::Verified(result.map(|host| self.rig.host = host)),
            Done::Event(event) => event,
        }
    }

    fn act(&mut self, action: Action) -> Option<Event> {
        let world = Arc::clone(&self.world);
        match action {
            Action::Connect => {
                self.effect = Some(Box::pin(async move { Done::Connected(world.connect().await) }));
            }
            Action::Find => self
                .with_link(move |link| async move { Done::Event(Event::Planned(world.find(&link).await)) }),
            Action::Bind(plan, changes) => return Some(Event::Bound(self.rig.bind(&plan, &changes))),
            Action::Verify => {
                let plan = self.life.plan().cloned();
                self.with_link(move |link| async move {
                    let Some(plan) = plan else { return Done::Event(Event::Tick) };
                    Done::Verified(world.verify(&link, &plan).await)
                });
            }
            Action::Override => {
                let plan = self.life.plan().cloned();
                self.effect = Some(Box::pin(async move {
                    Done::Event(Event::Overridden(set(&*world, plan.as_ref()).await))
                }));
            }
            Action::Restore => {
                self.effect = Some(Box::pin(async move {
                    world.restore().await;
                    Done::Event(Event::Restored)
                }));
            }
            Action::Ping => {
                self.with_link(
                    move |link| async move { Done::Event(Event::Pinged(world.ping(&link).await)) },
                );
            }
            Action::Admit => {
                let host = self.rig.host.clone();
                self.rig.open(self.link.clone().map(|link| Way { link, host }));
            }
            Action::Hold => self.rig.open(None),
            Action::HangUp => {
                self.effect = None;
                if let Some(link) = self.link.take() {
                    world.cut(&link);
                }
            }
            Action::StopListening => self.rig.stop(),
            Action::Close => {
                let link = self.link.take();
                self.effect = Some(Box::pin(async move {
                    if let Some(link) = link {
                        world.leave(link).await;
                    }
                    Done::Event(Event::Closed)
                }));
            }
        }
        None
    }

    /// Begins an effect on the session. Without one the news of its end is on its way, and no effect is wanted.
    fn with_link<F>(&mut self, effect: impl FnOnce(Arc<W::Link>) -> F)
    where
        F: Future<Output = Done<W::Link>> + 'static,
    {
        self.effect = self.link.clone().map(|link| Box::pin(effect(link)) as Effect<W::Link>);
    }

    fn publish(&self) {
        let now = self.watch.elapsed();
        let (life, rig) = (&self.life, &self.rig);
        self.board.send_modify(|board| board.show(now, life, rig.counters(life.plan())));
    }
}

async fn set<W: World>(world: &W, plan: Option<&Plan>) -> Result<(), Failure> {
    match plan {
        Some(plan) => world.set(plan).await,
        None => Ok(()),
    }
}

async fn pending_or<L>(effect: Option<&mut Effect<L>>) -> Done<L> {
    match effect {
        Some(effect) => effect.await,
        None => std::future::pending().await,
    }
}

async fn lost<W: World>(world: &Arc<W>, link: Option<&Arc<W::Link>>) -> String {
    match link {
        Some(link) => world.lost(link).await,
        None => std::future::pending().await,
    }
}

async fn until(wait: Option<Duration>) {
    match wait {
        Some(wait) => sleep(wait).await,
        None => std::future::pending().await,
    }
}
