//! `doctor`: tries each link of the chain and says which is broken.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::place::Place;
use super::runtime;
use crate::engine::{Real, Spec, World as _};
use crate::failure::{Exit, Failure};
use crate::hosts::edit;
use crate::hosts::file::HostsFile;
use crate::hosts::lend::Way;
use crate::hosts::line::OwnerId;
use crate::ssh::prompt::{Prompt, Terminal};
use crate::tasks::Tasks;

/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// How long a local connection may take.
const LOCAL: Duration = Duration::from_secs(3);

/// One link of the chain.
#[derive(Debug, Serialize)]
struct Check {
    /// The link.
    link: &'static str,
    /// Whether it is good.
    good: bool,
    /// What was seen, and what to do about it.
    words: String,
}

/// Checks the chain to a server and prints what it sees.
pub(super) fn doctor(spec: Spec, json: bool) -> Result<(), Failure> {
    let checks = runtime()?.block_on(async {
        let tasks = Tasks::new();
        let checks = chain(spec, &tasks).await;
        tasks.drain(GRACE).await;
        checks
    });
    let text = if json {
        serde_json::to_string_pretty(&checks).unwrap_or_default() + "\n"
    } else {
        let line = |check: &Check| {
            let mark = if check.good { "good " } else { "WRONG" };
            format!("{mark}  {:<15} {}\n", check.link, check.words.replace('\n', "\n                       "))
        };
        checks.iter().map(line).collect()
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    if checks.iter().all(|check| check.good) { Ok(()) } else { Err(Failure::new(Exit::No, "")) }
}

async fn chain(spec: Spec, tasks: &Tasks) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |link, result: Result<String, Failure>| {
        let (good, words) = match result {
            Ok(words) => (true, words),
            Err(failure) => (false, failure.to_string()),
        };
        checks.push(Check { link, good, words });
        good
    };
    let target = match spec.target().await {
        Ok(target) => target,
        Err(failure) => {
            add("configuration", Err(failure));
            return checks;
        }
    };
    add("configuration", Ok(format!("ssh goes to {}@{}:{}", target.user, target.host, target.port)));
    let prompt: Arc<dyn Prompt> = Arc::new(Terminal::new(tasks));
    let world = match Real::new(spec.clone(), prompt, tasks) {
        Ok(world) => world,
        Err(failure) => {
            add("address", Err(failure));
            return checks;
        }
    };
    let link = match world.connect().await {
        Ok(link) => link,
        Err(failure) => {
            let link = match failure.exit {
                Exit::HostKey => "host key",
                Exit::NotAllowed => "login",
                _ => "ssh server",
            };
            add(link, Err(failure));
            return checks;
        }
    };
    let time = world
        .ping(&link)
        .await
        .map_or(String::new(), |time| format!(", round trip {:.1} ms", time.as_secs_f64() * 1000.0));
    add("ssh server", Ok(format!("{} knows its key and lets {} in{time}", link.at(), target.user)));
    match world.find(&link).await {
        Err(failure) => drop(add("ports", Err(failure))),
        Ok(plan) => {
            let ports: Vec<_> =
                plan.forwards.iter().map(|port| format!("{} ({})", port.number, port.role)).collect();
            add("ports", Ok(ports.join(", ")));
            let verified = world.verify(&link, &plan).await;
            add("licence server", verified.map(|host| format!("answers as {host} behind {}", link.at())));
        }
    }
    world.leave(Arc::new(link)).await;
    add("hosts file", hosts(&spec));
    add("tunnel", local(&spec));
    checks
}

/// Whether the names can lead here, or do.
fn hosts(spec: &Spec) -> Result<String, Failure> {
    let file = HostsFile::system().read().map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
    let own = OwnerId::of(&spec.name());
    if let Some(block) =
        edit::entries(&file).into_iter().filter_map(|entry| entry.block).find(|block| block.id == own)
    {
        return Ok(block.plain_lines().join("; "));
    }
    match Way::here(true) {
        Way::Nowhere => Err(Failure::new(Exit::NotAllowed, "nothing here lends the right to change it")
            .with_hint("use `lictunnel run SERVER -- APP` (Linux), or have an administrator add the line of `lictunnel print hosts SERVER`")),
        Way::Direct => Ok("no line of this server now; it can be changed".to_owned()),
        Way::Lent { lender, .. } => {
            Ok(format!("no line of this server now; {} lends the right to change it", lender.display()))
        }
    }
}

/// What an application would see at this moment.
fn local(spec: &Spec) -> Result<String, Failure> {
    let name = spec.name();
    let Some((pid, _)) = Place::of(&name)?.owner() else {
        return Ok(format!("none is up; `lictunnel up {}` brings it up", spec.server));
    };
    let Some(port) = spec.profile.ports.first() else { return Ok(format!("is up, process {pid}")) };
    let at = std::net::SocketAddr::from((spec.address()?.address(), *port));
    match TcpStream::connect_timeout(&at, LOCAL) {
        Ok(_) => Ok(format!("is up, process {pid}; applications reach {at}")),
        Err(error) => Err(Failure::new(Exit::NotServing, format!("process {pid} is up, but {at}: {error}"))
            .with_hint("`lictunnel status` says why")),
    }
}
