//! The vendor daemons and how they are, and the line on which each gets its orders.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use licgate_core::id::VendorName;
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
    },
    /// It ended and will be started again after this time.
    Restarting {
        /// How long, from when it ended.
        after: Duration,
        /// How it ended.
        why: String,
    },
    /// It does not serve, and only an administrator can help.
    Down {
        /// Why.
        why: String,
    },
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

/// Whether new files are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They are.
    InForce,
    /// The old ones still are.
    Kept,
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
            let gone = || Health::Down { why: "it is no longer watched".to_owned() };
            settled.push((vendor, health.map_or_else(|_| gone(), |health| health.clone())));
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
