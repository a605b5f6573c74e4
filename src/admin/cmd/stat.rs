//! `licutil stat`: the state of licence hosts, as FlexNet's `lmstat` prints it.

mod ask;
mod listing;

use clap::Args;
use licgate_core::code::Code;
use licgate_core::id::{FeatureName, VendorName};
use licgate_core::report::status::{self, Scope};
use licgate_core::report::usage::{VendorReport, VendorUsage};
use licgate_core::wire::VendorState;
use licgate_machine::zone::{Local, wall};
use serde::Serialize;

use super::names::Called;
use super::places::Places;
use crate::failure::{Failure, Kind, Manner};
use crate::out::{Form, Out};
use ask::{HostDocument, HostReport, Wanted};

/// Print the state of licence hosts and their vendor daemons, and who has which seats
///
/// The text is that of FlexNet's lmstat. Without -a, -A, -f, -S or -i only hosts and daemons are told. The exit status
/// is 0 when every host and daemon answered.
#[derive(Debug, Args)]
pub(super) struct Stat {
    #[command(flatten)]
    places: Places,
    /// Tell everything: all features and who uses them
    #[arg(short, long)]
    all: bool,
    /// Tell only features that are in use
    #[arg(short = 'A', long)]
    active: bool,
    /// Tell who uses this feature, or any
    #[arg(short, long, value_name = "FEATURE", num_args = 0..=1)]
    feature: Option<Option<String>>,
    /// Tell who uses features of this vendor, or of any
    #[arg(short = 'S', long, value_name = "VENDOR", num_args = 0..=1)]
    vendor: Option<Option<String>>,
    /// List what is licensed, without who uses it; licence files are read, hosts are asked
    #[arg(short = 'i', long, value_name = "FEATURE", num_args = 0..=1)]
    list: Option<Option<String>>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// FlexNet's flag for host status, which is always told
    #[arg(short = 's', value_name = "HOST", num_args = 0..=1, hide = true)]
    host: Option<Option<String>>,
    /// FlexNet's flag for the program's version
    #[arg(short = 'v', hide = true)]
    program_version: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    servers: Vec<HostDocument<'a>>,
}

impl Stat {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        if self.program_version {
            let platform = licgate_machine::facts::platform();
            out.line(&format!("lmstat v{} build 1 {platform}", env!("CARGO_PKG_VERSION")));
            return Ok(());
        }
        let form = Form::of_flag(self.json);
        if let Some(feature) = &self.list {
            return listing::print(&self.places, feature.as_deref().map(Into::into).as_ref(), form, out);
        }
        let servers = self.places.servers(out)?;
        let reports = ask::all(&servers, &self.wanted(), self.places.patience());
        match form {
            Form::Json => out.json(&Document { servers: reports.iter().map(Into::into).collect() }),
            Form::Text => self.print(called, &reports, out),
        }
        self.judge(called.manner, &reports)
    }

    fn wanted(&self) -> Wanted {
        let vendor = self.vendor.clone().flatten().map(|name| VendorName::from(name.as_str()));
        let feature = self.feature.clone().flatten().map(FeatureName::from);
        let users = self.all || self.active || self.feature.is_some() || self.vendor.is_some();
        Wanted { users, feature, vendor }
    }

    fn print(&self, called: &Called, reports: &[HostReport], out: &mut Out) {
        let zone = Local::system();
        out.data(&status::heading(&called.program, wall(), &zone));
        let scope = match (&self.vendor, self.active) {
            (Some(Some(_)), _) => Scope::OfVendor,
            (Some(None) | None, true) => Scope::Active,
            (Some(None) | None, false) => Scope::All,
        };
        for (index, report) in reports.iter().enumerate() {
            if index > 0 {
                out.line(status::SEPARATOR);
            }
            match (&report.status, &report.error) {
                (Some(status), _) => {
                    out.data(&status::server(status));
                    out.data(&status::vendors(status, &report.vendors, scope, &zone));
                }
                (None, Some(error)) => out.data(&status::error_line(&error.message)),
                (None, None) => {}
            }
        }
        if let Some(missing) = self.missing(reports) {
            out.data(&status::no_such_feature(&missing));
        }
    }

    /// The feature that was asked for and that no daemon which answered knows.
    fn missing(&self, reports: &[HostReport]) -> Option<FeatureName> {
        let name = FeatureName::from(self.feature.clone().flatten()?);
        let knows = |vendor: &VendorReport| match &vendor.usage {
            VendorUsage::Features(features) => features.iter().any(|feature| feature.name == name),
            VendorUsage::Unasked | VendorUsage::Failed(_, _) => false,
        };
        (!reports.iter().flat_map(|report| &report.vendors).any(knows)).then_some(name)
    }

    /// Success only when everybody answered and served what was asked for. The text has said who did not.
    fn judge(&self, manner: Manner, reports: &[HostReport]) -> Result<(), Failure> {
        for report in reports {
            if let Some(error) = &report.error {
                return Err(said(Kind::Unreachable, error.code));
            }
            for vendor in &report.vendors {
                match (&vendor.state, &vendor.usage) {
                    (VendorState::Down { .. }, _) => return Err(said(Kind::Unreachable, Code::VENDOR_DOWN)),
                    (VendorState::Up { .. }, VendorUsage::Failed(code, _)) => {
                        return Err(said(Kind::Unreachable, *code));
                    }
                    (VendorState::Up { .. }, VendorUsage::Unasked | VendorUsage::Features(_)) => {}
                }
            }
        }
        match (self.missing(reports), self.wanted().vendor) {
            (Some(_), _) => Err(said(Kind::No, Code::NO_SUCH_FEATURE)),
            (None, Some(vendor)) if reports.iter().all(|report| report.vendors.is_empty()) => {
                let failure = Failure::new(Kind::No, format!("nobody serves the vendor '{vendor}'"));
                Err(match manner {
                    Manner::Licgate => failure,
                    Manner::FlexNet => failure.code(Code::VENDOR_DOWN),
                })
            }
            (None, _) => Ok(()),
        }
    }
}

fn said(kind: Kind, code: Code) -> Failure {
    Failure::said(kind).code(code)
}
