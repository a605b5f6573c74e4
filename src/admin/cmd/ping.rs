//! `licutil ping`: does the licence host answer?

use std::time::Duration;

use clap::Args;
use licgate::server::Master;
use licgate_core::path::PortAtHost;

use super::host;
use crate::failure::{Failure, Kind};
use crate::out::Out;

/// Say whether a licence host answers: exit status 0 when it does, 1 when it does not
#[derive(Debug, Args)]
pub(super) struct Ping {
    /// The licence host
    #[arg(short, long, value_name = "HOST:PORT", value_parser = host::parse)]
    server: PortAtHost,
    /// How long to wait, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
}

impl Ping {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let answer = Master::connect(&self.server, Duration::from_secs(self.timeout.into()))
            .and_then(|master| Ok((master.address().clone(), master.ping()?)));
        // Whatever the reason, the answer to "does it answer?" is no.
        let (address, time) = answer.map_err(|error| Failure::new(Kind::No, error.to_string()))?;
        out.line(&format!("{address} answers in {:.1} ms", time.as_secs_f64() * 1000.0));
        Ok(())
    }
}
