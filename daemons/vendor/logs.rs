//! The logs of events, as the options file wants them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use licgate_core::options::Settings;
use licgate_core::options::ast::LogClass;

use super::record::Note;
use crate::log::verbatim;

/// Where events are noted. Clones are the same logs.
#[derive(Debug, Default, Clone)]
pub(super) struct Logs(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    unlogged: BTreeSet<LogClass>,
}

impl Logs {
    /// From now on as `settings` say.
    pub(super) fn change(&self, settings: &Settings) {
        self.with(|state| state.unlogged.clone_from(&settings.unlogged));
    }

    /// Writes an event down, unless a NOLOG line leaves it out.
    pub(super) fn note(&self, note: &Note) {
        self.with(|state| {
            if !state.unlogged.contains(&note.verb.class()) {
                verbatim(&note.to_string());
            }
        });
    }

    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
