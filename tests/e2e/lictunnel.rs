//! lictunnel as people meet it: ssh servers of every kind, what it says when something is wrong, and what it leaves.

use std::fs;
use std::process::Command;

use licgate_tests::{Firewall, Host, Process, Site, Ssh, may, program, run, serve, signal_pid};
use rustix::process::Signal;
use tempfile::TempDir;

const LINES: &str = "INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n";

/// A laptop, a firewall and an ssh server behind it, known on the laptop as `lic1` and as `lic2`.
struct Scene {
    sshd: Process,
    firewall: Firewall,
    ssh: Ssh,
    files: TempDir,
}

impl Scene {
    fn new(ssh: Ssh, settings: &str) -> Self {
        let firewall = Firewall::new();
        ssh.introduce(firewall.etc(), "lic1 lic2", Firewall::HOST, 0);
        let sshd = serve(&mut firewall.on_host(&ssh.command(Firewall::HOST, settings)));
        Self { sshd, firewall, ssh, files: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The licence host, its ports chosen by the system.
    fn host(&self, site: &Site) -> Host {
        site.license(LINES);
        Host::run(&mut self.firewall.on_host(&Host::command(site)))
    }

    /// `command` on the laptop, with settings of its own.
    fn laptop(&self, command: &Command) -> Command {
        let mut command = self.firewall.on_laptop(command);
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.files.path());
        }
        command
    }

    fn lictunnel(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&mut self.laptop(program("lictunnel").args(arguments)))
    }

    /// A tunnel to `server` that is ready.
    fn up(&self, server: &str, arguments: &[&str]) -> Process {
        let mut up =
            Process::start(&mut self.laptop(program("lictunnel").args(["up", server]).args(arguments)));
        up.line_with(&format!("{server}: ready"));
        up
    }

    /// Asks the licence server by this name, as an application does.
    fn asks(&self, at: &str) {
        let (code, told, said) = run(&mut self.laptop(program("licutil").args(["stat", "-c", at])));
        assert_eq!(code, 0, "{told}{said}");
    }

    /// Comes up without a word about ports, is used, and leaves the hosts file as it was.
    fn goes_through(&self) {
        let site = Site::new();
        let host = self.host(&site);
        let hosts = self.firewall.hosts();
        let mut up = self.up("lic1", &[]);
        self.asks(&format!("{}@lic1", host.port()));
        up.signal(Signal::INT);
        let (status, said) = up.wait();
        assert!(status.success(), "{status}: {said}");
        assert_eq!(self.firewall.hosts(), hosts);
    }

    /// What the doctor says of each link: its name and state, and the words about it.
    fn doctor(&self, arguments: &[&str]) -> (i32, Vec<(String, String)>) {
        let (code, told, said) = self.lictunnel(&[&["doctor", "--json"], arguments].concat());
        let checks: serde_json::Value =
            serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}{said}"));
        let text = |check: &serde_json::Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
        let links = checks.as_array().expect("an array").iter().map(|check| {
            let words = format!("{} {}", text(check, "message"), text(check, "hint"));
            (format!("{}: {}", text(check, "link"), text(check, "state")), words)
        });
        (code, links.collect())
    }
}

/// Whether this test may run here.
fn can(test: &str) -> bool {
    may(test, &Firewall::NEEDS)
}

#[test]
fn an_old_ssh_server_will_do() {
    if can("an_old_ssh_server_will_do") {
        let settings = "HostKeyAlgorithms rsa-sha2-256\nCiphers aes128-ctr\nMACs hmac-sha2-256\n\
                        KexAlgorithms diffie-hellman-group14-sha256\nPubkeyAcceptedAlgorithms rsa-sha2-256";
        Scene::new(Ssh::with_keys("rsa"), settings).goes_through();
    }
}

#[test]
fn a_hardened_ssh_server_will_do() {
    if can("a_hardened_ssh_server_will_do") {
        let settings = "HostKeyAlgorithms ssh-ed25519\nCiphers chacha20-poly1305@openssh.com\n\
                        KexAlgorithms curve25519-sha256\nPubkeyAcceptedAlgorithms ssh-ed25519\nMaxSessions 1";
        Scene::new(Ssh::new(), settings).goes_through();
    }
}

