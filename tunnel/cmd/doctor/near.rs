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
    report.say(TUNNEL, covers(plan, &board).map(|()| told));
    let port = plan.and_then(|plan| plan.proofs().first().copied());
    if let Some(port) = port.or_else(|| board.forwards.first().map(|row| row.port)) {
        report.begin(APPLICATION);
        report.say(APPLICATION, reaches(&board, port).await);
    }
}

/// Whether the tunnel listens on all ports that the server has now: a vendor daemon may have come back on another one, which the
/// tunnel does not hear of while nobody asks it for the old one.
fn covers(plan: Option<&Plan>, board: &Board) -> Result<(), Failure> {
    let wanted = plan.into_iter().flat_map(|plan| &plan.forwards);
    let missed: Vec<_> = wanted
        .filter(|wanted| board.forwards.iter().all(|row| row.port != wanted.number))
        .map(|wanted| format!("{} ({})", wanted.number, wanted.role))
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    let message = format!("process {} does not listen on {}", board.pid, missed.join(", "));
    Err(Failure::new(Exit::No, message).with_hint(format!("lictunnel kick {}", board.server)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Role;
    use crate::engine::Forwarded;
    use crate::plan::Port;

    #[test]
    fn a_port_that_the_server_has_and_the_tunnel_has_not_is_wrong() {
        let port = |number| Port { number, role: Role::Vendor("acme".to_owned()) };
        let row = |port| Forwarded {
            port,
            role: String::new(),
            open: 0,
            total: 0,
            refused: 0,
            bytes_up: 0,
            bytes_down: 0,
        };
        let plan = Plan {
            address: IpAddr::from([127, 77, 3, 1]),
            names: Vec::new(),
            strange_names: Vec::new(),
            hosts: Vec::new(),
            forwards: vec![port(27000), port(40002)],
            is_whole: true,
        };
        let board = |ports: [u16; 2]| Board {
            server: "lic1".to_owned(),
            pid: 7,
            forwards: ports.map(row).to_vec(),
            ..Board::default()
        };
        assert!(covers(Some(&plan), &board([27000, 40002])).is_ok());
        assert!(covers(None, &board([27000, 40001])).is_ok());
        let failure = covers(Some(&plan), &board([27000, 40001])).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "process 7 does not listen on 40002 (vendor daemon acme)\n  hint: lictunnel kick lic1"
        );
    }
}
