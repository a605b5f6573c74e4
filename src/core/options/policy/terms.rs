//! On which terms a client may have seats: what the ledger has to count, keep free and watch.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::names::NameId;
use super::rule::{Refusal, RuleId};

/// On which terms a client may have seats of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms<'p> {
    /// What holds for everybody.
    pub pool: &'p PoolTerms,
    /// All of them must hold.
    pub limits: Vec<Limit>,
    /// The places in [`PoolTerms::reservations`] of those that are for this client: those for a single user, host, display,
    /// address or project before those for a group, each in the order of the file.
    pub reservations: Vec<usize>,
    /// Whether it may borrow, if the pool's seats may be borrowed at all.
    pub may_borrow: Result<(), Refusal>,
}

/// What holds for a pool, whoever asks.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolTerms {
    /// How many seats above the licensed ones may be used: the pool's OVERDRAFT, or less by MAX_OVERDRAFT.
    pub overdraft: u32,
    /// How long a seat stays out after its check-in: the longer of the licence's LINGER and that of the options file.
    pub linger: Duration,
    /// When a seat is taken back from a client that reports itself idle; at least [`PoolTerms::SHORTEST_TIMEOUT`].
    pub timeout: Option<Duration>,
    /// How its seats may be borrowed; `None`: not at all.
    pub borrow: Option<BorrowTerms>,
    /// Seats that are for some clients only, together at most as many as are licensed.
    pub reservations: Vec<Reservation>,
}

impl PoolTerms {
    /// FlexNet's default for the least timeout of a vendor.
    pub const SHORTEST_TIMEOUT: Duration = Duration::from_secs(900);
}

/// How seats may be borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BorrowTerms {
    /// For how many hours at most.
    pub hours: u32,
    /// The MAX_BORROW_HOURS line that made them fewer than the licence allows.
    pub hours_rule: Option<RuleId>,
    /// How many seats cannot be borrowed, and the BORROW_LOWWATER line that says so.
    pub low_water: Option<(u32, RuleId)>,
}

/// Seats of a pool that are for the bearers of one name only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// How many; the lines of one name add up.
    pub seats: u32,
    /// The first of these lines.
    pub rule: RuleId,
    pub(super) name: NameId,
}

/// A MAX line that applies to a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    /// Whose seats are counted together.
    pub counter: Counter,
    /// How many there may be at most.
    pub cap: u32,
}

/// What tells one sum of seats from another. It is right for the policy that it came from only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// The MAX line.
    pub rule: RuleId,
    /// The place in the book of the feature's first pool: a line for a package counts each component by itself, and one
    /// for a feature counts the seats of all its pools that the line is for together.
    pub feature: usize,
    /// Whose seats.
    pub whose: Whose,
}

/// Whose seats are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Of all who bear the name on the line; for a group, of all its members; for an address with `*`, of all hosts that fit.
    Name(NameId),
    /// Of this user, for ALL_USERS.
    User(Box<str>),
    /// Of this host, for ALL_HOSTS.
    Host(Box<str>),
}
