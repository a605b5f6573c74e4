//! The vendor daemons and how they are, and the line on which each gets its orders.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::supervise::Hopeless;
use tokio::sync::{mpsc, oneshot, watch};

/// How a vendor daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    /// It has been started and does not serve yet.
    Starting,
    /// It serves on this port.
    Up {
        /// The port.
        port: u16,
        /// What an administrator has to see to.
        warning: Option<String>,
    },
    /// It ended and will be started again after this time.
    Restarting {
        /// How long, from when it ended.
        after: Duration,
        /// How it ended.
        why: String,
    },
    /// It does not serve, and only an administrator can help.
    Down(Cause),
}

/// Why a vendor daemon is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It would end again as it did.
    Hopeless(Hopeless),
    /// It was stopped.
    Stopped,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hopeless(why) => why.fmt(f),
            Self::Stopped => f.write_str("it was stopped"),
        }
    }
}

/// What a vendor daemon's keeper is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Have the daemon read its files again, or start it if it is not there.
    Reread(oneshot::Sender<Reread>),
    /// Stop the daemon: its vendor is no longer in the licence files.
    Retire,
}

/// What came of a reread at one vendor daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reread {
    /// Whether the new files are in force.
    pub(super) outcome: Outcome,
    /// Lines for people.
    pub(super) lines: Vec<String>,
}

/// Whether new files are in force, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// They are.
    InForce,
    /// The old ones still are: something is wrong with the new ones.
    Kept,
    /// No daemon could be asked, or none answered.
    Down,
}

impl Outcome {
    /// What whoever asked for the reread is told when it failed.
    pub(super) fn refusal(self) -> Option<Code> {
        match self {
            Self::InForce => None,
            Self::Kept => Some(Code::SYNTAX),
            Self::Down => Some(Code::VENDOR_DOWN),
        }
    }
}

/// A vendor daemon in the directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// How it is.
    pub(super) health: watch::Receiver<Health>,
    /// Where its orders go.
    pub(super) orders: mpsc::Sender<Order>,
}

/// All vendor daemons of this host.
#[derive(Debug, Default)]
pub(super) struct Directory {
    entries: Mutex<BTreeMap<VendorName, Entry>>,
}

impl Directory {
    /// Enters a vendor daemon.
    pub(super) fn enter(&self, vendor: VendorName, entry: Entry) {
        self.with(|entries| drop(entries.insert(vendor, entry)));
    }

    /// Strikes a vendor daemon out.
    pub(super) fn strike(&self, vendor: &VendorName) -> Option<Entry> {
        self.with(|entries| entries.remove(vendor))
    }

    /// A vendor daemon.
    pub(super) fn find(&self, vendor: &VendorName) -> Option<Entry> {
        self.with(|entries| entries.get(vendor).cloned())
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Vec<(VendorName, Entry)> {
        self.with(|entries| entries.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// Their names, for people.
    pub(super) fn names(&self) -> String {
        self.with(|entries| entries.keys().map(VendorName::as_str).collect::<Vec<_>>().join(", "))
    }

    /// Waits until none is starting any more, and says how each is then.
    pub(super) async fn settled(&self) -> Vec<(VendorName, Health)> {
        let mut settled = Vec::new();
        for (vendor, mut entry) in self.all() {
            let health = entry.health.wait_for(|health| *health != Health::Starting).await;
            let health = health.map_or(Health::Down(Cause::Stopped), |health| health.clone());
            settled.push((vendor, health));
        }
        settled
    }

    /// Waits until nobody keeps any of them any more.
    pub(super) async fn closed(&self) {
        for (_, entry) in self.all() {
            entry.orders.closed().await;
        }
    }

    fn with<R>(&self, use_them: impl FnOnce(&mut BTreeMap<VendorName, Entry>) -> R) -> R {
        // Nobody panics while holding it; and if somebody did, the map would still be whole.
        use_them(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
