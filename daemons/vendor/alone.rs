//! That this daemon is the only one of its vendor: its journal, its SERVER host ids and its port, which an earlier one may
//! just be leaving.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use licgate_core::id::VendorName;
use tokio::time::sleep;

use super::endings::{panicked, unusable};
use super::guard::Guard;

use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::journal::SqliteJournal;
use crate::net::{BindError, Bound, bind};
use crate::tasks::Tasks;

/// How often it is tried again what is in somebody's way.
const AGAIN: Duration = Duration::from_millis(200);

/// For how long what somebody else has is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// An earlier daemon may take so long to come to its end, when its master was killed and this one started at once.
    pub(super) leaving: Duration,
    /// Somebody else may hold the port that the VENDOR line names.
    pub(super) port: Duration,
}

impl Waits {
    /// As a daemon waits. The port belongs to strangers, who rarely leave.
    pub(super) const USUAL: Self = Self { leaving: Duration::from_secs(15), port: Duration::from_secs(4) };

    /// The journal, as soon as no other daemon works on it.
    pub(super) async fn journal(
        self,
        tasks: &Tasks,
        state_dir: &Path,
        vendor: &VendorName,
    ) -> Result<SqliteJournal, Failure> {
        let opened = patiently(self.leaving, is_another, async || {
            let (state_dir, vendor) = (state_dir.to_owned(), vendor.clone());
            let open = move || SqliteJournal::open(&state_dir, &vendor).map_err(|error| unusable(&error));
            tasks.blocking(open).await.unwrap_or_else(|| Err(panicked()))
        });
        opened.await
    }

    /// The SERVER host ids, as soon as no other daemon serves for them.
    pub(super) async fn guard(
        self,
        vendor: &VendorName,
        hostids: &BTreeSet<String>,
    ) -> Result<Guard, Failure> {
        patiently(self.leaving, is_another, async || Guard::default().change(vendor, hostids)).await
    }

    /// The port of the VENDOR line, or any.
    pub(super) async fn listen(self, config: &Config, port: Option<u16>) -> Result<Bound, Failure> {
        let bound =
            patiently(self.port, BindError::is_taken, async || bind(&config.listen, port.unwrap_or(0))).await;
        bound.map_err(|error| match port {
            Some(port) if error.is_taken() => Failure::new(
                Exit::NoPort,
                format!("The TCP port number in the license, {port}, is already in use."),
            )
            .with_hint(format!(
                "find who has it with `ss -ltnp sport = :{port}`, or change PORT= on the VENDOR line"
            )),
            Some(_) | None => Failure::new(Exit::NoPort, error.to_string())
                .with_hint("correct `listen` in licgate.toml, or PORT= on the VENDOR line"),
        })
    }
}

fn is_another(failure: &Failure) -> bool {
    failure.exit == Exit::AnotherRuns
}

/// Tries again and again while what is in the way may pass by itself; then the last error counts.
async fn patiently<T, E>(
    patience: Duration,
    may_pass: impl Fn(&E) -> bool,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut left = patience;
    loop {
        let result = attempt().await;
        if left.is_zero() || !result.as_ref().is_err_and(&may_pass) {
            return result;
        }
        sleep(AGAIN).await;
        left = left.saturating_sub(AGAIN);
    }
}
