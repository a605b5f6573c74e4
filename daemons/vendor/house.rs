//! What the daemon's settings govern: its logs and its connections.

use licgate_core::options::Settings;

use super::logs::Logs;
use crate::net::Quota;

/// Follows the settings of the options file. Clones govern the same.
#[derive(Debug, Clone)]
pub(super) struct House {
    /// Where events are noted.
    pub(super) logs: Logs,
    /// How many clients there may be.
    pub(super) quota: Quota,
    /// How many this machine can bear, whatever the options file says.
    pub(super) bearable: usize,
}

impl House {
    /// A house without rules yet.
    pub(super) fn new(bearable: usize) -> Self {
        Self { logs: Logs::default(), quota: Quota::new(bearable), bearable }
    }

    /// From now on as `settings` say.
    pub(super) fn change(&self, settings: &Settings) {
        self.logs.change(settings);
        let ruled =
            settings.max_connections.as_ref().and_then(|set| Some((usize::try_from(set.value).ok()?, set)));
        match ruled.filter(|(most, _)| *most < self.bearable) {
            Some((most, set)) => {
                let why = format!("no more connections are allowed by {}", set.rule);
                self.quota.change(most, &why);
            }
            None => self.quota.change(self.bearable, Quota::HOST_IS_FULL),
        }
    }
}
