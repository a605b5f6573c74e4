//! The seat in an application's hand.

use std::time::Duration;

use licgate_core::id::LeaseNumber;

use crate::candidates::LocalSeat;
use crate::checkout::Checkout;
use crate::error::Error;
use crate::hold::{Hold, Seat};

/// How long [`Licence::give_back`] waits for a server that is away.
const GIVE_BACK: Duration = Duration::from_secs(10);

/// Seats of a feature, held for as long as this value lives.
///
/// One thread of the library sends heartbeats and, when the connection or the server is gone, comes back and goes on with
/// the same seats; the application does not notice. When they are lost for good (nobody answered for an hour, or the licence
/// has gone), [`Checkout::on_lost`] is called and [`is_valid`](Self::is_valid) says so.
///
/// Dropped, it gives its seats back, which takes two seconds at most. When the process ends without dropping it, the server
/// takes them back itself, seconds later.
#[derive(Debug)]
#[must_use = "a licence that is not kept is given back at once"]
pub struct Licence {
    feature: String,
    holding: Holding,
    notes: Vec<String>,
}

#[derive(Debug)]
enum Holding {
    /// With the first grant; after a server was away it may have been replaced by another.
    Server(Hold, Seat),
    Local(LocalSeat, u32),
}

impl Licence {
    /// Words a checkout of `feature`, at least at `version`.
    pub fn checkout(feature: &str, version: &str) -> Checkout {
        Checkout::new(feature, version)
    }

    pub(crate) fn held(feature: String, hold: Hold, first: Seat, notes: Vec<String>) -> Self {
        Self { feature, holding: Holding::Server(hold, first), notes }
    }

    pub(crate) fn local(feature: String, seat: LocalSeat, seats: u32, notes: Vec<String>) -> Self {
        Self { feature, holding: Holding::Local(seat, seats), notes }
    }

    /// The feature, as it was asked for.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    /// The version of the licence, as its line writes it; at least what was asked for.
    pub fn version(&self) -> String {
        match &self.holding {
            Holding::Server(hold, first) => now(hold, first).version.to_string(),
            Holding::Local(seat, _) => seat.version.to_string(),
        }
    }

    /// How many seats are held; at least what was asked for.
    pub fn seats(&self) -> u32 {
        match &self.holding {
            Holding::Server(hold, first) => now(hold, first).seats,
            Holding::Local(_, seats) => *seats,
        }
    }

    /// Who granted: the licence host as `port@host`, or the path of a licence file that needs none.
    pub fn server(&self) -> String {
        match &self.holding {
            Holding::Server(hold, first) => now(hold, first).server,
            Holding::Local(seat, _) => seat.file.clone(),
        }
    }

    /// The number by which the server's status lists name these seats; none for a licence file.
    pub fn handle(&self) -> Option<LeaseNumber> {
        match &self.holding {
            Holding::Server(hold, first) => Some(now(hold, first).lease),
            Holding::Local(..) => None,
        }
    }

    /// What was passed over on the way here, in plain words: servers that did not answer, files that could not be read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the seats are held, as far as is known here. While the server is away for a while they are.
    pub fn is_valid(&self) -> bool {
        self.lost().is_none()
    }

    /// Why the seats are lost, when they are.
    pub fn lost(&self) -> Option<Error> {
        match &self.holding {
            Holding::Server(hold, _) => hold.lost(),
            Holding::Local(..) => None,
        }
    }

    /// Gives the seats back and says whether that worked. When the server is away, for example because it is being
    /// restarted, it is called again for ten seconds at most. Dropping does the same in silence, but keeps the application
    /// waiting for two seconds only and goes on in the background.
    ///
    /// # Errors
    /// The server did not confirm it (it will take the seats back by itself), or they were lost before.
    pub fn give_back(mut self) -> Result<(), Error> {
        match &mut self.holding {
            Holding::Server(hold, _) => hold.give_back(GIVE_BACK),
            Holding::Local(..) => Ok(()),
        }
    }
}

fn now(hold: &Hold, first: &Seat) -> Seat {
    hold.seat().unwrap_or_else(|| first.clone())
}
