//! The loop around the state machine: it does what `life` says and tells it what came of it.
//!
//! All effects are behind [`World`], so that the loop runs in tests without a network and under virtual time. Connections do not
//! pass through the loop: each has a task that waits at the gate and is then carried by the world.

mod act;
mod address;
mod board;
mod direct;
mod gate;
mod ports;
mod process;
mod real;
mod remote;
mod rig;
mod rights;
mod senses;
mod spec;
#[cfg(test)]
mod tests;
mod told;
mod trust;
mod verify;
mod world;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

pub use board::{Board, Forwarded, Live, OverrideState};
pub use process::Shared;
pub use real::Real;
pub use spec::{Spec, program};
pub use world::{Carried, Client, Door, Fate, World};

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::life::{Action, Event, Life, Now, Phase};
use crate::tasks::Tasks;
use act::{Done, Effect};
use rig::Rig;
use senses::Senses;
use told::Told;

/// How often it is looked whether the machine slept or its network changed.
const LOOK: Duration = Duration::from_secs(1);
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
    /// Whether there is to be no tunnel while the server answers directly.
    pub steps_aside: bool,
    /// How long a new connection is held while there is no session.
    pub hold: Duration,
}

/// Runs one tunnel to its end, which also comes when nobody is left to give orders. `board` shows at any time how it is.
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
    let (life, first) = Life::start(settings.overrides, settings.steps_aside);
    let (tell, news) = mpsc::channel(NEWS);
    let rig = Rig::new(Arc::clone(&world), settings.hold, tell, tasks.clone());
    let (watch, senses, told) = (Stopwatch::start(), Senses::new(&*world), Told::default());
    let (link, effect, orders, looked) = (None, None, Some(orders), Duration::ZERO);
    let mut engine =
        Engine { world, life, rig, link, effect, orders, news, board, watch, looked, senses, told };
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
    /// `None`: whoever gave them has gone.
    orders: Option<mpsc::Receiver<Order>>,
    news: mpsc::Receiver<Event>,
    board: watch::Sender<Board>,
    watch: Stopwatch,
    /// When the machine was looked at last.
    looked: Duration,
    senses: Senses,
    told: Told,
}

impl<W: World> Engine<W> {
    fn now(&self) -> Now {
        Now { at: self.watch.elapsed(), chance: self.world.chance(), is_idle: self.rig.is_idle() }
    }

    fn handle(&mut self, event: Event) {
        if let Event::Pinged(Some(time)) = &event {
            self.board.send_modify(|board| board.round_trip = Some(*time));
        }
        let before = self.life.phase();
        let actions = self.life.handle(self.now(), event);
        self.told.tell(self.watch.elapsed(), before, &self.life);
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

    /// What happens next.
    async fn next(&mut self) -> Event {
        let Self { world, life, rig, link, effect, orders, news, watch, looked, senses, .. } = self;
        let look = LOOK.saturating_sub(watch.elapsed().saturating_sub(*looked));
        let deadline = life.next_deadline().map(|at| at.saturating_sub(watch.elapsed()));
        let is_draining = matches!(life.phase(), Phase::Draining(_));
        tokio::select! {
            biased;
            event = ordered(orders) => event,
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
            () = sleep(look) => {
                *looked = watch.elapsed();
                if senses.has_woken(&**world) { Event::Woke } else { Event::Tick }
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

    fn publish(&self) {
        let counters = self.rig.counters(self.life.plan());
        self.board.send_modify(|board| board.show(self.watch, &self.life, counters));
    }
}

/// The next order. When those who give orders have gone, so has the reason for the tunnel; that is said once.
async fn ordered(orders: &mut Option<mpsc::Receiver<Order>>) -> Event {
    let Some(receiver) = orders else { return std::future::pending().await };
    match receiver.recv().await {
        Some(Order::Kick) => Event::Kicked,
        Some(Order::Stop) => Event::Stopped,
        None => {
            *orders = None;
            Event::Stopped
        }
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
