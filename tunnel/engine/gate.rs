//! Where connections wait while there is no session.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How connections are carried now.
#[derive(Debug)]
pub(super) struct Way<L> {
    /// The session.
    pub(super) link: Arc<L>,
    /// The licence server's host, in the eyes of the ssh server.
    pub(super) host: String,
}

impl<L> Clone for Way<L> {
    fn clone(&self) -> Self {
        Self { link: Arc::clone(&self.link), host: self.host.clone() }
    }
}

/// Whether connections may pass.
pub(super) enum Gate<L> {
    /// They wait.
    Closed,
    /// This is their way.
    Open(Way<L>),
    /// They never will.
    Shut,
}

/// Waits until the gate opens; `None` when it was shut or did not open in time.
pub(super) async fn pass<L>(gate: &mut watch::Receiver<Gate<L>>, patience: Duration) -> Option<Way<L>> {
    let moved = timeout(patience, gate.wait_for(|gate| !matches!(gate, Gate::Closed))).await;
    match &*moved.ok()?.ok()? {
        Gate::Open(way) => Some(way.clone()),
        Gate::Closed | Gate::Shut => None,
    }
}
