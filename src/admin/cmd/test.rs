//! `licutil test`: check a seat out and give it back, step by step.

use clap::Args;
use licgate::server::{Locate, Located, Master};
use licgate::{Error, Licence};
use licgate_core::code::Code;
use licgate_core::id::FeatureName;
use licgate_core::path::PortAtHost;
use licgate_core::version::Version;
use serde::Serialize;

use super::names::Called;
use super::places::Places;
use crate::failure::{Failure, Manner};
use crate::out::{Form, Out};
use crate::vendor_key;

/// Check a seat out, give it back, and say which step failed
///
/// The licence hosts are tried one after the other until one of them grants. With the vendor's public key it is also seen
/// to that the licence is genuine and is for the very host that grants it, as applications do.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    places: Places,
    /// The vendor's public key (ed25519:…), or a file that holds it
    #[arg(long, value_name = "KEY|FILE", env = "LICGATE_VENDOR_KEY", hide_env_values = true)]
    vendor_key: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// FlexNet's flag for asking nothing, which is always so
    #[arg(short = 'n', hide = true)]
    quiet: bool,
    /// The feature
    feature: String,
    /// At least this version
    #[arg(default_value = "0", value_parser = version)]
    version: String,
}

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Resolve,
    Connect,
    MasterAnswer,
    VendorDaemon,
    Checkout,
    Verify,
    CheckIn,
}

/// How one step went.
#[derive(Debug, Serialize)]
struct Went {
    step: Step,
    ok: bool,
    detail: String,
}

/// How one licence host did.
#[derive(Debug, Serialize)]
struct Trial {
    address: String,
    steps: Vec<Went>,
    #[serde(skip)]
    error: Option<Error>,
}

#[derive(Serialize)]
struct Document {
    feature: String,
    granted: bool,
    trials: Vec<Trial>,
}

impl Test {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        let key = self.vendor_key.as_deref().map(vendor_key::read).transpose()?;
        let key = key.map(|key| key.to_string());
        let servers = self.places.servers(out)?;
        let (mut trials, mut granted) = (Vec::new(), false);
        for server in &servers {
            let trial = self.attempt(server, key.as_deref());
            granted = trial.error.is_none();
            if Form::of_flag(self.json) == Form::Text {
                print(&trial, called.manner, out);
            }
            trials.push(trial);
            if granted {
                break;
            }
        }
        // Of several hosts that refused, the last one's reason is the exit status: all have been told.
        let error = trials.last_mut().and_then(|trial| trial.error.take());
        match (Form::of_flag(self.json), &error) {
            (Form::Json, _) => out.json(&Document { feature: self.feature.clone(), granted, trials }),
            (Form::Text, None) => out.line("This license can be checked out"),
            (Form::Text, Some(error)) => match called.manner {
                Manner::Licgate => out.line("This license cannot be checked out"),
                Manner::FlexNet => {
                    out.line(&format!("This license cannot be checked out because:\n  {error}"));
                }
            },
        }
        match error {
            None => Ok(()),
            Some(error) => Err(Failure::from(error).without_words()),
        }
    }

    fn attempt(&self, server: &PortAtHost, key: Option<&str>) -> Trial {
        let mut trial = Trial { address: server.to_string(), steps: Vec::new(), error: None };
        if let Err((step, error)) = self.walk(server, key, &mut trial.steps) {
            if matches!(step, Step::Connect | Step::MasterAnswer) && trial.steps.is_empty() {
                trial.steps.push(Went { step: Step::Resolve, ok: true, detail: server.host.clone() });
            }
            trial.steps.retain(|went| went.step != step);
            trial.steps.push(Went { step, ok: false, detail: error.to_string() });
            trial.error = Some(error);
        }
        trial
    }

    /// Takes the steps that succeed, and says which did not.
    fn walk(
        &self,
        server: &PortAtHost,
        key: Option<&str>,
        steps: &mut Vec<Went>,
    ) -> Result<(), (Step, Error)> {
        let mut went = |step, detail: String| steps.push(Went { step, ok: true, detail });
        let patience = self.places.patience();
        let master = Master::connect(server, patience).map_err(|error| (reaching(&error), error))?;
        went(Step::Resolve, server.host.clone());
        went(Step::Connect, master.address().to_string());
        let status = master.status().map_err(|error| (Step::MasterAnswer, error))?;
        went(Step::MasterAnswer, format!("licmgrd {} on {}", status.version, status.host));
        let what = Locate::Feature(FeatureName::from(self.feature.as_str()));
        let found = master.locate(&what).map_err(|error| (Step::VendorDaemon, error))?;
        let place = match found {
            Located::At { vendor, host, port } => format!("{vendor} at {port}@{host}"),
            Located::NotNow { .. } | Located::Refused { .. } => {
                // Waits for a daemon that is being started again, or says why there is none.
                let vendor = master.vendor(&what, patience).map_err(|error| (Step::VendorDaemon, error))?;
                format!("{} at {}", vendor.name(), vendor.address())
            }
        };
        went(Step::VendorDaemon, place);

        let checkout = Licence::checkout(&self.feature, &self.version).server(master.address().to_string());
        let checkout = match key {
            Some(key) => checkout.vendor_key(key),
            None => checkout.without_vendor_key(),
        };
        let licence = checkout.reach_within(patience).take().map_err(|error| (taking(&error), error))?;
        let handle = licence.handle().map_or_else(String::new, |handle| format!(", handle {handle}"));
        went(
            Step::Checkout,
            format!("{} {}, seats: {}{handle}", licence.feature(), licence.version(), licence.seats()),
        );
        went(
            Step::Verify,
            match key {
                Some(_) => "signed by the vendor, for this licence host".into(),
                None => "left out, because no --vendor-key was given".into(),
            },
        );
        licence.give_back().map_err(|error| (Step::CheckIn, error))?;
        went(Step::CheckIn, "the seat is back".into());
        Ok(())
    }
}

/// The step at which a connection failed.
fn reaching(error: &Error) -> Step {
    match error.code() {
        Some(Code::UNKNOWN_HOST) => Step::Resolve,
        Some(Code::CANNOT_CONNECT | Code::SERVER_DOWN) => Step::Connect,
        Some(_) | None => Step::MasterAnswer,
    }
}

/// The step at which a checkout failed. Its connection to the vendor daemon is its own.
fn taking(error: &Error) -> Step {
    match error {
        Error::Untrusted(_) => Step::Verify,
        Error::Unreachable(_) | Error::Peer(_) => Step::VendorDaemon,
        _ => Step::Checkout,
    }
}

fn print(trial: &Trial, manner: Manner, out: &mut Out) {
    match manner {
        Manner::Licgate => {
            out.line(&trial.address);
            for Went { step, ok, detail } in &trial.steps {
                let outcome = if *ok { "ok" } else { "FAILED" };
                out.line(&format!("  {:<14} {outcome:<7} {detail}", step.name()));
            }
        }
        Manner::FlexNet => out.line(&format!("License server: {}", trial.address)),
    }
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::MasterAnswer => "master answer",
            Self::VendorDaemon => "vendor daemon",
            Self::Checkout => "checkout",
            Self::Verify => "verify",
            Self::CheckIn => "check-in",
        }
    }
}

fn version(text: &str) -> Result<String, String> {
    match Version::parse(text) {
        Some(version) => Ok(version.to_string()),
        None => Err("a version is a decimal number without letters, such as 2.1".into()),
    }
}
