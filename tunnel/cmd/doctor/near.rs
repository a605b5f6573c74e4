//! The links on this machine: the hosts file, and what an application would see.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::super::control::{Word, say};
use super::super::live::words;
use super::super::place::Place;
use super::report::Report;
use crate::engine::{Board, OverrideState, Spec};
use crate::failure::{Exit, Failure};
use crate::hosts::edit::{self, Entry};
use crate::hosts::file::HostsFile;
use crate::hosts::lend::Way;
use crate::hosts::line::{OwnerId, Process};
use crate::plan::Plan;

/// How long a name or a connection on this machine may take.
const LOCAL: Duration = Duration::from_secs(3);
/// So long after it was taken a connection that cannot be carried is broken off, if the session is there.
const CARRIED: Duration = Duration::from_millis(500);

/// Whether the names can lead here, or do.
pub(super) fn hosts_file(spec: &Spec) -> Result<String, Failure> {
    let file = HostsFile::system().read().map_err(|error| Failure::new(Exit::NoFile, error.to_string()))?;
    let own = OwnerId::of(&spec.name());
    for Entry { line, block } in edit::entries(&file) {
        match block {
            None => {
                let message =
                    format!("line {line} bears the mark of lictunnel and was changed by somebody else");
                return Err(Failure::new(Exit::No, message).with_hint("mend it by hand"));
            }
            Some(block) if block.is_stale(&Process::is_alive) => {
                let message = format!("line {line} was left behind: {}", block.plain_lines().join("; "));
                return Err(Failure::new(Exit::No, message).with_hint("lictunnel hosts repair"));
            }
            Some(block) if block.id == own => return Ok(block.plain_lines().join("; ")),
            Some(_) => {}
        }
    }
    match Way::here(spec.at_terminal) {
        Way::Direct => Ok("no line of this server now; it can be changed".to_owned()),
        Way::Lent { lender, .. } => {
            Ok(format!("no line of this server now; {} lends the right to change it", lender.display()))
        }
        Way::Nowhere => {
            let failure = Failure::new(Exit::NotAllowed, "nothing here lends the right to change it");
            Err(failure.with_hint(format!(
                "use `lictunnel run {0} -- APP` (Linux), or have an administrator add the line of `lictunnel print hosts {0}`",
                spec.server
            )))
        }
    }
}

/// What an application would see at this moment.
pub(super) async fn application(spec: &Spec, plan: Option<&Plan>, report: &mut Report) {
    const TUNNEL: &str = "tunnel";
    const APPLICATION: &str = "application";
    let place = match Place::of(&spec.name()) {
        Ok(place) => place,
        Err(failure) => return report.say(TUNNEL, Err(failure)),
    };
    let Some((pid, _)) = place.owner() else {
        return report.leave_out(TUNNEL, format!("none is up; `lictunnel up {}` brings it up", spec.server));
    };
    report.begin(TUNNEL);
    let board = match say(&place.channel, Word::Status).await {
        Ok(board) => board,
        Err(error) => {
            let failure =
                Failure::new(Exit::No, format!("process {pid} has it and does not answer: {error}"));
            return report.say(TUNNEL, Err(failure.with_hint(format!("end it: kill {pid}"))));
        }
    };
    let told = format!("process {pid}: {}", words(&board));
    if board.state == "on site" {
        report.say(TUNNEL, Ok(told));
        return report.leave_out(APPLICATION, "it goes directly now".to_owned());
    }
    if !board.is_open {
        return report.say(TUNNEL, Err(Failure::new(Exit::Unreachable, told)));
    }
    report.say(TUNNEL, Ok(told));
    let port = plan.and_then(|plan| plan.proofs().first().copied());
    if let Some(port) = port.or_else(|| board.forwards.first().map(|row| row.port)) {
        report.begin(APPLICATION);
        report.say(APPLICATION, reaches(&board, port).await);
    }
}

/// Goes the way of an application: by each name to the tunnel, and in.
async fn reaches(board: &Board, port: u16) -> Result<String, Failure> {
    let unreadable = || Failure::new(Exit::No, "the tunnel does not say where it listens");
    let address: IpAddr =
        board.address.as_deref().and_then(|text| text.parse().ok()).ok_or_else(unreadable)?;
    let at = SocketAddr::new(address, port);
    let names: &[String] = if board.names_are == OverrideState::Set { &board.names } else { &[] };
    for name in names {
        leads(name, at).await?;
    }
    taken(at).await.map_err(|error| {
        Failure::new(Exit::NotServing, format!("{at}: {error}")).with_hint("lictunnel status")
    })?;
    match &board.names_are {
        OverrideState::Set => {
            Ok(format!("{port}@{} leads through the tunnel", names.join(&format!(", {port}@"))))
        }
        OverrideState::Not => Ok(format!("{port}@{address} leads through the tunnel; the names do not")),
        OverrideState::Missing(why) => Err(Failure::new(Exit::NotAllowed, why.clone())),
    }
}

/// Whether the system takes this name for the tunnel's address.
#[expect(clippy::disallowed_methods, reason = "what the system makes of our override is the question")]
async fn leads(name: &str, at: SocketAddr) -> Result<(), Failure> {
    let found = timeout(LOCAL, lookup_host((name, at.port()))).await.map_err(io::Error::from).flatten();
    let hint = "look for another line with it in the hosts file, for what /etc/nsswitch.conf asks before that file, and for a \
                name cache to flush";
    let failed = |what: String| Failure::new(Exit::No, format!("{name} {what}")).with_hint(hint);
    let mut found = found.map_err(|error| failed(format!("has no address here: {error}")))?;
    // Applications begin with the first.
    match found.next().map(|found| found.ip()) {
        Some(first) if first == at.ip() => Ok(()),
        Some(first) => Err(failed(format!("leads to {first}, not to {}", at.ip()))),
        None => Err(failed("has no address here".to_owned())),
    }
}

/// Whether a connection is taken and not broken off at once.
async fn taken(at: SocketAddr) -> io::Result<()> {
    let mut stream = timeout(LOCAL, TcpStream::connect(at)).await??;
    match timeout(CARRIED, stream.read(&mut [0])).await {
        Ok(Err(error)) => Err(error),
        // Silence is what a server does that waits to be asked.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}