#[test]
fn a_certificate_lets_the_user_in() {
    if can("a_certificate_lets_the_user_in") {
        let ssh = Ssh::new();
        let settings = ssh.certify();
        Scene::new(ssh, &settings).goes_through();
    }
}

#[test]
fn a_jump_host_leads_on() {
    if can("a_jump_host_leads_on") {
        let scene = Scene::new(Ssh::new(), "ListenAddress 127.0.0.1");
        let ssh = scene.firewall.etc().join("ssh");
        // The second hop is an address of the licence host alone.
        let prepend = |name: &str, text: &str| {
            let rest = fs::read_to_string(ssh.join(name)).expect("there is one");
            fs::write(ssh.join(name), text.to_owned() + &rest).expect("the folder is ours");
        };
        prepend("ssh_config", "Host lic1\n  HostName 127.0.0.1\n  ProxyJump lic2\n");
        let key = fs::read_to_string(scene.ssh.path("host_key.pub")).expect("there is a key");
        prepend("ssh_known_hosts", &format!("127.0.0.1 {key}"));
        scene.goes_through();
    }
}

#[test]
fn a_changed_host_key_is_never_accepted() {
    if !can("a_changed_host_key_is_never_accepted") {
        return;
    }
    let mut scene = Scene::new(Ssh::new(), "");
    let other = fs::read_to_string(scene.ssh.path("user_key.pub")).expect("there is a key");
    fs::write(scene.firewall.etc().join("ssh/ssh_known_hosts"), format!("{} {other}", Firewall::HOST))
        .expect("the folder is ours");
    let hosts = scene.firewall.hosts();
    let (code, told, said) = scene.lictunnel(&["up", "lic1", "--ports", "1715"]);
    assert_eq!(code, 76, "{told}{said}");
    assert!(said.contains("HAS CHANGED") && said.contains("ssh-keygen -R"), "{said}");
    let (code, links) = scene.doctor(&["lic1"]);
    let key = links.iter().find(|(link, _)| link == "host key: wrong");
    assert!(code == 1 && key.is_some_and(|(_, words)| words.contains("HAS CHANGED")), "{links:?}");
    assert!(!scene.sshd.said().contains("Accepted"), "nobody logs in");
    assert_eq!(scene.firewall.hosts(), hosts);
}

#[test]
fn a_server_that_forbids_forwarding_is_named_as_the_reason() {
    if !can("a_server_that_forbids_forwarding_is_named_as_the_reason") {
        return;
    }
    let scene = Scene::new(Ssh::new(), "AllowTcpForwarding no");
    let hosts = scene.firewall.hosts();
    let (code, told, said) = scene.lictunnel(&["up", "lic1", "--ports", "1715"]);
    assert!(code == 77 && said.contains("forbids") && said.contains("AllowTcpForwarding"), "{told}{said}");
    let (code, told, said) = scene.lictunnel(&["up", "lic1"]);
    assert!(code == 66 && said.contains("AllowTcpForwarding") && said.contains("--ports"), "{told}{said}");
    let (code, links) = scene.doctor(&["lic1", "--ports", "1715"]);
    assert!(code == 1 && links.iter().any(|(link, _)| link == "forwarding: wrong"), "{links:?}");
    assert_eq!(scene.firewall.hosts(), hosts);
}

#[test]
fn a_typo_in_the_configuration_is_shown_with_its_place() {
    if !can("a_typo_in_the_configuration_is_shown_with_its_place") {
        return;
    }
    let scene = Scene::new(Ssh::new(), "");
    let folder = scene.files.path().join("lictunnel");
    fs::create_dir(&folder).expect("the folder is ours");
    fs::write(folder.join("lictunnel.toml"), "[server.lic1]\nprots = [1715]\n").expect("the folder is ours");
    for command in ["up", "doctor"] {
        let (code, told, said) = scene.lictunnel(&[command, "lic1"]);
        assert_eq!(code, 78, "{told}{said}");
        assert!(said.contains("lictunnel.toml:2:1") && said.contains("did you mean `ports`?"), "{said}");
    }
}

