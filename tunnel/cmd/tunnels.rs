//! The tunnels of one process: each with its place, its channel and an end of its own.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tracing::Instrument as _;

use super::control;
use super::place::Place;
use super::system::{self, Listener};
use crate::clock;
use crate::engine::{self, Board, Order, Real, Settings, Shared, Spec};
use crate::failure::{Exit, Failure};
use crate::tasks::Tasks;

/// Orders that nobody has looked at yet; more would say the same.
const ORDERS: usize = 8;

/// How one of them stands.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// How it was at the last change of its state.
    pub(super) board: Board,
    /// Whether it has been ready.
    pub(super) was_ready: bool,
    /// Its end, once there is one.
    pub(super) ended: Option<Result<(), Failure>>,
}

impl Standing {
    /// One that has not begun.
    pub(super) fn of(server: &str) -> Self {
        let board = Board { server: server.to_owned(), ..Board::default() };
        Self { board, was_ready: false, ended: None }
    }

    /// Whether it is up, now or between two sessions.
    pub(super) fn is_up(&self) -> bool {
        self.was_ready && self.ended.is_none()
    }

    /// Whether it looks at the ports anew while connections are carried: no news unless it changes something.
    pub(super) fn is_looking(&self) -> bool {
        self.ended.is_none() && self.board.is_open && !self.board.is_up()
    }

    /// Whether it is known what came of bringing it up.
    pub(super) fn is_settled(&self) -> bool {
        self.was_ready || self.ended.is_some()
    }
}

/// Tunnels that are to run.
pub(super) struct Tunnels {
    specs: Vec<Spec>,
    orders: Vec<mpsc::Sender<Order>>,
    received: Vec<mpsc::Receiver<Order>>,
    standings: watch::Sender<Vec<Standing>>,
}

impl Tunnels {
    /// A tunnel for each of these.
    pub(super) fn new(specs: Vec<Spec>) -> Self {
        let (orders, received) = specs.iter().map(|_| mpsc::channel(ORDERS)).unzip();
        let standings = watch::Sender::new(specs.iter().map(|spec| Standing::of(&spec.name())).collect());
        Self { specs, orders, received, standings }
    }

    /// Where orders for all of them go.
    pub(super) fn orders(&self) -> Orders {
        Orders(self.orders.clone())
    }

    /// How they stand, in the order of the command line. Closed when all have ended.
    pub(super) fn standings(&self) -> watch::Receiver<Vec<Standing>> {
        self.standings.subscribe()
    }

    /// Runs them all to their ends, none of which is that of another.
    ///
    /// # Errors
    /// Why the first one ended, in the order of the command line, that was not told to.
    pub(super) async fn run(self, shared: &Arc<Shared>, tasks: &Tasks) -> Result<(), Failure> {
        let Self { specs, orders, received, standings } = self;
        let change = |index: usize, change: &dyn Fn(&mut Standing)| {
            standings.send_modify(|all| all.get_mut(index).into_iter().for_each(change));
        };
        let parts = specs.into_iter().zip(orders.into_iter().zip(received)).enumerate();
        let ends = parts.map(|(index, (spec, orders))| {
            let span = tracing::error_span!("tunnel", to = spec.name());
            let one = async move {
                let show = |board: &Board| {
                    change(index, &|standing| {
                        standing.was_ready |= board.is_up();
                        standing.board = board.clone();
                    });
                };
                let ended = run_one(spec, shared, tasks, orders, show).await;
                if let Err(failure) = &ended {
                    // For a log; whoever watches is told by the standing.
                    tracing::info!("{failure}");
                }
                change(index, &|standing| standing.ended = Some(ended.clone()));
                ended
            };
            one.instrument(span)
        });
        let ended = join_all(ends).await.into_iter().find(Result::is_err).unwrap_or(Ok(()));
        system::tell_stopping();
        ended
    }
}

/// Gives orders to all tunnels.
#[derive(Debug, Clone)]
pub(super) struct Orders(Vec<mpsc::Sender<Order>>);

impl Orders {
    /// Gives them this one.
    pub(super) fn give(&self, order: Order) {
        for orders in &self.0 {
            // A full queue holds the same orders already.
            orders.try_send(order).ok();
        }
    }

    /// Waits until nobody takes orders any more, as all tunnels have ended.
    pub(super) async fn closed(&self) {
        for orders in &self.0 {
            orders.closed().await;
        }
    }
}

/// One tunnel with its place and its channel. `show` gets the board whenever the state has changed.
async fn run_one(
    spec: Spec,
    shared: &Arc<Shared>,
    tasks: &Tasks,
    (orders, received): (mpsc::Sender<Order>, mpsc::Receiver<Order>),
    show: impl Fn(&Board),
) -> Result<(), Failure> {
    let name = spec.name();
    let place = Place::of(&name)?;
    let _taken = place.take(&name)?;
    let channel = Listener::bind(&place.channel).map_err(|error| {
        Failure::new(Exit::NoFile, format!("cannot listen at {}: {error}", place.channel.display()))
    })?;
    let board =
        Board { server: name, pid: std::process::id(), started: clock::unix_seconds(), ..Board::default() };
    let (board, mut shown) = watch::channel(board);
    control::serve(channel, orders, shown.clone(), tasks);
    let profile = &spec.profile;
    let settings =
        Settings { overrides: profile.hosts, steps_aside: profile.direct_on_site, hold: profile.hold };
    let world = Arc::new(Real::new(spec, Arc::clone(shared))?);
    let follow = async {
        let mut state = String::new();
        while let Ok(board) = shown.wait_for(|board| board.state != state).await.map(|board| board.clone()) {
            show(&board);
            state = board.state;
        }
    };
    tokio::select! {
        ended = engine::run(world, settings, received, board, tasks) => ended,
        // The board goes with the engine, which then has ended.
        () = follow => Ok(()),
    }
}
