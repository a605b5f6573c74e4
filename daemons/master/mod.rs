//! The master daemon: where is vendor V, and is its daemon alive?
//!
//! It holds no seats. It reads the licence files, starts one vendor daemon per vendor, keeps them alive, and tells
//! clients their ports.

mod admin;
mod child;
pub mod demo;
mod desk;
mod directory;
mod elements;
mod licences;
mod lock;
mod premises;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use licgate_core::host::HostFacts;
use licgate_core::id::VendorName;
use licgate_core::path::DEFAULT_PORTS;
use licgate_core::time::Zone as _;
use licgate_core::wire::Entrance;
use licgate_machine::{facts, keys};
use tracing::{error, warn};

use crate::clock;
use crate::failure::{Exit, Failure};
use crate::flags::MasterFlags;
use crate::keys::vendor_key;
use crate::log::verbatim;
use crate::net::{BindError, Bound, Quota, bind, bind_first};
use crate::run::{Daemon, Orders, Setup};
use crate::systemd;

use admin::AdminSocket;
use directory::{Cause, Health};
use licences::Licences;
use lock::Lock;
use premises::{Parts, Premises};

/// A master daemon, built.
#[derive(Debug)]
pub struct Master {
    premises: Arc<Premises>,
    bound: Bound,
    admin: AdminSocket,
    tls: Arc<rustls::ServerConfig>,
    demo: Option<demo::Demo>,
    _lock: Lock,
}

impl Daemon for Master {
    type Flags = MasterFlags;

    async fn build(flags: MasterFlags, setup: Setup) -> Result<Self, Failure> {
        let elements = elements::find(&flags.licences, |name| std::env::var(name).ok())?;
        let lock = Lock::take(&setup.state_dir)?;
        if let Err(error) = setup.log.sink().empty(flags.log_file.as_deref()) {
            warn!(%error, "cannot empty the log");
        }
        let identity = keys::identity(&setup.state_dir)
            .map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
        let facts = HostFacts { key: Some(identity.public().bytes()), ..facts::measure() };
        let licences = licences::read(&elements, &facts)?;
        check_keys(&setup, &licences)?;
        let demo = flags.demo.then(|| demo::Demo::at(&setup.state_dir));
        let bound = find_port(&setup.config.listen, &licences, demo.is_some())?;
        let admin = admin::bind(&setup.state_dir, setup.config.admin_group.as_deref())?;
        let tls = licgate_tls::server_config(&identity)
            .map_err(|error| Failure::new(Exit::Broken, format!("cannot set up TLS: {error}")))?;
        let parts = Parts { setup, elements, facts, port: bound.port(), refused: flags.refused, licences };
        Ok(Self { premises: Arc::new(Premises::new(parts)), bound, admin, tls, demo, _lock: lock })
    }

    async fn serve(self, orders: Orders) -> Result<(), Failure> {
        let Self { premises, bound, admin, tls, demo, _lock } = self;
        let tasks = premises.setup().tasks.clone();
        banner(&premises);
        let host = Arc::clone(&premises);
        let quota = Quota::new(premises.setup().config.connections);
        bound.serve(&tasks, &tls, quota, move |conn, _| {
            desk::serve(conn, Entrance::Network, Arc::clone(&host))
        });
        admin.serve(&premises);
        let served = tokio::select! {
            () = tasks.stopping().cancelled() => Ok(()),
            opened = premises.open() => match opened {
                Ok(()) => {
                    premises.tell_ready();
                    if let Some(demo) = demo {
                        demo.invite(premises.port);
                    }
                    attend(&premises, &orders).await;
                    Ok(())
                }
                Err(failure) => Err(failure),
            },
        };
        systemd::stopping();
        tasks.stop();
        premises.directory.closed().await;
        verbatim(&format!("Shut down licgate license server system on machine {}", premises.host_name()));
        served
    }
}

/// Rereads when asked, until the end.
async fn attend(premises: &Premises, orders: &Orders) {
    let stopping = premises.setup().tasks.stopping();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = orders.reread.notified() => {}
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            // What came of it stands in the log.
            _ = premises.reread(None, "signal 1") => {}
        }
    }
}

