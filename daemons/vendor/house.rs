//! What the daemon's settings govern: its logs and its connections.

use std::path::Path;

use licgate_core::options::Settings;
use licgate_core::options::ast;
use licgate_core::options::policy::Rule;
use licgate_core::options::settings::Set;
use licgate_machine::files::FileError;

use super::logs::{Logs, Report};
use crate::log::{LogFile, Outlet};
use crate::net::Quota;

/// Follows the settings of the options file. Clones govern the same.
#[derive(Debug, Clone)]
pub(super) struct House {
    /// Where events are noted.
    pub(super) logs: Logs,
    /// How many clients there may be.
    pub(super) quota: Quota,
    /// How many this machine can bear, whatever the options file says.
    bearable: usize,
    /// Where the daemon's own lines go.
    outlet: Outlet,
}

/// Settings that can be followed: the files that they name are open, and nothing was thrown away yet.
#[derive(Debug)]
pub(super) struct Opened {
    settings: Settings,
    debug: Option<NewLog>,
    report: Option<NewLog>,
}

/// A log file that was just opened.
#[derive(Debug)]
struct NewLog {
    file: LogFile,
    /// Whether what is there goes.
    begins_anew: bool,
}

impl Opened {
    /// Opens what `settings` name. A log without `+` that was open `before` goes on: it begins anew at a start only. The lines
    /// say what cannot be opened. Blocking.
    pub(super) fn open(settings: Settings, before: &Settings) -> (Self, Vec<String>) {
        let mut wrong = Vec::new();
        let debug = settings.debug_log.as_ref().and_then(|Set { rule, value }| {
            let old = before.debug_log.as_ref().map(|old| &old.value.file);
            NewLog::open(rule, &value.file, value.rollover, old).map_err(|line| wrong.push(line)).ok()
        });
        let report = settings.report_log.as_ref().and_then(|Set { rule, value }| {
            let old = before.report_log.as_ref().map(|old| &old.value.file);
            NewLog::open(rule, &value.file, None, old).map_err(|line| wrong.push(line)).ok()
        });
        (Self { settings, debug, report }, wrong)
    }
}

impl NewLog {
    fn open(
        rule: &Rule,
        log: &ast::LogFile,
        most: Option<u32>,
        before: Option<&ast::LogFile>,
    ) -> Result<Self, String> {
        let path = Path::new(&log.path.node);
        let is_known = before.is_some_and(|before| before.path.node == log.path.node);
        match LogFile::open(path, most) {
            Ok(file) => Ok(Self { file, begins_anew: !log.append && !is_known }),
            Err(error) => Err(format!("{rule}: {}", FileError::new("write", path, error))),
        }
    }

    /// The file, empty if it begins anew.
    fn begin(mut self) -> LogFile {
        if self.begins_anew
            && let Err(error) = self.file.empty()
        {
            tracing::warn!(%error, "a log does not begin anew, what is in it stays");
        }
        self.file
    }
}

impl House {
    /// A house without rules yet.
    pub(super) fn new(bearable: usize, outlet: Outlet) -> Self {
        Self { logs: Logs::default(), quota: Quota::new(bearable), bearable, outlet }
    }

    /// From now on as the settings say.
    pub(super) fn change(&self, Opened { settings, debug, report }: Opened) {
        let report = report.zip(settings.report_log).map(|(log, Set { rule, value })| Report {
            file: log.begin(),
            rule: rule.to_string(),
            hides_users: value.hides_users,
            zone: self.outlet.zone().clone(),
            is_failing: false,
        });
        self.logs.change(settings.unlogged, report);
        self.outlet.turn(debug.map(NewLog::begin));
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
