//! The wall clock and the local time zone.

use licgate_core::time::{Civil, Date, WallTime, Zone};

/// The time zone that this machine is set to.
#[derive(Debug, Clone)]
pub struct Local {}

impl Local {
    /// Reads the setting (`TZ`, `/etc/localtime`); UTC when there is none.
    pub fn system() -> Self {
        todo!()
    }

    /// When this day begins here.
    pub fn start_of(&self, _day: Date) -> WallTime {
        todo!()
    }
}

impl Zone for Local {
    fn civil(&self, _time: WallTime) -> Civil {
        todo!()
    }
}

/// What the wall clock shows.
pub fn wall() -> WallTime {
    todo!()
}