/// The lines at the head of a log, which its readers look for.
fn banner(premises: &Premises) {
    let now = premises.setup().zone.civil(clock::wall());
    let (date, host) = (now.date, premises.host_name());
    let files: Vec<_> = premises.licences().files.iter().map(|file| file.display().to_string()).collect();
    if rustix::process::geteuid().is_root() {
        warn!("licmgrd runs as root; a user of its own is enough and safer (see config/systemd)");
    }
    verbatim(&format!("pid {}", std::process::id()));
    verbatim(&format!(
        "licgate (v{}) started on {host} (linux) ({}/{}/{})",
        env!("CARGO_PKG_VERSION"),
        date.month(),
        date.day(),
        date.year()
    ));
    verbatim("lmdown/lmreread only allowed on this machine");
    verbatim(&format!("License file(s): {}", files.join(" ")));
    verbatim(&format!("licmgrd tcp-port {}", premises.port));
}

/// A vendor without a key cannot be served. If that is so for all, there is nothing to serve.
fn check_keys(setup: &Setup, licences: &Licences) -> Result<(), Failure> {
    let mut failures = Vec::new();
    for (vendor, line) in &licences.vendors {
        if let Err(failure) = vendor_key(&setup.config, vendor, &line.files) {
            failures.push(failure);
        }
    }
    if failures.len() < licences.vendors.len() {
        failures.iter().for_each(|failure| failure.to_string().lines().for_each(|line| error!("{line}")));
        return Ok(());
    }
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// The port of the SERVER line; without one, the first free one of the ten that clients try.
fn find_port(listen: &[IpAddr], licences: &Licences, is_demo: bool) -> Result<Bound, Failure> {
    let bound = match licences.port {
        Some(0) if is_demo => bind_first(listen, demo::PORTS.chain([0])),
        Some(port) => bind(listen, port),
        None => bind_first(listen, DEFAULT_PORTS),
    };
    bound.map_err(|error| no_port(&error, licences.port))
}

fn no_port(error: &BindError, wanted: Option<u16>) -> Failure {
    let port = error.address.port();
    let failure = |message: String| Failure::new(Exit::NoPort, message);
    if !error.is_taken() {
        return failure(error.to_string()).with_hint(
            "change the port on the SERVER line, or `listen` in licgate.toml; both may be edited",
        );
    }
    match wanted {
        Some(_) => failure(format!("The TCP port number in the license, {port}, is already in use ({error})"))
            .with_hint(format!(
                "`ss -ltnp sport = :{port}` shows by whom; stop that program, or change the port on the SERVER line, \
                 which may be edited"
            )),
        None => failure("all ports from 27000 to 27009 are already in use".to_owned())
            .with_hint("stop a licence server that uses them, or write a port on the SERVER line, which may be edited"),
    }
}

/// Why a host with these vendor daemons serves nothing. It ends as they did, if it is of no use to start it again; where they
/// ended in several ways, as the one who may serve first.
fn nobody_serves(settled: &[(VendorName, Health)]) -> Failure {
    let mut message = "no vendor daemon serves".to_owned();
    let (mut may_pass, mut hopeless) = (false, None);
    for (vendor, health) in settled {
        // Writing to a string cannot fail.
        let _unfailing = match health {
            Health::Down(cause) => {
                if let Cause::Hopeless(why) = cause {
                    hopeless = hopeless.max(Some(*why));
                }
                write!(message, "\n{vendor}: {cause}")
            }
            Health::Restarting { why, .. } => {
                may_pass = true;
                write!(message, "\n{why}")
            }
            Health::Starting | Health::Up { .. } => Ok(()),
        };
    }
    let exit = hopeless.filter(|_| !may_pass).map_or(Exit::Broken, Exit::from);
    Failure::new(exit, message).with_hint("the lines above, from the vendor daemons themselves, say more")
}

#[cfg(test)]
mod tests;
