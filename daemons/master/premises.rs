//! The licence host that the master speaks for: its files, its vendor daemons, and how both are read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::host::HostFacts;
use licgate_core::id::VendorName;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{info, warn};

use super::child::{self, Recipe};
use super::directory::{Directory, Health, Order, Outcome, Reread};
use super::licences::{self, Licences, VendorLine};
use crate::failure::Failure;
use crate::flags::Refusable;
use crate::log::verbatim;
use crate::run::Setup;
use crate::systemd;

/// How long a vendor daemon may take to read its files again.
const REREAD: Duration = Duration::from_secs(60);

/// The licence host.
#[derive(Debug)]
pub(super) struct Premises {
    setup: Setup,
    /// Licence files and directories as they were named.
    elements: Vec<PathBuf>,
    facts: HostFacts,
    /// The port that the master serves on.
    pub(super) port: u16,
    /// The commands that are switched off.
    pub(super) refused: Vec<Refusable>,
    /// The vendor daemons.
    pub(super) directory: Directory,
    licences: Mutex<Arc<Licences>>,
    one_at_a_time: tokio::sync::Mutex<()>,
}

/// Why a reread failed, for whoever asked.
#[derive(Debug)]
pub(super) struct Refusal {
    /// FlexNet's code: −2 for the files, −42 for a vendor that is not in them, −97 for a daemon that is down.
    pub(super) code: Code,
    /// Lines for people.
    pub(super) lines: Vec<String>,
}

/// What a host is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) setup: Setup,
    pub(super) elements: Vec<PathBuf>,
    pub(super) facts: HostFacts,
    pub(super) port: u16,
    pub(super) refused: Vec<Refusable>,
    pub(super) licences: Licences,
}

