//! The state machine of one tunnel: events and the time go in, actions come out.
//!
//! ```text
//! Connecting → Finding → Binding → Verifying → Overriding → Ready
//!      ↑          ↑                                           │ lost, silent, port closed
//!      └── Waiting (back-off; listeners stay, connections are held) ←┘
//!
//! at the end, from anywhere: Restoring (override away) → Draining → Closing → Ended
//! ```
//!
//! A tunnel that is to step aside on site tries first, and each time that the machine may have moved, whether the server
//! answers directly: `Probing` stands before `Connecting` then. If the server does, what is up is taken down as at the end, and `Aside` comes
//! in place of `Ended`; from there the way begins anew once the server answers no more. A tunnel that is ready steps aside only while no
//! connection is open.
//!
//! One effect at a time is on its way: an action that asks for one replaces the one before, whose result is never
//! told. Only an override is always waited for, as half of one must not stay.

mod looks;
mod machine;
mod site;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::failure::Failure;
use crate::plan::{Changes, Plan};

pub use looks::{FIND_EVERY, FIND_SELDOM};
pub use machine::Life;
pub use site::PROBE_EVERY;

/// The longest time between the last answer of the server and the next ping.
pub const PING_EVERY: Duration = Duration::from_secs(10);
/// How long open connections may go on after the tunnel was told to end.
pub const DRAIN: Duration = Duration::from_secs(5);
/// After so many refused logins in a row it is over, before the server locks the account.
pub const LOGINS: u32 = 2;
/// The first wait between two tries.
pub const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait between two tries.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// Time since the tunnel was started, on a clock that nobody sets.
    pub at: Duration,
    /// A random number from 0 to 1, so that many tunnels do not come back in step.
    pub chance: f64,
    /// Whether no connection is carried or held.
    pub is_idle: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A session was opened, or not.
    Connected(Result<(), Failure>),
    /// The ports were looked for and a plan was made of them, or not.
    Planned(Result<Plan, Failure>),
    /// The listeners changed as asked, or stayed as they were.
    Bound(Result<(), Failure>),
    /// A connection through the tunnel reached the licence server, or not.
    Verified(Result<(), Failure>),
    /// The names lead here, or not.
    Overridden(Result<(), Failure>),
    /// The names lead where they led before.
    Restored,
    /// The server answered after this time, or not in time.
    Pinged(Option<Duration>),
    /// The server answers without a tunnel, or does not.
    Probed(bool),
    /// The session ended by itself.
    Lost(String),
    /// The server could not connect to this port, which a client wanted.
    Refused(u16),
    /// The server ended a connection to this port before its client did.
    Left(u16),
    /// A person wants the session opened anew, at once.
    Kicked,
    /// The machine slept, or its network changed.
    Woke,
    /// The tunnel is to end.
    Stopped,
    /// No connection is carried or held any more.
    Drained,
    /// The session is closed.
    Closed,
    /// Time passed; see [`Life::next_deadline`].
    Tick,
}

/// Something to do. Those that name an event are effects, of which the last one asked for is on its way; it ends in that
/// event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Try whether the server answers without a tunnel: [`Event::Probed`].
    Probe,
    /// Open a session: [`Event::Connected`].
    Connect,
    /// Look for the ports and make a plan: [`Event::Planned`].
    Find,
    /// Listen on the ports of this plan, changing all or nothing: [`Event::Bound`].
    Bind(Plan, Changes),
    /// Open a connection to the licence server through the session: [`Event::Verified`].
    Verify,
    /// Point the names of the plan at its address: [`Event::Overridden`].
    Override,
    /// Undo that: [`Event::Restored`].
    Restore,
    /// Ask the server for a sign of life: [`Event::Pinged`].
    Ping,
    /// Carry new connections, and those that are held.
    Admit,
    /// Hold new connections for a while.
    Hold,
    /// Break the session off.
    HangUp,
    /// Close the listeners and drop the connections that are held.
    StopListening,
    /// Close the session in good order: [`Event::Closed`].
    Close,
}

/// What a tunnel is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Trying whether the server answers without a tunnel.
    Probing,
    /// The server answers without a tunnel, and nothing is up. The next try is due then; `None` while one is on its way.
    Aside(Option<Duration>),
    /// Opening a session: address, connection, host key, login.
    Connecting,
    /// Looking for the ports.
    Finding,
    /// Beginning to listen.
    Binding,
    /// Trying whether the licence server answers.
    Verifying,
    /// Pointing the names here.
    Overriding,
    /// All is well. The next ping is due then; `None` while one is out, or a try without a tunnel.
    Ready(Option<Duration>),
    /// Something is wrong; the next try is due then.
    Waiting(Duration),
    /// Ending: taking the override away.
    Restoring,
    /// Ending: letting open connections finish, until then.
    Draining(Duration),
    /// Ending: taking leave of the server.
    Closing,
    /// Over.
    Ended,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Probing => "trying without a tunnel",
            Self::Aside(_) => "on site",
            Self::Connecting => "connecting",
            Self::Finding => "finding ports",
            Self::Binding => "binding",
            Self::Verifying => "verifying",
            Self::Overriding => "overriding names",
            Self::Ready(_) => "ready",
            Self::Waiting(_) => "waiting",
            Self::Restoring => "restoring names",
            Self::Draining(_) => "draining",
            Self::Closing => "closing",
            Self::Ended => "ended",
        })
    }
}
