//! A laptop behind a firewall: what does not work directly works through lictunnel, and nothing but port 22 is used.

use std::process::Command;

use licgate_tests::{
    AS_NOBODY, Firewall, Host, Process, Site, Ssh, folder_for_all, may, program, run, serve, signal_pid,
    under,
};
use rustix::process::Signal;
use tempfile::TempDir;

/// One seat, so that a second one could not be used unnoticed.
const LINES: &str = "INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n";
/// What the user types after `ssh`.
const TYPED: &str = "lic1";
/// What the licence says the server is called.
const NAME: &str = "lic1.corp.example";
/// A user without any rights.
const NOBODY: u32 = 65534;

/// A laptop, a firewall, and a licence host with an ssh server.
struct Scene {
    // In the order in which they go: processes first, then what they stand on.
    sshd: Process,
    host: Host,
    firewall: Firewall,
    ssh: Ssh,
    site: Site,
    files: TempDir,
}

impl Scene {
    /// `vendor` is the VENDOR line; `uid` is who uses the laptop.
    fn new(vendor: &str, uid: u32) -> Self {
        let (site, ssh, firewall) = (Site::new(), Ssh::new(), Firewall::new());
        let text = format!("SERVER {NAME} {} 0\n{vendor}\nUSE_SERVER\n{LINES}", site.hostid());
        site.write_licence(&site.sign(&text));
        site.configure("[lease]\nsilence = \"60s\"\ngrace = \"50s\"\n");
        ssh.introduce(firewall.etc(), TYPED, Firewall::HOST, uid);
        let files = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::chown(files.path(), Some(uid), None).expect("root may do that");
        let sshd = serve(&mut firewall.on_host(&ssh.command(Firewall::HOST, "")));
        let host = Host::run(&mut firewall.on_host(&Host::command(&site)));
        Self { sshd, host, firewall, ssh, site, files }
    }

    /// A program on the laptop, whose user has settings of his own.
    fn laptop(&self, command: &Command) -> Command {
        let mut command = self.firewall.on_laptop(command);
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.files.path());
        }
        command
    }

    /// `port@host` of the master daemon by this name.
    fn at(&self, name: &str) -> String {
        format!("{}@{name}", self.host.port())
    }

    /// A tunnel that is ready.
    fn up(&self) -> Process {
        let mut up = Process::start(&mut self.laptop(program("lictunnel").args(["up", TYPED])));
        up.line_with("lic1: ready");
        up
    }

    /// `licrun` on the laptop that holds the seat until its input ends.
    fn holder(&self) -> Process {
        let mut licrun = program("licrun");
        licrun.args(["--server", &self.at(TYPED), "--vendor-key", &self.site.vendor_key(), "--wait"]);
        let mut holder = Process::start(&mut self.laptop(licrun.args([
            "solver",
            "--",
            "sh",
            "-c",
            "echo holding; exec cat",
        ])));
        holder.line_with("holding");
        holder
    }

    /// Who has the seat, in the words of the licence host, asked on the host itself.
    fn users(&self) -> Vec<String> {
        let mut licutil = program("licutil");
        licutil.args(["stat", "-c", &self.at("127.0.0.1"), "-f", "solver"]);
        let (code, told, said) = run(&mut self.firewall.on_host(&licutil));
        assert_eq!(code, 0, "{told}{said}");
        told.lines().filter(|line| line.contains(", start ")).map(str::to_owned).collect()
    }

    /// Has the tunnel look at its network anew.
    fn kick(&self) {
        let (code, told, said) = run(&mut self.laptop(program("lictunnel").args(["kick", TYPED])));
        assert_eq!(code, 0, "{told}{said}");
    }

    /// The port of the vendor daemon that `lictunnel status` tells of.
    fn vendor_is_forwarded(&self) -> bool {
        let (code, told, said) = run(&mut self.laptop(program("lictunnel").args(["status", "--json"])));
        assert_eq!(code, 0, "{told}{said}");
        told.contains(&format!("\"port\":{}", self.host.vendor_port()))
            || told.contains(&format!("\"port\": {}", self.host.vendor_port()))
    }
}

/// Kills (−9) what an ssh server has started: the sessions of its clients.
fn kill_sessions(sshd: &Process) {
    let of =
        |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children: Vec<u32> = of(sshd.pid()).split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    assert!(!children.is_empty(), "nobody is logged in");
    children.into_iter().for_each(|pid| signal_pid(pid, Signal::KILL));
}

