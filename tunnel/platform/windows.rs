//! Windows.

use std::env;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::{PortOwner, SystemCommand, dir_from, word};

/// The hosts file.
pub fn hosts_path() -> PathBuf {
    let root = dir_from(env::var_os("SystemRoot")).unwrap_or_else(|| r"C:\Windows".into());
    root.join(r"system32\drivers\etc\hosts")
}

/// Where whoever edits the hosts file keeps its lock and, while it writes in place, a copy. It outlives a power cut. It lies
/// beside the hosts file, where only administrators write: what stands in the copy comes back into the file.
pub fn hosts_keep() -> PathBuf {
    hosts_path().with_file_name("lictunnel")
}

/// Where profiles lie: `%APPDATA%\lictunnel`.
pub fn config_dir() -> Option<PathBuf> {
    dir_from(env::var_os("APPDATA")).map(|data| data.join("lictunnel"))
}

/// What outlives a reboot, logs and last good addresses: `%LOCALAPPDATA%\lictunnel`.
pub fn state_dir() -> Option<PathBuf> {
    dir_from(env::var_os("LOCALAPPDATA")).map(|data| data.join("lictunnel"))
}

/// What lives as long as the session: locks.
pub fn runtime_dir() -> Option<PathBuf> {
    state_dir().map(|state| state.join("run"))
}

/// A word that is another one after every boot.
pub fn boot_id() -> Option<String> {
    word(&powershell("(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()")?)
}

/// When a process started, as a word; `None` when there is no such process.
pub fn process_start(pid: u32) -> Option<String> {
    word(&powershell(&format!("(Get-Process -Id {pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()"))?)
}

fn powershell(script: &str) -> Option<String> {
    SystemCommand::new("powershell.exe", &["-NoProfile", "-NonInteractive", "-Command", script]).output()
}

/// What makes this address usable: nothing, here the whole of 127.0.0.0/8 is.
pub fn giving_alias(_address: Ipv4Addr) -> Option<SystemCommand> {
    None
}

/// What undoes [`giving_alias`].
pub fn dropping_alias(_address: Ipv4Addr) -> Option<SystemCommand> {
    None
}

/// What makes name caches forget what they knew.
pub fn flushing() -> Vec<SystemCommand> {
    vec![SystemCommand::new("ipconfig.exe", &["/flushdns"])]
}

/// The programs that lend a command the administrator's rights while it reads from a pipe: none. A person starts
/// lictunnel itself as administrator.
pub fn lenders() -> &'static [&'static str] {
    &[]
}

/// Who listens on this TCP port of this address, or of all addresses.
pub fn port_owner(address: Ipv4Addr, port: u16) -> Option<PortOwner> {
    let pid = pid_in(&SystemCommand::new("netstat.exe", &["-ano", "-p", "TCP"]).output()?, address, port)?;
    let filter = format!("PID eq {pid}");
    let tasks = SystemCommand::new("tasklist.exe", &["/FI", &filter, "/FO", "CSV", "/NH"]).output();
    Some(PortOwner { pid, program: tasks.and_then(|tasks| program_in(&tasks)).unwrap_or_default() })
}

/// The process in what `netstat -ano` prints that listens there: its far address is all zeros in every language.
fn pid_in(rows: &str, address: Ipv4Addr, port: u16) -> Option<u32> {
    let here = [format!("{address}:{port}"), format!("0.0.0.0:{port}")];
    let mut rows = rows.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row =
        rows.find(|row| row.len() == 5 && row[2] == "0.0.0.0:0" && here.iter().any(|at| at == row[1]))?;
    row[4].parse().ok()
}

/// The program in the first row of `tasklist /FO CSV /NH`.
fn program_in(rows: &str) -> Option<String> {
    rows.trim_start().strip_prefix('"')?.split_once("\",").map(|(program, _)| program.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netstat_and_tasklist_name_the_owner() {
        let rows = "\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse  Remoteadresse  Status  PID\r\n  \
            TCP    127.77.1.1:27000   10.0.0.1:9   HERGESTELLT   9\r\n  \
            TCP    127.77.1.1:27000   0.0.0.0:0    ABHÖREN   4711\r\n  \
            TCP    0.0.0.0:27001      0.0.0.0:0    ABHÖREN   4712\r\n";
        let address = Ipv4Addr::new(127, 77, 1, 1);
        assert_eq!(pid_in(rows, address, 27000), Some(4711));
        assert_eq!(pid_in(rows, address, 27001), Some(4712));
        assert_eq!(pid_in(rows, address, 27002), None);
        assert_eq!(pid_in(rows, Ipv4Addr::LOCALHOST, 27000), None);
        assert_eq!(program_in("\r\n\"lmgrd.exe\",\"4711\",\"Services\"\r\n").as_deref(), Some("lmgrd.exe"));
        assert_eq!(program_in("INFO: No tasks are running"), None);
    }
}
