//! Asking several licence hosts at once, so that a dead one costs no more than its own time.

use std::thread;
use std::time::{Duration, Instant};

use licgate::Error;
use licgate::server::{Locate, Master, StatusAsk, VendorStatus};
use licgate_core::code::Code;
use licgate_core::id::{FeatureName, VendorName};
use licgate_core::path::PortAtHost;
use licgate_core::report::usage::{VendorReport, VendorUsage, features};
use licgate_core::wire::{ServerStatus, VendorState};
use serde::Serialize;

/// What is to be asked.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Who uses what?
    pub(super) users: bool,
    /// Only this feature.
    pub(super) feature: Option<FeatureName>,
    /// Only this vendor's daemon.
    pub(super) vendor: Option<VendorName>,
}

/// What a licence host said, or why it said nothing.
#[derive(Debug)]
pub(super) struct HostReport {
    /// `27000@lic1`
    pub(super) address: String,
    /// Without the vendor daemons, which follow.
    pub(super) status: Option<ServerStatus>,
    pub(super) vendors: Vec<VendorReport>,
    pub(super) error: Option<Trouble>,
}

/// A licence host in JSON.
#[derive(Serialize)]
pub(super) struct HostDocument<'a> {
    address: &'a str,
    host: Option<&'a str>,
    port: Option<u16>,
    version: Option<&'a str>,
    files: &'a [String],
    vendors: &'a [VendorReport],
    error: Option<&'a Trouble>,
}

impl<'a> From<&'a HostReport> for HostDocument<'a> {
    fn from(report: &'a HostReport) -> Self {
        let HostReport { address, status, vendors, error } = report;
        let status = status.as_ref();
        Self {
            address,
            host: status.map(|status| status.host.as_str()),
            port: status.map(|status| status.port),
            version: status.map(|status| status.version.as_str()),
            files: status.map_or(&[], |status| &status.files),
            vendors,
            error: error.as_ref(),
        }
    }
}

/// Why a licence host, or a vendor daemon, said nothing.
#[derive(Debug, Serialize)]
pub(super) struct Trouble {
    pub(super) code: Code,
    pub(super) message: String,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { code: error.code().unwrap_or(Code::CANNOT_READ), message: error.to_string() }
    }
}

/// The reports of all hosts, in the order given.
pub(super) fn all(servers: &[PortAtHost], wanted: &Wanted, within: Duration) -> Vec<HostReport> {
    thread::scope(|scope| {
        let asked: Vec<_> =
            servers.iter().map(|server| scope.spawn(move || one(server, wanted, within))).collect();
        asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

fn one(server: &PortAtHost, wanted: &Wanted, within: Duration) -> HostReport {
    let deadline = Instant::now() + within;
    let found = Master::connect(server, within).and_then(|master| {
        let status = master.status()?;
        Ok((master, status))
    });
    let (master, mut status) = match found {
        Ok(found) => found,
        Err(error) => {
            let (address, error) = (server.to_string(), Some(error.into()));
            return HostReport { address, status: None, vendors: Vec::new(), error };
        }
    };
    let of_interest = |vendor: &VendorStatus| wanted.vendor.as_ref().is_none_or(|name| vendor.name == *name);
    let told = std::mem::take(&mut status.vendors).into_iter().filter(of_interest);
    let vendors = told.map(|vendor| report(&master, vendor, wanted, deadline)).collect();
    HostReport { address: master.address().to_string(), status: Some(status), vendors, error: None }
}

fn report(master: &Master, vendor: VendorStatus, wanted: &Wanted, deadline: Instant) -> VendorReport {
    let VendorStatus { name, state, version, warning } = vendor;
    let usage = match (&state, wanted.users) {
        (VendorState::Up { .. }, true) => usage(master, &name, wanted, deadline).unwrap_or_else(|error| {
            let why = error.report().map_or_else(String::new, |report| report.why().into());
            VendorUsage::Failed(error.code().unwrap_or(Code::CANNOT_READ), why)
        }),
        (VendorState::Up { .. }, false) | (VendorState::Down { .. }, _) => VendorUsage::Unasked,
    };
    VendorReport { name, version, state, warning, usage }
}

fn usage(
    master: &Master,
    name: &VendorName,
    wanted: &Wanted,
    deadline: Instant,
) -> Result<VendorUsage, Error> {
    let left = deadline.saturating_duration_since(Instant::now());
    let vendor = master.vendor(&Locate::Vendor(name.clone()), left)?;
    let ask = StatusAsk { feature: wanted.feature.clone(), users: true, after: None };
    let found = features(vendor.status(ask).collect::<Result<Vec<_>, _>>()?);
    // A daemon that does not have the one feature that was asked for has nothing to tell.
    let has_nothing = found.is_empty() && wanted.feature.is_some();
    Ok(if has_nothing { VendorUsage::Unasked } else { VendorUsage::Features(found) })
}