#[test]
fn licence_traffic_crosses_the_firewall_over_port_22_alone() {
    if !may("licence_traffic_crosses_the_firewall_over_port_22_alone", &Firewall::NEEDS) {
        return;
    }
    let scene = Scene::new("VENDOR acme", 0);
    let hosts = scene.firewall.hosts();

    // Directly it does not work, and the firewall sees the attempt.
    let at = scene.at(Firewall::HOST);
    let (code, _, said) =
        run(&mut scene.laptop(program("licrun").args(["--server", &at, "solver", "--", "true"])));
    assert_ne!(code, 0, "{said}");
    let before = scene.firewall.packets();
    assert!(before.stopped > 0 && before.passed == 0, "{before:?}");

    let mut up = scene.up();
    let mut holder = scene.holder();
    assert_eq!(scene.users().len(), 1);
    assert_ne!(scene.firewall.hosts(), hosts, "the names lead here");
    // The whole name leads there as well, for applications that follow the licence's own.
    let (code, told, said) = run(&mut scene.laptop(program("licutil").args(["stat", "-c", &scene.at(NAME)])));
    assert_eq!(code, 0, "{told}{said}");

    holder.end_input();
    let (status, said) = holder.wait();
    assert!(status.success(), "{said}");
    up.signal(Signal::INT);
    let (status, said) = up.wait();
    assert!(status.success(), "{status}: {said}");
    assert_eq!(scene.firewall.hosts(), hosts, "the hosts file is as it was");
    let after = scene.firewall.packets();
    assert_eq!(after.stopped, before.stopped, "nothing but port 22 was tried");
    assert!(after.passed > 0 && after.answered > 0, "{after:?}");
    scene.host.stop();
}

#[test]
fn a_tunnel_that_is_killed_leaves_no_trace() {
    if !may("a_tunnel_that_is_killed_leaves_no_trace", &Firewall::NEEDS) {
        return;
    }
    let scene = Scene::new("VENDOR acme PORT=27311", 0);
    let hosts = scene.firewall.hosts();
    let mut up = scene.up();
    assert_ne!(scene.firewall.hosts(), hosts);
    signal_pid(up.pid(), Signal::KILL);
    // The watcher has the same standard error: it has gone when that ends.
    let (status, said) = up.wait();
    assert!(!status.success(), "{said}");
    assert_eq!(scene.firewall.hosts(), hosts, "the watcher has taken the names back");
    // Nothing stands in the way of the next.
    let mut up = scene.up();
    let (code, told, said) = run(&mut scene.laptop(program("lictunnel").args(["down", TYPED])));
    assert_eq!(code, 0, "{told}{said}");
    let (status, said) = up.wait();
    assert!(status.success(), "{status}: {said}");
    assert_eq!(scene.firewall.hosts(), hosts);
}

#[test]
fn a_seat_outlives_whatever_happens_to_the_tunnel() {
    if !may("a_seat_outlives_whatever_happens_to_the_tunnel", &Firewall::NEEDS) {
        return;
    }
    let mut scene = Scene::new("VENDOR acme", 0);
    let hosts = scene.firewall.hosts();
    let mut up = scene.up();
    let mut holder = scene.holder();
    let mut passes = |what: &str, scene: &Scene, holder: &Process| {
        up.line_with("lic1: ready");
        assert_eq!(scene.users().len(), 1, "{what}");
        assert!(licgate_tests::runs(holder.pid()), "{what}");
    };

    kill_sessions(&scene.sshd);
    passes("the ssh session is killed", &scene, &holder);
    scene.firewall.roam();
    passes("the laptop has another address", &scene, &holder);
    scene.firewall.cut();
    up.line_with("lic1: waiting");
    scene.firewall.mend();
    up.line_with("lic1: ready");

    // The licence host is switched off and on; its vendor daemon comes back on another port.
    let port = scene.host.vendor_port();
    holder.end_input();
    assert!(holder.wait().0.success());
    kill_sessions(&scene.sshd);
    scene.sshd.kill();
    scene.host.master().kill();
    up.line_with("lic1: waiting");
    let master = scene.host.port();
    scene.site.edit_licence(&[(" 0\nVENDOR acme", &format!(" {master}\nVENDOR acme"))]);
    scene.host = Host::run(&mut scene.firewall.on_host(&Host::command(&scene.site)));
    assert_ne!(scene.host.vendor_port(), port, "the system chose the same port again");
    scene.sshd = serve(&mut scene.firewall.on_host(&scene.ssh.command(Firewall::HOST, "")));
    up.line_with("lic1: ready");
    assert!(scene.vendor_is_forwarded());
    let mut holder = scene.holder();
    assert_eq!(scene.users().len(), 1);

    // The vendor daemon alone comes back on another port, and the session stays: who holds the seat notices nothing.
    let port = scene.host.vendor_port();
    scene.host.kill_vendor();
    assert_ne!(scene.host.vendor_port(), port, "the system chose the same port again");
    up.line_with(&format!("{}", scene.host.vendor_port()));
    holder.end_input();
    assert!(holder.wait().0.success());
    let mut next = scene.holder();
    next.end_input();
    assert!(next.wait().0.success());

    up.signal(Signal::TERM);
    let (status, said) = up.wait();
    assert!(status.success(), "{status}: {said}");
    assert_eq!(scene.firewall.hosts(), hosts, "the hosts file is as it was");
}

