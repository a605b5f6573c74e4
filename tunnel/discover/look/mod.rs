//! A look at the host: its processes, their licence files and its listening sockets, over commands that only read.
//!
//! Linux, FreeBSD and macOS are looked at by one shell script; other UNIX systems as far as their `netstat -an` goes. On Windows
//! the two commands of [`WINDOWS_SOCKETS`] and [`WINDOWS_PROCESSES`] are run, and licence files are not read. What comes back is
//! the word of a stranger: it is cut off, parsed without trust, and nothing of it is run.

use std::time::Duration;

use licgate_core::text::Source;

use super::Remote;
use super::found::MOST_PORTS;
use super::licence::LicenceFile;
use super::name;

mod judge;
mod processes;
mod script;
mod sockets;

pub(super) use judge::{Seen, judge};

/// The most that a command may print, in bytes.
const MOST_OUTPUT: usize = 4 * 1024 * 1024;
/// The longest that a command may take.
const LONGEST: Duration = Duration::from_secs(20);
/// The longest that a look may take.
pub(super) const IN_ALL: Duration = Duration::from_secs(30);
/// More licence files than this of one host are not read.
const MOST_FILES: usize = 16;
/// Lower ports belong to the system's own services, and none of them to a licence server.
const FIRST_FREE_PORT: u16 = 1024;

/// Works from cmd.exe and from PowerShell.
const WINDOWS_SOCKETS: &str = "netstat -ano";
/// The same: there is nothing in it that either of them would change.
const WINDOWS_PROCESSES: &str = "powershell -NoProfile -NonInteractive -Command \"Get-CimInstance Win32_Process | \
    Select-Object ProcessId,ParentProcessId,Name,CommandLine | ConvertTo-Csv -NoTypeInformation\"";

/// Looks.
///
/// # Errors
/// The server runs no commands for us, or none that we know: plain words.
pub(super) async fn look<R: Remote>(remote: &R) -> Result<Seen, String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    let marker = script::marker(random);
    let output = run(remote, &script::command(&marker)).await?;
    let sections = script::sections(&output, &marker);
    let seen = if sections.is_empty() { look_at_windows(remote).await? } else { seen(&sections) };
    Ok(seen.bounded())
}

async fn look_at_windows<R: Remote>(remote: &R) -> Result<Seen, String> {
    let sockets = run(remote, WINDOWS_SOCKETS).await?;
    let listeners = sockets::netstat(&sockets.lines().collect::<Vec<_>>());
    if listeners.is_empty() {
        return Err("it has neither a UNIX shell nor the commands of Windows for this account".to_owned());
    }
    let processes = run(remote, WINDOWS_PROCESSES).await.unwrap_or_default();
    let processes = processes::csv(&processes.lines().collect::<Vec<_>>());
    Ok(Seen { processes, listeners, ..Seen::default() })
}

async fn run<R: Remote>(remote: &R, command: &str) -> Result<String, String> {
    match remote.exec(command, MOST_OUTPUT, LONGEST).await {
        Ok(output) => Ok(String::from_utf8_lossy(&output).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What the sections of the script's output say.
fn seen(sections: &[script::Section<'_>]) -> Seen {
    let mut seen = Seen::default();
    let mut owners = std::collections::BTreeMap::new();
    for section in sections {
        if owners.len() >= sockets::MOST {
            break;
        }
        if let Some(pid) = section.name.strip_prefix("fds ").and_then(|pid| pid.parse().ok()) {
            owners.extend(sockets::inodes(&section.lines).map(|inode| (inode, pid)));
        }
    }
    for section in sections {
        let lines = &section.lines;
        match section.name {
            "system" => seen.machine = lines.get(1).and_then(|line| name::host(line.trim())),
            "processes" => seen.processes.extend(processes::ps(lines)),
            "ss" => seen.listeners.extend(sockets::ss(lines)),
            "netstat" => seen.listeners.extend(sockets::netstat(lines)),
            "sockstat" => seen.listeners.extend(sockets::sockstat(lines)),
            "lsof" => seen.listeners.extend(sockets::lsof(lines)),
            "tcp" => seen.listeners.extend(sockets::proc_net(lines, &owners)),
            "file" => seen.files.push(LicenceFile::parse(&Source::new("licence file", lines.join("\n")))),
            _ => {}
        }
    }
    seen
}

impl Seen {
    /// The same within bounds, with a word about each list that was longer.
    fn bounded(mut self) -> Self {
        let mut cut = |length: usize, most: usize, what: &str| {
            if length > most {
                self.cut.push(format!("it has more than {most} {what}; the rest is not looked at"));
            }
        };
        cut(self.processes.len(), processes::MOST, "processes");
        cut(self.listeners.len(), sockets::MOST, "listening sockets");
        cut(self.files.len(), MOST_FILES, "licence files");
        self.processes.truncate(processes::MOST);
        self.listeners.truncate(sockets::MOST);
        self.files.truncate(MOST_FILES);
        self
    }

    /// Every listening port that could be a licence server's.
    ///
    /// # Errors
    /// There are none, or more than [`MOST_PORTS`]: plain words.
    pub(super) fn all_ports(&self, to_localhost: bool) -> Result<Vec<u16>, String> {
        let is_reachable =
            |socket: &&sockets::Listener| to_localhost || socket.reach == sockets::Reach::Network;
        let ports = self.listeners.iter().filter(is_reachable).map(|socket| socket.port);
        let mut ports: Vec<u16> = ports.filter(|port| *port >= FIRST_FREE_PORT).collect();
        ports.sort_unstable();
        ports.dedup();
        match ports.len() {
            0 => Err("no listening ports above 1023 can be seen there".to_owned()),
            count if count > MOST_PORTS => Err(format!(
                "{count} ports listen there, more than the {MOST_PORTS} that are forwarded at most: name those you need with --ports"
            )),
            _ => Ok(ports),
        }
    }
}

#[cfg(test)]
mod tests;
