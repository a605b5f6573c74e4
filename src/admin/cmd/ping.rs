//! `licutil ping`: does the licence host answer?

use std::time::Duration;

use clap::Args;
use licgate::server::Master;
use licgate_core::path::PortAtHost;
use serde::Serialize;

use super::host;
use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};

/// Say whether a licence host answers: exit status 0 when it does, 1 when it does not
#[derive(Debug, Args)]
pub(super) struct Ping {
    /// The licence host
    #[arg(short, long, value_name = "HOST:PORT", value_parser = host::parse)]
    server: PortAtHost,
    /// How long to wait, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    address: String,
    milliseconds: f64,
}

impl Ping {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let answer = Master::connect(&self.server, Duration::from_secs(self.timeout.into()))
            .and_then(|master| Ok((master.address().clone(), master.ping()?)));
        // Whatever the reason, the answer to "does it answer?" is no.
        let (address, time) = answer.map_err(|error| Failure::new(Kind::No, error.to_string()))?;
        let milliseconds = time.as_secs_f64() * 1000.0;
        match Form::of_flag(self.json) {
            Form::Text => out.line(&format!("{address} answers in {milliseconds:.1} ms")),
            Form::Json => out.json(&Document { address: address.to_string(), milliseconds }),
        }
        Ok(())
    }
}
