//! How a tunnel is, for `status`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Stopwatch;
use crate::life::{Life, Phase};
use crate::plan::Port;

/// How a tunnel is. The field names are an interface: `status --json` shows them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Board {
    /// The server, as typed.
    pub server: String,
    /// The process of the tunnel.
    pub pid: u32,
    /// What it is doing.
    pub state: String,
    /// Whether connections are carried now.
    pub is_open: bool,
    /// Unix time of the start, in seconds.
    pub started: u64,
    /// So many milliseconds after the start the state began.
    pub since_ms: u64,
    /// How long it has been running, in milliseconds.
    pub up_ms: u64,
    /// The ssh server, as `host:port`; empty before the first session.
    pub ssh_server: String,
    /// The time of the last answer to a ping.
    pub round_trip: Option<Duration>,
    /// The server's address on this machine.
    pub address: Option<String>,
    /// Names that lead there.
    pub names: Vec<String>,
    /// Names that the server calls itself and that are left alone, as they may be another's.
    pub strange_names: Vec<String>,
    /// The override of the names.
    pub names_are: OverrideState,
    /// The ports.
    pub forwards: Vec<Forwarded>,
    /// What is wrong: the last thing since it was ready; while it is ready, why it cannot adapt to the server.
    pub trouble: Option<String>,
    /// Milliseconds to the next try.
    pub next_try_ms: Option<u64>,
    /// Where [`now`](Self::now) reads; another process cannot.
    #[serde(skip)]
    pub live: Live,
}

/// What changes all the time, for whoever reads a board between two writings.
#[derive(Debug, Clone, Default)]
pub struct Live {
    watch: Option<Stopwatch>,
    next_try: Option<Duration>,
    forwards: Vec<(Port, Arc<Counter>)>,
}

/// The numbers of one port since the start of the tunnel.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub(super) open: AtomicU64,
    pub(super) total: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) up: AtomicU64,
    pub(super) down: AtomicU64,
}

/// Whether names lead to this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideState {
    /// Not tried yet, or not wanted.
    #[default]
    Not,
    /// They do.
    Set,
    /// They do not, and why.
    Missing(String),
}

/// One port and its numbers since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    /// Its number, there and here.
    pub port: u16,
    /// What it is for.
    pub role: String,
    /// Connections now, those that are held among them.
    pub open: u64,
    /// Connections in all.
    pub total: u64,
    /// Connections that could not be carried.
    pub refused: u64,
    /// Bytes to the server, of connections that have ended.
    pub bytes_up: u64,
    /// Bytes from the server, of connections that have ended.
    pub bytes_down: u64,
}

impl Board {
    /// Whether all is well: applications reach the server.
    pub fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "ready" | "on site")
    }

    /// The board with its times and numbers as they are at this moment.
    #[must_use]
    pub fn now(&self) -> Self {
        let mut board = self.clone();
        board.refresh();
        board
    }

    /// Shows how it is now.
    pub(super) fn show(&mut self, watch: Stopwatch, life: &Life, forwards: Vec<(Port, Arc<Counter>)>) {
        let next_try = match life.phase() {
            Phase::Waiting(until) => Some(until),
            _ => None,
        };
        self.live = Live { watch: Some(watch), next_try, forwards };
        self.refresh();
        let state = life.phase().to_string();
        if self.state != state {
            self.state = state;
            self.since_ms = self.up_ms;
        }
        if let Phase::Aside(_) = life.phase() {
            self.ssh_server.clear();
            self.round_trip = None;
        }
        self.is_open = life.is_open();
        self.address = life.plan().map(|plan| plan.address.to_string());
        self.names = life.plan().map(|plan| plan.names.clone()).unwrap_or_default();
        self.strange_names = life.plan().map(|plan| plan.strange_names.clone()).unwrap_or_default();
        self.names_are = match life.override_outcome() {
            None => OverrideState::Not,
            Some(Ok(())) => OverrideState::Set,
            Some(Err(why)) => OverrideState::Missing(why.to_string()),
        };
        self.trouble = life.trouble().map(ToString::to_string);
    }

    fn refresh(&mut self) {
        let Some(now) = self.live.watch.map(|watch| watch.elapsed()) else { return };
        self.up_ms = millis(now);
        self.next_try_ms = self.live.next_try.map(|until| millis(until.saturating_sub(now)));
        self.forwards = self.live.forwards.iter().map(|(port, counter)| counter.row(port)).collect();
    }
}

impl Counter {
    fn row(&self, port: &Port) -> Forwarded {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Forwarded {
            port: port.number,
            role: port.role.to_string(),
            open: read(&self.open),
            total: read(&self.total),
            refused: read(&self.refused),
            bytes_up: read(&self.up),
            bytes_down: read(&self.down),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
