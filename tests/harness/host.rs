//! A running licence host: the real master daemon and what it started.

use std::process::Command;

use rustix::process::Signal;

use super::process::{Process, run, signal_pid};
use super::programs::program;
use super::site::Site;

/// A licence host that serves a site's licence; it dies with the test.
#[derive(Debug)]
pub struct Host {
    master: Process,
    port: u16,
    vendor: Vendor,
}

/// The vendor daemon as the log tells of it.
#[derive(Debug, Clone, Copy)]
struct Vendor {
    pid: u32,
    port: u16,
}

impl Host {
    /// Starts the site's host and waits until its vendor daemon serves.
    pub fn start(site: &Site) -> Self {
        Self::start_with(site, &[])
    }

    /// The same with more arguments.
    pub fn start_with(site: &Site, arguments: &[&str]) -> Self {
        Self::run(Self::command(site).args(arguments))
    }

    /// Runs a [`command`](Self::command), perhaps changed, and waits until the vendor daemon serves.
    pub fn run(command: &mut Command) -> Self {
        let mut master = Process::start(command);
        let port = number_after(&master.line_with("licmgrd tcp-port "), "tcp-port ");
        let vendor = Vendor::of_line(&master.line_with("Started acme "));
        Self { master, port, vendor }
    }

    /// Only starts the program, for a host that is not expected to come up.
    pub fn spawn(site: &Site, arguments: &[&str]) -> Process {
        Process::start(Self::command(site).args(arguments))
    }

    /// The command that serves the site's licence.
    pub fn command(site: &Site) -> Command {
        let mut command = program("licmgrd");
        command.arg("-z").arg("-c").arg(site.licence_file()).arg("--state-dir").arg(site.state_dir());
        if site.config_file().exists() {
            command.arg("--config").arg(site.config_file());
        }
        command
    }

    /// `port@host` of the master daemon.
    pub fn at(&self) -> String {
        format!("{}@localhost", self.port)
    }

    /// The master daemon's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The vendor daemon's port.
    pub fn vendor_port(&self) -> u16 {
        self.vendor.port
    }

    /// The vendor daemon's process.
    pub fn vendor_pid(&self) -> u32 {
        self.vendor.pid
    }

    /// The master daemon itself.
    pub fn master(&mut self) -> &mut Process {
        &mut self.master
    }

    /// Writes the ports that this host got into its licence, so that the next start gets them again. Ports may be
    /// edited in a signed licence.
    pub fn pin_ports(&self, site: &Site) {
        let licence = std::fs::read_to_string(site.licence_file()).expect("there is a licence");
        let lines = licence.lines().map(|line| match line.split(' ').next() {
            Some("SERVER") => {
                format!("{} {}", line.rsplit_once(' ').expect("a SERVER line has a port").0, self.port)
            }
            Some("VENDOR") => format!("VENDOR acme PORT={}", self.vendor.port),
            _ => line.to_owned(),
        });
        site.write_licence(&lines.map(|line| line + "\n").collect::<String>());
    }

    /// Kills the vendor daemon (−9) and waits until the master has started another.
    pub fn kill_vendor(&mut self) {
        signal_pid(self.vendor.pid, Signal::KILL);
        self.await_vendor();
    }

    /// Waits until the master has started another vendor daemon in place of one that ended.
    pub fn await_vendor(&mut self) {
        self.vendor = Vendor::of_line(&self.master.line_with("REStarted acme "));
    }

    /// Stops the host as an administrator would (SIGTERM) and returns all that it said.
    pub fn stop(mut self) -> String {
        self.master.signal(Signal::TERM);
        let (status, said) = self.master.wait();
        assert!(status.success(), "{status}:\n{said}");
        said
    }

    /// Runs `licutil` against this host.
    pub fn licutil(&self, arguments: &[&str]) -> (i32, String, String) {
        run(program("licutil").args(arguments))
    }
}

impl Vendor {
    /// Reads `(REStarted|Started) acme (internet tcp_port N pid P)`.
    fn of_line(line: &str) -> Self {
        Self { pid: number_after(line, " pid "), port: number_after(line, "tcp_port ") }
    }
}

/// The number that follows `words` in `line`.
fn number_after<N: std::str::FromStr>(line: &str, words: &str) -> N {
    let rest = line.split(words).nth(1).unwrap_or_else(|| panic!("no {words:?} in {line:?}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number after {words:?} in {line:?}"))
}
