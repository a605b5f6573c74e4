//! Several tunnels in one process: equal ports, one that fails, one that ends, in the foreground, in the background and beside an
//! application.

use std::fs;
use std::process::Command;

use licgate_tests::{
    AS_NOBODY, Firewall, Host, Process, Site, Ssh, folder, folder_for_all, may, program, run, serve, under,
};
use rustix::process::Signal;
use tempfile::TempDir;

/// One seat on the first host, two on the other: an answer tells which it is of.
const SEATS: [&str; 2] = [
    "INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n",
    "INCREMENT solver acme 1.0 permanent 2 SIGN=\"\"\n",
];
/// A user without any rights.
const NOBODY: u32 = 65534;

/// A laptop and two licence hosts with equal ports, `lic1` and `lic2`. `lic3` lets nobody in.
struct Scene {
    // In the order in which they go: processes first, then what they stand on.
    _sshds: [Process; 2],
    hosts: [Host; 2],
    firewall: Firewall,
    _sites: [Site; 2],
    _keys: [Ssh; 2],
    files: TempDir,
}

impl Scene {
    fn new(uid: u32) -> Self {
        let (firewall, keys, sites) = (Firewall::new(), [Ssh::new(), Ssh::new()], [Site::new(), Site::new()]);
        let ssh = firewall.etc().join("ssh");
        let texts = || ["ssh_config", "ssh_known_hosts"].map(|name| fs::read_to_string(ssh.join(name)));
        keys[0].introduce(firewall.etc(), "lic1", Firewall::HOST, uid);
        let first = texts().map(|text| text.expect("there is one"));
        keys[1].introduce(firewall.etc(), "lic2", Firewall::OTHER, uid);
        let second = texts().map(|text| text.expect("there is one"));
        let third = format!("Host lic3\n  HostName {}\n  User stranger\n", Firewall::HOST);
        fs::write(ssh.join("ssh_config"), third + &first[0] + &second[0]).expect("the folder is ours");
        fs::write(ssh.join("ssh_known_hosts"), first[1].clone() + &second[1]).expect("the folder is ours");
        let sshds = [
            serve(&mut firewall.on_host(&keys[0].command(Firewall::HOST, ""))),
            serve(&mut firewall.on_other(&keys[1].command(Firewall::OTHER, ""))),
        ];
        sites.iter().zip(SEATS).for_each(|(site, lines)| site.license(lines));
        let one = Host::run(&mut firewall.on_host(&Host::command(&sites[0])));
        one.pin_ports(&sites[1]);
        let other = Host::run(&mut firewall.on_other(&Host::command(&sites[1])));
        let files = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::chown(files.path(), Some(uid), None).expect("root may do that");
        Self { _sshds: sshds, hosts: [one, other], firewall, _sites: sites, _keys: keys, files }
    }

    fn port(&self) -> u16 {
        assert_eq!(self.hosts[0].port(), self.hosts[1].port(), "the ports are equal");
        self.hosts[0].port()
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

    /// A process of its own, in which no signal is ignored as it may be in that of the tests.
    fn start(&self, arguments: &[&str]) -> Process {
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(folder().join("lictunnel")).args(arguments);
        Process::start(&mut self.laptop(&command))
    }

    /// Asks for the seats at this host, as an application does.
    fn seats(&self, at: &str) -> String {
        let (code, told, said) = run(&mut self.laptop(program("licutil").args([
            "query",
            "-s",
            &format!("{}@{at}", self.port()),
            "solver",
        ])));
        assert_eq!(code, 0, "{told}{said}");
        told.trim().to_owned()
    }
}

impl Drop for Scene {
    /// What is in the background would outlive a test that fails.
    fn drop(&mut self) {
        drop(self.laptop(program("lictunnel").args(["down", "--all"])).output());
    }
}

fn can(test: &str) -> bool {
    may(test, &Firewall::NEEDS)
}

#[test]
fn a_list_comes_up_in_one_process_and_each_server_ends_for_itself() {
    if !can("a_list_comes_up_in_one_process_and_each_server_ends_for_itself") {
        return;
    }
    let scene = Scene::new(0);
    let (before, port) = (scene.firewall.hosts(), scene.port());
    let triad = format!("{port}@lic1,{port}@lic2,{port}@lic3");
    let mut up = scene.start(&["up", &triad]);
    // In whichever order they come.
    let mut wanted = vec!["lic1: ready", "lic2: ready", "lic3: "];
    while !wanted.is_empty() {
        let line = up.line_with("lic");
        wanted.retain(|text| !line.starts_with(text));
    }
    assert!(up.said().contains("lic3: ") && up.said().contains("stranger"), "{}", up.said());
    assert_eq!((scene.seats("lic1").as_str(), scene.seats("lic2").as_str()), ("1", "2"));
    let children = format!("/proc/{0}/task/{0}/children", up.pid());
    let children = fs::read_to_string(children).expect("it runs");
    assert_eq!(children.split_whitespace().count(), 1, "one helper for all: {children:?}");

    let (code, told, said) = scene.lictunnel(&["status", "--json"]);
    let boards: serde_json::Value =
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}{said}"));
    let text = |index: usize, key: &str| boards[index][key].to_string();
    assert!(code == 0 && boards.as_array().is_some_and(|all| all.len() == 2), "{told}");
    assert!(text(0, "pid") == text(1, "pid") && text(0, "address") != text(1, "address"), "{told}");
    let (code, _, said) = scene.lictunnel(&["up", "lic2"]);
    assert!(code == 41 && said.contains("is up already"), "{said}");