impl Premises {
    /// A host whose vendor daemons are not started yet.
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { setup, elements, facts, port, refused, licences } = parts;
        Self {
            setup,
            elements,
            facts,
            port,
            refused,
            directory: Directory::default(),
            licences: Mutex::new(Arc::new(licences)),
            one_at_a_time: tokio::sync::Mutex::new(()),
        }
    }

    /// What it was built from.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// This machine's own name, for the log.
    pub(super) fn host_name(&self) -> &str {
        self.facts.names.first().map_or("this_host", String::as_str)
    }

    /// What the licence files say at the moment.
    pub(super) fn licences(&self) -> Arc<Licences> {
        Arc::clone(&self.licences.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts all vendor daemons and waits until each serves or has failed.
    ///
    /// # Errors
    /// None of them serves.
    pub(super) async fn open(&self) -> Result<(), Failure> {
        verbatim("Starting vendor daemons ... ");
        for (vendor, line) in &self.licences().vendors {
            self.start(vendor, line);
        }
        let settled = self.directory.settled().await;
        if settled.iter().any(|(_, health)| matches!(health, Health::Up { .. })) {
            return Ok(());
        }
        Err(super::nobody_serves(&settled))
    }

    /// Tells systemd that the host serves, and what.
    pub(super) fn tell_ready(&self) {
        systemd::ready(&format!("serving {} on port {}", self.directory.names(), self.port));
    }

    fn start(&self, vendor: &VendorName, line: &VendorLine) {
        if let Some(port) = line.port.filter(|port| *port != 0) {
            verbatim(&format!("Using vendor daemon port {port} specified in license file"));
        }
        let entry = child::keep(self.recipe(vendor, line), &self.setup.tasks);
        self.directory.enter(vendor.clone(), entry);
    }

    fn recipe(&self, vendor: &VendorName, line: &VendorLine) -> Recipe {
        let flags = &self.setup.flags;
        let mut arguments = vec!["--vendor".into(), vendor.as_str().into()];
        arguments.extend(["--state-dir".into(), self.setup.state_dir.clone().into_os_string()]);
        for element in &self.elements {
            arguments.extend(["-c".into(), element.clone().into_os_string()]);
        }
        if let Some(config) = &flags.config {
            arguments.extend(["--config".into(), config.clone().into_os_string()]);
        }
        if flags.datestamp {
            arguments.push("--datestamp".into());
        }
        arguments.extend(["-s".into(), flags.timestamp.to_string().into()]);
        Recipe {
            vendor: vendor.clone(),
            program: program(line),
            arguments,
            log: self.setup.log.sink().clone(),
        }
    }

    /// Reads the licence files again and has the vendor daemons (or only this one) do the same. Daemons that are not up
    /// are started; those whose vendor is gone are stopped, unless one was named. With errors the old files stay in
    /// force.
    pub(super) async fn reread(
        &self,
        only: Option<&VendorName>,
        asked_by: &str,
    ) -> Result<Vec<String>, Refusal> {
        let _turn = self.one_at_a_time.lock().await;
        systemd::reloading();
        verbatim(&format!("Rereading license file... Requested from {asked_by}"));
        let result = self.reread_now(only).await;
        let (lines, word) = match &result {
            Ok(lines) => (lines, "Done rereading"),
            Err(Refusal { lines, .. }) => {
                (lines, "Reread failed, the old files are still in force where no daemon says otherwise")
            }
        };
        lines.iter().for_each(|line| info!("{line}"));
        verbatim(word);
        verbatim("...Finished rereading");
        self.tell_ready();
        result
    }

    async fn reread_now(&self, only: Option<&VendorName>) -> Result<Vec<String>, Refusal> {
        let new = self.read_files().await.map_err(|lines| Refusal { code: Code::SYNTAX, lines })?;
        if let Some(unknown) = only.filter(|only| !new.vendors.contains_key(only)) {
            let known = new.vendors.keys().map(VendorName::as_str).collect::<Vec<_>>().join(", ");
            let line =
                format!("there is no VENDOR line for {unknown} in the licence files, only for: {known}");
            return Err(Refusal { code: Code::BAD_PARAMETER, lines: vec![line] });
        }
        let old = self.licences();
        let mut lines = old.needs_restart(&new);
        lines.iter().for_each(|line| warn!("{line}"));
        let mut kept = BTreeSet::new();
        match only {
            None => lines.extend(self.retire(&new).await),
            // The others go on as they are, even when their VENDOR lines have gone.
            Some(only) => {
                kept.extend(
                    self.directory.all().into_iter().map(|(name, _)| name).filter(|name| name != only),
                );
            }
        }
        let mut worst = Outcome::InForce;
        for (vendor, line) in new.vendors.iter().filter(|(vendor, _)| only.is_none_or(|only| only == *vendor))
        {
            let answer = self.reread_one(vendor, line).await;
            lines.extend(answer.lines.iter().map(|line| format!("{vendor}: {line}")));
            worst = worst.max(answer.outcome);
            if answer.outcome != Outcome::InForce {
                kept.extend(old.vendors.contains_key(vendor).then(|| vendor.clone()));
            }
        }
        let licences = Arc::new(new.keeping(&kept, &old));
        *self.licences.lock().unwrap_or_else(PoisonError::into_inner) = licences;
        match worst.refusal() {
            None => Ok(lines),
            Some(code) => Err(Refusal { code, lines }),
        }
    }

    /// The files as they are now, or what is wrong with them.
    async fn read_files(&self) -> Result<Licences, Vec<String>> {
        let (elements, facts) = (self.elements.clone(), self.facts.clone());
        match self.setup.tasks.blocking(move || licences::read(&elements, &facts)).await {
            Some(Ok(new)) if new.wrong.is_empty() => Ok(new),
            Some(Ok(mut new)) => {
                let what = "what was read before stays in force, until these lines are corrected or removed:";
                new.wrong.insert(0, what.to_owned());
                Err(new.wrong)
            }
            Some(Err(failure)) => Err(failure.to_string().lines().map(str::to_owned).collect()),
            None => Err(vec!["the licence files could not be read, see the log".to_owned()]),
        }
    }

    /// Stops the daemons of vendors that are no longer in the files.
    async fn retire(&self, new: &Licences) -> Vec<String> {
        let mut lines = Vec::new();
        for (vendor, _) in self.directory.all() {
            if new.vendors.contains_key(&vendor) {
                continue;
            }
            if let Some(entry) = self.directory.strike(&vendor) {
                // A daemon that is gone already needs no order.
                drop(entry.orders.send(Order::Retire).await);
                lines.push(format!("{vendor}: stopped, because it has no VENDOR line any more"));
            }
        }
        lines
    }

    async fn reread_one(&self, vendor: &VendorName, line: &VendorLine) -> Reread {
        let Some(mut entry) = self.directory.find(vendor) else {
            self.start(vendor, line);
            return self.newcomer(vendor).await;
        };
        let (answer, answered) = oneshot::channel();
        if entry.orders.send(Order::Reread(answer)).await.is_err() {
            return down("the daemon is just ending; try again");
        }
        match timeout(REREAD, answered).await {
            Ok(Ok(reread)) => reread,
            Ok(Err(_)) => match &*entry.health.borrow_and_update() {
                Health::Down(cause) => down(cause.to_string()),
                Health::Restarting { why, .. } => down(why),
                Health::Starting | Health::Up { .. } => down("the daemon ended while it reread"),
            },
            Err(_) => down(format!("no answer within {} s", REREAD.as_secs())),
        }
    }

    /// What became of a daemon that was just started.
    async fn newcomer(&self, vendor: &VendorName) -> Reread {
        let health = self.directory.settled().await.into_iter().find(|(name, _)| name == vendor);
        match health {
            Some((_, Health::Up { port, .. })) => {
                Reread { outcome: Outcome::InForce, lines: vec![format!("started on port {port}")] }
            }
            Some((_, Health::Down(cause))) => down(cause.to_string()),
            Some((_, Health::Restarting { why, .. })) => down(why),
            Some((_, Health::Starting)) | None => down("it does not serve"),
        }
    }
}

/// The answer of a daemon that gives none.
fn down(why: impl Into<String>) -> Reread {
    Reread { outcome: Outcome::Down, lines: vec![why.into()] }
}

/// The program on the VENDOR line if there is one that can be run, else licgate's own beside this program.
fn program(line: &VendorLine) -> PathBuf {
    let own = PathBuf::from("licvendord");
    if let Some(path) = line.path.as_deref().map(Path::new) {
        // Another publisher's daemon does not speak with this master, so it would be restarted for ever.
        if path.file_name() == Some(own.as_os_str()) && is_executable(path) {
            return path.into();
        }
        info!("{} on the VENDOR line is no licvendord, licgate's own vendor daemon is used", path.display());
    }
    std::env::current_exe().map_or(own.clone(), |this| this.with_file_name(own))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
