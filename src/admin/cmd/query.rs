//! `licutil query`: how many seats are free?

use std::time::{Duration, Instant};

use clap::Args;
use licgate::server::{Locate, Master, StatusAsk};
use licgate_core::code::Code;
use licgate_core::id::FeatureName;
use licgate_core::path::PortAtHost;
use licgate_core::report::usage::{Feature, features};
use licgate_core::wire::limit;
use serde::Serialize;

use super::host;
use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};

/// Print how many seats of a feature are free: a number and nothing else
///
/// A feature of which there are as many seats as come counts as the most that one request may ask for.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// The licence host
    #[arg(short, long, value_name = "HOST:PORT", value_parser = host::parse)]
    server: PortAtHost,
    /// How long to wait, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// The feature
    feature: String,
}

#[derive(Serialize)]
struct Document {
    feature: FeatureName,
    free: u32,
    issued: Option<u32>,
    in_use: u32,
}

impl Query {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_secs(self.timeout.into());
        let left = || deadline.saturating_duration_since(Instant::now());
        let name = FeatureName::from(self.feature.as_str());
        let vendor = Master::connect(&self.server, left())?.vendor(&Locate::Feature(name.clone()), left())?;
        let ask = StatusAsk { feature: Some(name.clone()), users: false, after: None };
        let rows = vendor.status(ask).collect::<Result<Vec<_>, _>>()?;
        match features(rows).into_iter().find(|feature| feature.name == name) {
            Some(Feature { absent: None, issued, in_use, .. }) => {
                let free = free(issued, in_use);
                match Form::of_flag(self.json) {
                    Form::Text => out.line(&free.to_string()),
                    Form::Json => out.json(&Document { feature: name, free, issued, in_use }),
                }
                Ok(())
            }
            Some(Feature { absent: Some(why), .. }) => {
                Err(Failure::new(Kind::No, format!("{name} is not served: {why}")).code(Code::UNSUPPORTED))
            }
            None => Err(Failure::new(Kind::No, format!("{}: '{name}'", Code::NO_SUCH_FEATURE))
                .code(Code::NO_SUCH_FEATURE)),
        }
    }
}

/// Seats that are free; none while more are out than were issued.
fn free(issued: Option<u32>, in_use: u32) -> u32 {
    issued.map_or(limit::SEATS, |issued| issued.saturating_sub(in_use))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdrawn_and_uncounted_features_have_a_number_too() {
        assert_eq!([free(Some(5), 2), free(Some(5), 7), free(None, 7)], [3, 0, limit::SEATS]);
    }
}
