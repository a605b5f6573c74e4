//! A laptop, a firewall that lets only ssh pass, and two licence hosts behind it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::namespace::Namespace;
use super::process::{Process, run, under};

/// What the firewall does: port 22 of the licence hosts, and nothing else, either way. It counts both.
const RULES: &str = "table inet firewall {
    chain inside {
    }
    chain forward {
        type filter hook forward priority 0; policy drop;
        jump inside
        ip daddr { 203.0.113.2, 192.0.2.2 } tcp dport 22 counter accept comment \"passed\"
        ip saddr { 203.0.113.2, 192.0.2.2 } tcp sport 22 ct state established counter accept comment \"answered\"
        counter drop comment \"stopped\"
    }
}
";

/// A laptop, a firewall and behind that two hosts, most tests using one; all of it goes away with the test.
///
/// The laptop has a `/etc` of its own, so that what a test does to its hosts file happens to no other machine.
#[derive(Debug)]
pub struct Firewall {
    // The process before the machine that it lives on.
    laptop_root: Process,
    laptop: Namespace,
    wall: Namespace,
    host: Namespace,
    other: Namespace,
    etc: TempDir,
}

/// How many packets the firewall let through to port 22 and back, and how many it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packets {
    /// To port 22 of the licence hosts.
    pub passed: u64,
    /// From there.
    pub answered: u64,
    /// Everything else.
    pub stopped: u64,
}

impl Firewall {
    /// The licence host's address.
    pub const HOST: &str = "203.0.113.2";
    /// The address of the other licence host.
    pub const OTHER: &str = "192.0.2.2";
    /// What these tests need beyond root.
    pub const NEEDS: [&str; 6] = ["ip", "nft", "nsenter", "unshare", "sshd", "ssh-keygen"];

    /// The machines, the firewall shut but for port 22.
    pub fn new() -> Self {
        let [laptop, wall, host, other] = Namespace::some(['l', 'f', 'h', 'o']);
        laptop.join(("out", "198.51.100.2/24"), &wall, ("lan", "198.51.100.1/24"));
        wall.join(("dmz", "203.0.113.1/24"), &host, ("in", "203.0.113.2/24"));
        laptop.ip(&["route", "add", "default", "via", "198.51.100.1"]);
        wall.join(("dmz2", "192.0.2.1/24"), &other, ("in", "192.0.2.2/24"));
        host.ip(&["route", "add", "default", "via", "203.0.113.1"]);
        other.ip(&["route", "add", "default", "via", "192.0.2.1"]);
        let (code, _, said) =
            run(&mut wall.command(Command::new("sysctl").args(["-q", "-w", "net.ipv4.ip_forward=1"])));
        assert_eq!(code, 0, "{said}");
        feed(&mut wall.command(Command::new("nft").args(["-f", "-"])), RULES);
        let etc = own_etc();
        let laptop_root = own_root(&laptop, etc.path());
        Self { laptop_root, laptop, wall, host, other, etc }
    }

    /// `command` on the laptop.
    pub fn on_laptop(&self, command: &Command) -> Command {
        let pid = self.laptop_root.pid().to_string();
        // Else it would begin in the root folder.
        let folder = command.get_current_dir().unwrap_or(Path::new("/")).display();
        under(&["nsenter", "--target", &pid, "--mount", "--net", &format!("--wd={folder}"), "--"], command)
    }

    /// `command` on the licence host.
    pub fn on_host(&self, command: &Command) -> Command {
        self.host.command(command)
    }

    /// `command` on the other licence host.
    pub fn on_other(&self, command: &Command) -> Command {
        self.other.command(command)
    }

    /// The laptop's `/etc`.
    pub fn etc(&self) -> &Path {
        self.etc.path()
    }

    /// What is in the laptop's hosts file.
    pub fn hosts(&self) -> Vec<u8> {
        fs::read(self.etc.path().join("hosts")).expect("the laptop has a hosts file")
    }

    /// Stops all traffic between laptop and firewall: nothing passes, and nobody is told.
    pub fn cut(&self) {
        self.wall.ip(&["link", "set", "lan", "down"]);
    }

    /// Lets traffic pass again.
    pub fn mend(&self) {
        self.wall.ip(&["link", "set", "lan", "up"]);
    }

    /// Takes the laptop's address away and gives it another one, as when it is carried to another Wi-Fi.
    pub fn roam(&self) {
        self.laptop.ip(&["address", "flush", "dev", "out"]);
        self.laptop.ip(&["address", "add", "198.51.100.77/24", "dev", "out"]);
        self.laptop.ip(&["route", "add", "default", "via", "198.51.100.1"]);
    }

    /// Opens the firewall, as if the laptop were carried into the building, or shuts it again.
    pub fn open(&self, is_open: bool) {
        let policy =
            if is_open { "add rule inet firewall inside accept" } else { "flush chain inet firewall inside" };
        feed(&mut self.wall.command(Command::new("nft").args(["-f", "-"])), policy);
    }

    /// What the firewall has counted.
    pub fn packets(&self) -> Packets {
        let (code, told, said) = run(&mut self.wall.command(Command::new("nft").args(["list", "ruleset"])));
        assert_eq!(code, 0, "{said}");
        let count = |name: &str| {
            let line = told.lines().find(|line| line.contains(&format!("comment \"{name}\"")));
            let words = line.and_then(|line| line.split("packets ").nth(1));
            let number = words.and_then(|words| words.split(' ').next()).map(str::parse);
            number.and_then(Result::ok).unwrap_or_else(|| panic!("no count of {name} in:\n{told}"))
        };
        Packets { passed: count("passed"), answered: count("answered"), stopped: count("stopped") }
    }
}

impl Default for Firewall {
    fn default() -> Self {
        Self::new()
    }
}

/// A copy of what programs look for in `/etc`, with a hosts file that has seen life.
fn own_etc() -> TempDir {
    let etc = tempfile::tempdir().expect("a temporary folder");
    super::rights::open_to_all(etc.path());
    let (code, _, said) = run(Command::new("cp").args(["--archive", "/etc/."]).arg(etc.path()));
    assert_eq!(code, 0, "{said}");
    let hosts =
        b"127.0.0.1\tlocalhost\r\n# by hand, 2019 \xe9\n::1 localhost ip6-localhost\n192.0.2.9  printer";
    fs::remove_file(etc.path().join("hosts")).expect("the copy is ours");
    fs::write(etc.path().join("hosts"), hosts).expect("the copy is ours");
    fs::write(etc.path().join("nsswitch.conf"), "hosts: files\npasswd: files\ngroup: files\n")
        .expect("the copy is ours");
    etc
}

/// A process that keeps alive a mount namespace in which `etc` is `/etc`.
fn own_root(machine: &Namespace, etc: &Path) -> Process {
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        "mount --bind \"$1\" /etc && echo ready && exec cat",
    ]);
    command.arg("sh").arg(etc);
    let mut process = Process::start(&mut machine.command(&command));
    process.line_with("ready");
    process
}

/// Runs `command` with this on its standard input.
fn feed(command: &mut Command, input: &str) {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command is there");
    child.stdin.take().expect("stdin is piped").write_all(input.as_bytes()).expect("it listens");
    assert!(child.wait().expect("it is ours").success(), "{command:?} fails");
}