    let (code, _, said) = scene.lictunnel(&["down", "lic1"]);
    assert_eq!(code, 0, "{said}");
    let hosts = String::from_utf8_lossy(&scene.firewall.hosts()).into_owned();
    assert!(!hosts.contains("lic1") && hosts.contains("lic2"), "{hosts}");
    assert_eq!(scene.seats("lic2"), "2");
    up.signal(Signal::INT);
    let (status, said) = up.wait();
    assert_eq!(status.code(), Some(77), "the one that failed decides: {said}");
    assert_eq!(scene.firewall.hosts(), before);
}

#[test]
fn the_background_is_entered_when_all_are_ready_or_have_failed() {
    if !can("the_background_is_entered_when_all_are_ready_or_have_failed") {
        return;
    }
    let scene = Scene::new(0);
    let before = scene.firewall.hosts();
    let (code, told, said) = scene.lictunnel(&["up", "-d", "--", "lic3", "lic2", "lic1"]);
    assert_eq!(code, 77, "{told}{said}");
    for words in ["lic1: ready", "lic2: ready", "lic3: ", "is in the background; log: "] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    assert_eq!((scene.seats("lic1").as_str(), scene.seats("lic2").as_str()), ("1", "2"));
    let log = fs::read_to_string(scene.files.path().join("lictunnel/lic3.log")).expect("there is a log");
    assert!(log.contains("lic3: ") && log.contains("lic1: ready"), "{log}");
    let (code, _, said) = scene.lictunnel(&["down", "--all"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(scene.firewall.hosts(), before);
    let (code, told, said) = scene.lictunnel(&["up", "-d", "lic3"]);
    assert!(code == 77 && said.contains("lic3: ") && !said.contains("background"), "{told}{said}");
    let (code, told, said) = scene.lictunnel(&["up", "-d", "lic1"]);
    assert_eq!(code, 0, "{told}{said}");
}

#[test]
fn an_application_sees_all_servers_that_are_up() {
    if !can("an_application_sees_all_servers_that_are_up") {
        return;
    }
    let scene = Scene::new(0);
    let (before, port, licutil) = (scene.firewall.hosts(), scene.port(), folder().join("licutil"));
    let ask = format!(
        "for host in lic1 lic2; do {} query -s {port}@$host solver; done; getent hosts lic3; exit 7",
        licutil.display()
    );
    let (code, told, said) = scene.lictunnel(&["run", "lic3", "lic1", "lic2", "--", "sh", "-c", &ask]);
    assert_eq!((code, told.as_str()), (7, "1\n2\n"), "{said}");
    assert!(said.contains("lic3: "), "{said}");
    let (code, told, _) = scene.lictunnel(&["run", "lic3", "--", "echo", "never"]);
    assert_eq!((code, told.as_str()), (77, ""));
    assert_eq!(scene.firewall.hosts(), before);
}

#[test]
fn an_application_gets_the_signals_and_its_exit_code_counts() {
    if !can("an_application_gets_the_signals_and_its_exit_code_counts") {
        return;
    }
    let scene = Scene::new(0);
    let port = scene.port().to_string();
    for (signal, name) in
        [(Signal::INT, "INT"), (Signal::QUIT, "QUIT"), (Signal::USR1, "USR1"), (Signal::TERM, "TERM")]
    {
        let script = format!("trap 'exit 3' {name}; echo holding; read -r line; exit 4");
        let mut holder = scene.start(&["run", "lic1", "--ports", &port, "--", "sh", "-c", &script]);
        holder.line_with("holding");
        holder.signal(signal);
        let (status, said) = holder.wait();
        assert_eq!(status.code(), Some(3), "{name}: {said}");
    }
    let mut holder =
        scene.start(&["run", "lic1", "--ports", &port, "--", "sh", "-c", "echo holding; cat; exit 7"]);
    holder.line_with("holding");
    let (code, _, said) = scene.lictunnel(&["down", "lic1"]);
    assert_eq!(code, 0, "{said}");
    holder.end_input();
    let (status, said) = holder.wait();
    assert_eq!(status.code(), Some(7), "{said}");
}

#[test]
fn rights_are_asked_for_at_the_terminal_before_the_background_is_entered() {
    let test = "rights_are_asked_for_at_the_terminal_before_the_background_is_entered";
    if !may(test, &[&Firewall::NEEDS[..], &["script", "setpriv"]].concat()) {
        return;
    }
    let (scene, programs) = (Scene::new(NOBODY), folder_for_all());
    // Asks as sudo does, and lends nothing.
    let sudo = "#!/bin/sh\n[ \"$1\" = -n ] && exit 1\nprintf 'password: ' > /dev/tty\nread -r word < /dev/tty\n\
                echo \"got $word\" > /dev/tty\nexec \"$@\"\n";
    fs::write(programs.path().join("sudo"), sudo).expect("the folder is ours");
    let (code, _, said) = run(Command::new("chmod").arg("755").arg(programs.path().join("sudo")));
    assert_eq!(code, 0, "{said}");
    let up = format!(
        "printf 'secret\\n' | script -qec '{} up -d lic1 lic2' /dev/null",
        programs.path().join("lictunnel").display()
    );
    let mut command = Command::new("sh");
    let path = std::env::var("PATH").unwrap_or_default();
    command.args(["-c", &up]).env("PATH", format!("{}:{path}", programs.path().display()));
    let (code, told, said) = run(&mut scene.laptop(&under(&AS_NOBODY, &command)));
    assert_eq!(code, 0, "{told}{said}");
    let (_, asked) =
        told.split_once("administrator rights").unwrap_or_else(|| panic!("no reason in: {told}"));
    assert_eq!(asked.matches("password: ").count(), 1, "{told}");
    assert!(asked.contains("got secret") && asked.contains("lic2: ready"), "{told}");
}
