//! OpenSSH's server, one for each test, with a directory, keys and a configuration of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lictunnel::ssh::target::{Agent, Method, Route, Target, UnknownHost};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A server that runs until it is dropped.
pub(crate) struct Sshd {
    child: Child,
    dir: TempDir,
    pub(crate) port: u16,
}

impl Sshd {
    /// A server with these lines before those of every test's configuration (the first value of an option counts), or `None`
    /// where OpenSSH's server is not installed.
    pub(crate) fn start(lines: &str) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: OpenSSH's server is not installed");
            return None;
        };
        let dir = TempDir::new().unwrap();
        for kind in ["ed25519", "rsa"] {
            keygen(&["-t", kind, "-b", "2048", "-f", path(&dir, &format!("host_{kind}"))]);
        }
        keygen(&["-t", "ed25519", "-f", path(&dir, "id")]);
        std::fs::copy(dir.path().join("id.pub"), dir.path().join("authorized_keys")).unwrap();
        // Its own user starts it without; only root needs this.
        drop(std::fs::create_dir_all("/run/sshd"));
        let launched = (0..5).find_map(|_| Self::launch(&program, &dir, lines));
        let Some((child, port)) = launched else { panic!("other programs take each port before sshd does") };
        Some(Self { child, dir, port })
    }

    /// Another program may take the port between our asking for a free one and the server's binding it.
    #[expect(clippy::zombie_processes, reason = "dropping the server waits for it")]
    fn launch(program: &Path, dir: &TempDir, lines: &str) -> Option<(Child, u16)> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let config = format!(
            "{lines}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {}\nHostKey {}\nAuthorizedKeysFile {}\n\
             StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nMaxStartups 200\nLogLevel VERBOSE\nSetEnv HOME={}\n",
            at("host_ed25519"),
            at("host_rsa"),
            at("authorized_keys"),
            // What the account's shell does at its start is no business of the tests.
            dir.path().display(),
        );
        std::fs::write(dir.path().join("sshd_config"), config).unwrap();
        let mut child = Command::new(program)
            .args(["-D", "-e", "-f", path(dir, "sshd_config")])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        loop {
            let start = said.len();
            if log.read_line(&mut said).unwrap() == 0 {
                child.wait().unwrap();
                assert!(said.contains("Address already in use"), "sshd does not start: {said}");
                return None;
            }
            if said[start..].contains("Server listening on") {
                keep(dir, log);
                return Some((child, port));
            }
        }
    }

    /// What a client needs to come in with the key that the server knows.
    pub(crate) fn target(&self) -> Target {
        Target {
            typed: "licences".to_owned(),
            host: "licences.test".to_owned(),
            port: self.port,
            user: user(),
            route: Route::Direct,
            host_key_alias: None,
            unknown_host: UnknownHost::Refuse,
            user_known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            revoked_host_keys: None,
            hash_known_hosts: false,
            identities: vec![self.file("id")],
            identities_only: false,
            certificates: Vec::new(),
            agent: Agent::Off,
            methods: vec![Method::PublicKey, Method::KeyboardInteractive, Method::Password],
            batch: false,
            connect_timeout: None,
        }
    }

    /// A file in the server's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file there that only its owner may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Makes keys, certificates and the like in the server's directory.
    pub(crate) fn keygen(&self, args: &[&str]) {
        let run =
            Command::new("ssh-keygen").current_dir(self.dir.path()).args(["-q"]).args(args).output().unwrap();
        assert!(run.status.success(), "{run:?}");
    }

    /// Ends the server and all that it started, at once.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Stops the server and all that it started, without closing anything.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// How many descriptors the server and all that it started have open.
    #[cfg(target_os = "linux")]
    pub(crate) fn descriptors(&self) -> usize {
        let open = |process| std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
        descendants(self.child.id()).into_iter().map(open).sum()
    }

    fn signal(&self, signal: Signal) {
        for process in descendants(self.child.id()).into_iter().rev() {
            if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(pid, signal);
            }
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads on so that the server never waits for a reader.
fn keep(dir: &TempDir, mut log: BufReader<std::process::ChildStderr>) {
    let mut file = std::fs::File::create(dir.path().join("log")).unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the server")]
    drop(std::thread::spawn(move || std::io::copy(&mut log, &mut file)));
}

/// The process and all below it.
fn descendants(process: u32) -> Vec<u32> {
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let below = children.split_whitespace().filter_map(|pid| pid.parse().ok()).flat_map(descendants);
    std::iter::once(process).chain(below).collect()
}

fn program() -> Option<PathBuf> {
    ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
}

fn path<'a>(dir: &TempDir, name: &str) -> &'a str {
    dir.path().join(name).display().to_string().leak()
}

fn keygen(args: &[&str]) {
    let run = Command::new("ssh-keygen").args(["-q", "-N", "", "-C", "test"]).args(args).output().unwrap();
    assert!(run.status.success(), "{run:?}");
}

/// The account of the tests.
pub(crate) fn user() -> String {
    nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name
}

/// Longer than anything here takes: a test that waits so long hangs.
pub(crate) const LONG: Duration = Duration::from_secs(60);
