//! What the loop notices of the machine by itself: that it slept, and that its network changed.

use std::collections::BTreeSet;
use std::mem::replace;
use std::net::IpAddr;
use std::time::Duration;

use super::world::World;

/// A machine that was away for so long has lost its connections, more likely than not.
const NAP: Duration = Duration::from_secs(5);

/// The machine as it was at the last look.
pub(super) struct Senses {
    slept: Duration,
    addresses: BTreeSet<IpAddr>,
}

impl Senses {
    /// The first look.
    pub(super) fn new<W: World>(world: &W) -> Self {
        Self { slept: world.slept(), addresses: world.addresses() }
    }

    /// Looks again: whether the machine slept, or its network changed, since the last time.
    pub(super) fn has_woken<W: World>(&mut self, world: &W) -> bool {
        let now = Self::new(world);
        let before = replace(self, now);
        self.slept.saturating_sub(before.slept) >= NAP || self.addresses != before.addresses
    }
}
