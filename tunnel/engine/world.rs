//! Everything that the loop does to the world.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::Failure;
use crate::plan::Plan;

/// The network, the hosts file, the clocks. What waits in here has deadlines of its own, except where a person is asked.
/// Futures may be dropped at any time, except that of [`set`](Self::set).
/// Only connections are carried in tasks of their own; all else runs in the loop.
pub trait World: Send + Sync + 'static {
    /// A session with the ssh server.
    type Link: Send + Sync + 'static;
    /// A port that listens.
    type Door: Door;

    /// Whether the licence server answers without a tunnel, where applications would find it then.
    fn answers_directly(&self) -> impl Future<Output = bool>;

    /// Opens a session: address, connection, host key, login.
    fn connect(&self) -> impl Future<Output = Result<Self::Link, Failure>>;

    /// Finds the ports and makes a plan of them.
    fn find(&self, link: &Self::Link) -> impl Future<Output = Result<Plan, Failure>>;

    /// Listens on a local port.
    fn listen(&self, address: IpAddr, port: u16) -> Result<Self::Door, Failure>;

    /// Reaches the licence server through the session, and says as which of the plan's hosts.
    fn verify(&self, link: &Self::Link, plan: &Plan) -> impl Future<Output = Result<String, Failure>>;

    /// Carries a connection to its end.
    fn carry(
        &self,
        link: &Self::Link,
        client: <Self::Door as Door>::Client,
        host: &str,
        port: u16,
    ) -> impl Future<Output = Carried> + Send;

    /// Points the plan's names at its address, in place of those of an earlier plan.
    fn set(&self, plan: &Plan) -> impl Future<Output = Result<(), Failure>>;

    /// Takes back what [`set`](Self::set) did. What cannot be taken back it says itself.
    fn restore(&self) -> impl Future<Output = ()>;

    /// How long an answer of the server takes; `None` when none came in time.
    fn ping(&self, link: &Self::Link) -> impl Future<Output = Option<Duration>>;

    /// Waits for the end of the session and says why.
    fn lost(&self, link: &Self::Link) -> impl Future<Output = String>;

    /// The ssh server at the other end, for people.
    fn peer(&self, link: &Self::Link) -> String;

    /// Ends the session in good order.
    fn leave(&self, link: Arc<Self::Link>) -> impl Future<Output = ()>;

    /// Breaks the session off.
    fn cut(&self, link: &Self::Link);

    /// How long the machine has slept in all.
    fn slept(&self) -> Duration;

    /// The addresses by which this machine is in a network now.
    fn addresses(&self) -> BTreeSet<IpAddr>;

    /// A random number from 0 to 1.
    fn chance(&self) -> f64;
}

/// A port that listens. Dropping it closes it.
pub trait Door: Send + 'static {
    /// A connection.
    type Client: Client;

    /// The next connection, when there is room for one.
    fn accept(&mut self) -> impl Future<Output = Self::Client> + Send;
}

/// A connection of a client.
pub trait Client: Send + 'static {
    /// Breaks it off in such a way that the client sees a failure and tries again.
    fn reset(self);
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Bytes to the server.
    pub up: u64,
    /// Bytes from the server.
    pub down: u64,
    /// How it ended.
    pub fate: Fate,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was carried, to whatever end.
    Carried,
    /// It was carried, and the server ended it before its client did.
    Left,
    /// The ssh server could not connect to the port.
    PortClosed,
    /// It could not be carried for another reason.
    NotCarried,
}
