//! lictunnel's data plane beside OpenSSH's `ssh -N -L` and a plain TCP relay.
//!
//! All three carry connections on the loopback to the same [`backend`]: the first two over an [`sshd`] of this run, with the same
//! cipher. They take turns at each work, in another order each round, so that what else the machine does hits them alike: the ratios
//! of the rounds count, and where they differ too much to tell, that is what is told. Each is a process of its own, whose processor
//! time and memory are read from /proc.

mod backend;
pub(crate) mod carry;
mod child;
mod figure;
pub(crate) mod relay;
mod report;
mod sshd;
mod trial;
mod work;

use std::io::{self, Write as _};

use serde_json::json;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use figure::Carrier;
use report::Values;
use trial::Trial;

/// The result of a step; an error says all that there is to say.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How much is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// How often all is measured.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each single workload takes, in seconds.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// A cipher to measure with, as sshd calls it; may be given several times.
    #[arg(long = "cipher", default_value = "aes128-gcm@openssh.com")]
    ciphers: Vec<String>,
    /// After how many connections, once, the memory is looked at; 0 leaves it out.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    connections: u64,
    /// Leave out what is measured 20 ms away.
    #[arg(long)]
    near: bool,
    /// Only workloads whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Measures, and prints what came of it.
pub(crate) async fn measure(flags: &Flags) -> Outcome<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    // Whatever ends it, all processes and files go with what is dropped here.
    tokio::select! {
        done = measure_all(flags) => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        _ = terminated.recv() => Err("terminated".into()),
    }
}

async fn measure_all(flags: &Flags) -> Outcome<()> {
    let machine = machine().await?;
    let backend = backend::start()?;
    let mut ciphers = Vec::new();
    for cipher in &flags.ciphers {
        let mut values = Values::default();
        let trial = Trial::start(cipher, backend, flags).await?;
        eprintln!("{cipher}, to warm up");
        trial.round(0, None).await?;
        for round in 1..=flags.rounds {
            eprintln!("{cipher}, round {round} of {}", flags.rounds);
            trial.round(round, Some(&mut values)).await?;
        }
        for carrier in Carrier::ALL {
            eprintln!("{cipher}, memory: {carrier:?}");
            trial.memory(carrier, &mut values).await?;
        }
        trial.stop().await?;
        ciphers.push((cipher, values.rows()));
    }
    let text = if flags.json {
        let ciphers: Vec<_> =
            ciphers.iter().map(|(cipher, rows)| json!({ "cipher": cipher, "rows": rows })).collect();
        format!(
            "{:#}\n",
            json!({ "machine": machine, "rounds": flags.rounds, "seconds": flags.seconds, "ciphers": ciphers })
        )
    } else {
        let tables: Vec<_> =
            ciphers.iter().map(|(cipher, rows)| format!("\n{cipher}\n{}", report::table(rows))).collect();
        format!(
            "{machine}; medians of {} rounds of {} s, and the quartiles of their ratios\n{}",
            flags.rounds,
            flags.seconds,
            tables.concat()
        )
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// What it is measured on, and how busy that is with other things, in a few words.
async fn machine() -> Outcome<String> {
    let ssh = Command::new("ssh").arg("-V").output().await?;
    let ssh = String::from_utf8_lossy(&ssh.stderr);
    let cores = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    Ok(format!(
        "{cores} cores with a load of {} before, Linux {}, {}",
        load.split(' ').next().unwrap_or_default(),
        kernel.trim(),
        ssh.split(',').next().unwrap_or_default().trim()
    ))
}
