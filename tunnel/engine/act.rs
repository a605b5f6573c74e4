//! Doing what the state machine says: each action begins an effect, or is done at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::Engine;
use super::gate::Way;
use super::world::World;
use crate::failure::Failure;
use crate::life::{Action, Event};
use crate::plan::Plan;

/// Something that takes time. One is on its way at most.
pub(super) type Effect<L> = Pin<Box<dyn Future<Output = Done<L>>>>;

/// What came of an effect.
pub(super) enum Done<L> {
    Connected(Result<L, Failure>),
    Verified(Result<String, Failure>),
    Event(Event),
}

impl<W: World> Engine<W> {
    /// Does this; what is done at once is answered at once.
    pub(super) fn act(&mut self, action: Action) -> Option<Event> {
        let world = Arc::clone(&self.world);
        match action {
            Action::Probe => {
                self.begin(async move { Done::Event(Event::Probed(world.answers_directly().await)) });
            }
            Action::Connect => self.begin(async move { Done::Connected(world.connect().await) }),
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
                self.begin(async move { Done::Event(Event::Overridden(set(&*world, plan.as_ref()).await)) });
            }
            Action::Restore => self.begin(async move {
                world.restore().await;
                Done::Event(Event::Restored)
            }),
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
                self.begin(async move {
                    if let Some(link) = link {
                        world.leave(link).await;
                    }
                    Done::Event(Event::Closed)
                });
            }
        }
        None
    }

    /// Begins an effect in place of the one before.
    fn begin(&mut self, effect: impl Future<Output = Done<W::Link>> + 'static) {
        self.effect = Some(Box::pin(effect));
    }

    /// Begins an effect on the session. Without one the news of its end is on its way, and no effect is wanted.
    fn with_link<F>(&mut self, effect: impl FnOnce(Arc<W::Link>) -> F)
    where
        F: Future<Output = Done<W::Link>> + 'static,
    {
        self.effect = self.link.clone().map(|link| Box::pin(effect(link)) as Effect<W::Link>);
    }
}

async fn set<W: World>(world: &W, plan: Option<&Plan>) -> Result<(), Failure> {
    match plan {
        Some(plan) => world.set(plan).await,
        None => Ok(()),
    }
}
