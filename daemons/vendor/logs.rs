//! The logs of events, as the options file wants them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use licgate_core::options::ast::LogClass;
use licgate_core::time::Zone as _;
use licgate_machine::zone::Local;
use tracing::error;

use super::record::Note;
use crate::log::{LogFile, verbatim};

/// Where events are noted. Clones are the same logs.
#[derive(Debug, Default, Clone)]
pub(super) struct Logs(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    unlogged: BTreeSet<LogClass>,
    report: Option<Report>,
}

/// A report log: a JSON object for each event.
#[derive(Debug)]
pub(super) struct Report {
    /// Where it is written.
    pub(super) file: LogFile,
    /// The line of the options file that names it.
    pub(super) rule: String,
    /// Whether it leaves out who it was.
    pub(super) hides_users: bool,
    /// The zone of its times.
    pub(super) zone: Local,
    /// Whether the last event could not be written.
    pub(super) is_failing: bool,
}

impl Logs {
    /// From now on without these classes, and with this report.
    pub(super) fn change(&self, unlogged: BTreeSet<LogClass>, report: Option<Report>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State { unlogged, report };
    }

    /// Writes an event down, unless a NOLOG line leaves it out.
    pub(super) fn note(&self, note: &Note) {
        let State { unlogged, report } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if unlogged.contains(&note.verb.class()) {
            return;
        }
        verbatim(&note.line().to_string());
        if let Some(report) = report {
            report.note(note);
        }
    }
}

impl Report {
    /// A disk that is full ends no daemon; it is said once that events are missing, and once that they no longer are.
    fn note(&mut self, note: &Note) {
        let written =
            serde_json::to_vec(&note.record(self.hides_users)).map_err(Into::into).and_then(|mut line| {
                line.push(b'\n');
                self.file.append(&line, self.zone.civil(note.at))
            });
        match written {
            Ok(()) if self.is_failing => error!("{}: events are reported again", self.rule),
            Ok(()) => {}
            Err(_) if self.is_failing => {}
            Err(ref error) => {
                error!("{}: events are MISSING from now on: {error}; make room on that disk", self.rule);
            }
        }
        self.is_failing = written.is_err();
    }
}