#[test]
fn on_site_a_tunnel_steps_aside_and_away_from_it_it_comes_back() {
    if !may("on_site_a_tunnel_steps_aside_and_away_from_it_it_comes_back", &Firewall::NEEDS) {
        return;
    }
    let mut scene = Scene::new("VENDOR acme", 0);
    // Here the name is in the hosts file, as there is no name server.
    let (path, line) = (scene.firewall.etc().join("hosts"), format!("\n{} {TYPED} {NAME}\n", Firewall::HOST));
    std::fs::write(&path, [scene.firewall.hosts(), line.into()].concat()).expect("the folder is ours");
    let hosts = scene.firewall.hosts();
    scene.firewall.open(true);
    let port = scene.host.port().to_string();
    let mut up = program("lictunnel");
    up.args(["up", TYPED, "--direct-on-site", "--master", &port]);
    let mut up = Process::start(&mut scene.laptop(&up));
    up.line_with("lic1: on site: lic1 answers directly");
    assert!(!scene.sshd.said().contains("Accepted"), "nobody logs in");
    assert_eq!(scene.firewall.hosts(), hosts);
    let mut holder = scene.holder();
    holder.end_input();
    assert!(holder.wait().0.success());

    scene.firewall.open(false);
    scene.kick();
    up.line_with("lic1: ready");
    assert_ne!(scene.firewall.hosts(), hosts, "the names lead here");
    let mut holder = scene.holder();
    scene.firewall.open(true);
    holder.end_input();
    assert!(holder.wait().0.success());
    scene.kick();
    up.line_with("lic1: on site");
    assert_eq!(scene.firewall.hosts(), hosts);

    up.signal(Signal::TERM);
    let (status, said) = up.wait();
    assert!(status.success(), "{status}: {said}");
}

#[test]
fn an_application_is_run_with_names_of_its_own_by_a_user_without_rights() {
    let test = "an_application_is_run_with_names_of_its_own_by_a_user_without_rights";
    if !may(test, &[&Firewall::NEEDS[..], &["setpriv", "python3"]].concat()) {
        return;
    }
    let scene = Scene::new("VENDOR acme", NOBODY);
    let hosts = scene.firewall.hosts();
    let programs = folder_for_all();
    let mut lictunnel = Command::new(programs.path().join("lictunnel"));
    lictunnel.args(["run", TYPED, "--"]).arg(programs.path().join("licrun"));
    lictunnel.args(["--server", &scene.at(NAME), "--vendor-key", &scene.site.vendor_key(), "solver", "--"]);
    // What the application sees: its names, its user, no capabilities, and its exit status passes through.
    let look = "import os, socket, sys\n\
                print('address', socket.gethostbyname('lic1'), socket.getaddrinfo('lic1.corp.example', 1)[0][4][0])\n\
                print('user', os.getuid()); print([l for l in open('/proc/self/status') if l.startswith('CapEff')])\n\
                sys.exit(7)";
    lictunnel.args(["python3", "-c", look]);
    let (code, told, said) = run(&mut scene.laptop(&under(&AS_NOBODY, &lictunnel)));
    assert_eq!(code, 7, "{told}{said}");
    assert!(told.contains("user 65534") && told.contains("0000000000000000"), "{told}{said}");
    let address = told.lines().find_map(|line| line.strip_prefix("address ")).expect("it printed one");
    let (short, whole) = address.split_once(' ').expect("two addresses");
    assert!(short == whole && short.starts_with("127."), "{address}");
    assert_eq!(scene.firewall.hosts(), hosts, "nothing outside has changed");
    assert_eq!(scene.firewall.packets().stopped, 0, "nothing but port 22 was tried");
}