#[test]
fn two_servers_have_the_same_ports_at_once() {
    if !can("two_servers_have_the_same_ports_at_once") {
        return;
    }
    let scene = Scene::new(Ssh::new(), "");
    let site = Site::new();
    let host = scene.host(&site);
    let ports = format!("{},{}", host.port(), host.vendor_port());
    let hosts = scene.firewall.hosts();
    let _one = scene.up("lic1", &["--ports", &ports]);
    let _other = scene.up("lic2", &["--ports", &ports]);
    let (code, told, said) = scene.lictunnel(&["up", "lic1", "--ports", &ports]);
    assert!(code == 41 && said.contains("is up already"), "{told}{said}");
    scene.asks(&format!("{}@lic1", host.port()));
    scene.asks(&format!("{}@lic2", host.port()));
    let (code, _, said) = scene.lictunnel(&["down"]);
    assert!(code == 2 && said.contains("--all"), "{said}");
    let (code, _, said) = scene.lictunnel(&["down", "--all"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(scene.firewall.hosts(), hosts);
}

#[test]
fn lines_that_were_left_behind_are_found_and_repaired() {
    if !can("lines_that_were_left_behind_are_found_and_repaired") {
        return;
    }
    let scene = Scene::new(Ssh::new(), "");
    let site = Site::new();
    let host = scene.host(&site);
    let port = host.port().to_string();
    let hosts = scene.firewall.hosts();
    let mut up = scene.up("lic1", &["--ports", &port]);
    // Its only child is the watcher; with both gone nobody takes the line back.
    let children = format!("/proc/{0}/task/{0}/children", up.pid());
    let children = fs::read_to_string(children).expect("it runs");
    let watcher = children.trim().parse().unwrap_or_else(|_| panic!("children: {children:?}"));
    signal_pid(watcher, Signal::KILL);
    up.kill();
    assert_ne!(scene.firewall.hosts(), hosts);
    let (code, links) = scene.doctor(&["lic1", "--ports", &port]);
    let file = links.iter().find(|(link, _)| link == "hosts file: wrong");
    assert!(code == 1 && file.is_some_and(|(_, words)| words.contains("hosts repair")), "{links:?}");
    let (_, told, _) = scene.lictunnel(&["hosts", "show"]);
    assert!(told.contains("stale"), "{told}");
    let (code, told, said) = scene.lictunnel(&["hosts", "repair"]);
    assert_eq!(code, 0, "{told}{said}");
    assert_eq!(scene.firewall.hosts(), hosts, "byte for byte");
}

#[test]
fn the_doctor_goes_the_whole_way() {
    if !can("the_doctor_goes_the_whole_way") {
        return;
    }
    let scene = Scene::new(Ssh::new(), "");
    let site = Site::new();
    let host = scene.host(&site);
    let (master, vendor) = (host.port(), host.vendor_port());
    let _up = scene.up("lic1", &[]);
    let (code, links) = scene.doctor(&["lic1"]);
    let states: Vec<_> = links.iter().map(|(link, _)| link.as_str()).collect();
    assert!(code == 0 && states.iter().all(|link| link.ends_with(": good")), "{links:?}");
    let ports = [format!("port {master}: good"), format!("port {vendor}: good")];
    let rest = [
        "real address",
        "ssh port",
        "host key",
        "login",
        "licence ports",
        "forwarding",
        "hosts file",
        "tunnel",
    ];
    let rest = rest.map(|link| format!("{link}: good"));
    assert!(ports.iter().chain(&rest).all(|link| states.contains(&link.as_str())), "{links:?}");
    assert_eq!(states.last(), Some(&"application: good"), "{links:?}");
    let found = links.iter().find(|(link, _)| link == "licence ports: good");
    assert!(found.is_some_and(|(_, words)| words.contains("\na look at the server: ")), "{links:?}");

    host.stop();
    let (code, links) = scene.doctor(&["lic1", "--ports", &master.to_string()]);
    let server = links.iter().find(|(link, _)| link == "licence server: wrong");
    let told =
        server.is_some_and(|(_, words)| words.contains(&master.to_string()) && words.contains("check"));
    assert!(code == 1 && told, "{links:?}");
}
