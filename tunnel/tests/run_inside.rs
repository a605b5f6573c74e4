//! Applications with a private hosts file, as root and as an ordinary user.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// So often an application is asked before it counts as one that does not do it.
const PATIENCE: u32 = 5_000;
const OUTER: &str = "127.0.0.1 localhost\n10.0.0.1 lic1";
const LINE: &str = "127.77.3.1\tlic1.x lic1 # lictunnel v1 ";

/// A directory that everybody may read, with the program and a hosts file in it.
struct Place(tempfile::TempDir);

/// Who runs the application.
#[derive(Debug, Clone, Copy)]
enum As {
    /// Whoever runs the test.
    Self_,
    /// An ordinary user.
    User,
}

/// Everybody this test can be.
fn everybody() -> &'static [As] {
    if nix::unistd::geteuid().is_root() {
        return &[As::Self_, As::User];
    }
    eprintln!("not run as root: not tested as another user");
    &[As::Self_]
}

fn wish(pid: u32) -> String {
    format!(r#"[{{"id":"0a1b2c3d","pid":{pid},"address":"127.77.3.1","names":["lic1","lic1.x"]}}]"#)
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Not by this process: a child that another test forks meanwhile would hold it open for writing, and a
        // program that is being written cannot be run.
        let copied =
            Command::new("cp").arg(env!("CARGO_BIN_EXE_lictunnel")).arg(dir.path()).status().unwrap();
        assert!(copied.success());
        fs::write(dir.path().join("hosts"), OUTER).unwrap();
        let temporary = dir.path().join("tmp");
        fs::create_dir(&temporary).unwrap();
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o777)).unwrap();
        Self(dir)
    }

    fn hosts(&self) -> PathBuf {
        self.0.path().join("hosts")
    }

    /// `lictunnel run-inside`, up to the dashes.
    fn command(&self, who: As, hosts: Option<PathBuf>) -> Command {
        let program = self.0.path().join("lictunnel");
        // A test that was started in the background ignores some signals, and all below it would.
        let mut command = Command::new("env");
        command.arg("--default-signal");
        if matches!(who, As::User) {
            command.args(["setpriv", "--reuid=1003", "--regid=1003", "--clear-groups", "--"]);
        }
        command.arg(program);
        command.arg("run-inside");
        if let Some(hosts) = hosts {
            command.arg("--hosts").arg(hosts);
        }
        command.arg(wish(std::process::id())).arg("--").env("TMPDIR", self.0.path().join("tmp"));
        command
    }

    fn run(&self, who: As, script: &str) -> Output {
        self.command(who, Some(self.hosts()))
            .args(["sh", "-c", script, "sh"])
            .arg(self.hosts())
            .output()
            .unwrap()
    }

    fn start(&self, who: As, script: &str) -> Running {
        let mut command = self.command(who, Some(self.hosts()));
        command.args(["sh", "-c", script, "sh"]).arg(self.hosts());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, input, said }
    }
}

struct Running {
    child: Child,
    input: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn hear(&mut self) -> Option<String> {
        self.said.next().map(Result::unwrap)
    }

    fn ask(&mut self) -> String {
        writeln!(self.input).unwrap();
        let mut answer = String::new();
        while let Some(line) = self.hear().filter(|line| line != "end") {
            answer += &line;
            answer.push('\n');
        }
        answer
    }

    /// Asks until the answer is as wanted: a change outside is followed after a moment.
    fn ask_until(&mut self, is_wanted: impl Fn(&str) -> bool) -> String {
        let mut answers = (0..PATIENCE).map(|_| self.ask());
        answers.find(|answer| is_wanted(answer)).expect("the change is followed")
    }

    /// Sends a signal, and then lines that are answered by `no`, until there is another answer or the end.
    fn signal_and_hear(&mut self, signal: Signal) -> Option<String> {
        self.signal(signal);
        for _ in 0..PATIENCE {
            // It may have ended already.
            drop(writeln!(self.input, "no"));
            match self.hear() {
                Some(answer) if answer == "no" => {}
                answer => return answer,
            }
        }
        panic!("{signal} is not sent on");
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_application_sees_its_own_hosts_file_as_the_same_user_without_capabilities() {
    let place = Place::new();
    for who in everybody() {
        let output = place.run(*who, "cat \"$1\"; echo; id -u; id -g; grep CapEff /proc/self/status");
        assert_eq!(text(&output.stderr), "", "{who:?}");
        let said = text(&output.stdout);
        assert!(said.starts_with(LINE) && said.contains(OUTER), "{who:?} {said}");
        if matches!(who, As::User) {
            assert!(said.ends_with("\n1003\n1003\nCapEff:\t0000000000000000\n"), "{said}");
        }
        assert_eq!(output.status.code(), Some(0));
    }
    assert_eq!(fs::read_to_string(place.hosts()).unwrap(), OUTER, "nothing changed outside");
    assert_eq!(fs::read_dir(place.0.path().join("tmp")).unwrap().count(), 0, "nothing lies about");
}

#[test]
fn programs_of_every_kind_resolve_the_name() {
    let place = Place::new();
    let python = "import socket; print(socket.gethostbyname('LIC1.X'))";
    for who in everybody() {
        for words in [&["getent", "ahostsv4", "lic1"][..], &["/usr/bin/python3", "-c", python]] {
            let output = place.command(*who, None).args(words).output().unwrap();
            if output.status.code() == Some(127) {
                eprintln!("skipped: there is no {}", words[0]);
                continue;
            }
            assert!(text(&output.stdout).starts_with("127.77.3.1"), "{who:?} {words:?} {output:?}");
        }
    }
    assert!(!fs::read_to_string("/etc/hosts").unwrap().contains("lictunnel"));
}

#[test]
fn exit_codes_pass_through_and_ours_are_told_apart() {
    let place = Place::new();
    for who in everybody() {
        assert_eq!(place.run(*who, "exit 42").status.code(), Some(42));
        assert_eq!(place.run(*who, "kill -KILL $$").status.code(), Some(128 + 9));
        let missing = place.command(*who, Some(place.hosts())).arg("/no/such/app").output().unwrap();
        assert_eq!(missing.status.code(), Some(127));
        assert!(text(&missing.stderr).contains("cannot run /no/such/app"), "{missing:?}");
        let directory = place.command(*who, Some(place.hosts())).arg("/").output().unwrap();
        assert_eq!(directory.status.code(), Some(126));
        let no_hosts = place.command(*who, Some("/no/hosts".into())).arg("true").output().unwrap();
        assert_eq!(no_hosts.status.code(), Some(125));
    }
    let wrong = Command::new(env!("CARGO_BIN_EXE_lictunnel")).args(["run-inside", "x"]).output().unwrap();
    assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(125), 0));
}

#[test]
fn signals_are_sent_on_and_ignored_ones_stay_ignored() {
    let place = Place::new();
    for who in everybody() {
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGQUIT] {
            let name = &signal.as_str()[3..];
            let script =
                format!("trap 'echo got; exit 7' {name}; echo ready; while read -r x; do echo $x; done");
            let mut running = place.start(*who, &script);
            assert_eq!(running.hear().as_deref(), Some("ready"));
            let heard = running.signal_and_hear(signal);
            assert_eq!(heard.as_deref(), Some("got"), "{who:?} {signal}");
            assert_eq!(running.child.wait().unwrap().code(), Some(7));
        }
        let mut untrapped = place.start(*who, "echo ready; exec cat");
        untrapped.hear();
        assert_eq!(untrapped.signal_and_hear(Signal::SIGTERM), None);
        assert_eq!(untrapped.child.wait().unwrap().code(), Some(128 + 15));
    }
    let nohup = format!(
        "trap '' HUP; \"$0\" run-inside --hosts \"$1\" '{}' -- grep SigIgn /proc/self/status",
        wish(std::process::id())
    );
    let program = place.0.path().join("lictunnel");
    let output = Command::new("sh").args(["-c", &nohup]).arg(program).arg(place.hosts()).output().unwrap();
    let set =
        u64::from_str_radix(text(&output.stdout).trim().trim_start_matches("SigIgn:").trim(), 16).unwrap();
    assert_eq!(set & 1, 1, "SIGHUP is still ignored: {output:?}");
}

#[test]
fn changes_outside_are_followed() {
    let place = Place::new();
    for who in everybody() {
        let mut running = place.start(*who, "while read -r _; do cat \"$1\"; echo; echo end; done");
        assert!(running.ask().starts_with(LINE));
        fs::write(place.hosts(), "10.0.0.2 in-place\n").unwrap();
        let followed = running.ask_until(|hosts| hosts.contains("in-place"));
        assert!(followed.starts_with(LINE) && !followed.contains("localhost"), "{followed}");
        for round in 0..3 {
            let new = place.0.path().join("new");
            fs::write(&new, format!("10.0.0.3 renamed-{round}")).unwrap();
            fs::rename(&new, place.hosts()).unwrap();
            let renamed = format!("renamed-{round}");
            running.ask_until(|hosts| hosts.starts_with(LINE) && hosts.contains(&renamed));
        }
        fs::remove_file(place.hosts()).unwrap();
        fs::write(place.hosts(), OUTER).unwrap();
        running.ask_until(|hosts| hosts.starts_with(LINE) && hosts.contains(OUTER));
        drop(running.input);
        assert!(running.child.wait().unwrap().success());
    }
}

#[test]
fn a_symbolic_link_to_the_hosts_file_is_followed() {
    let place = Place::new();
    let link = place.0.path().join("link");
    symlink("hosts", &link).unwrap();
    let output = place.command(As::Self_, Some(link.clone())).arg("cat").arg(&link).output().unwrap();
    assert!(text(&output.stdout).starts_with(LINE), "{output:?}");
}

#[test]
fn when_the_tunnel_is_killed_the_application_goes_on_and_is_told() {
    let place = Place::new();
    let script = r#"exec 4<&0; "$1" run-inside --hosts "$2" '[{"id":"0a1b2c3d","pid":'$$',"address":"127.77.3.1","names":["lic1"]}]' -- \
        sh -c 'echo ready; read -r x; echo "still $x"' <&4 2>&1; :"#;
    let mut tunnel = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(place.0.path().join("lictunnel"))
        .arg(place.hosts())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(tunnel.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(said.next().as_deref(), Some("ready"));
    tunnel.kill().unwrap();
    let told = said.next().unwrap();
    assert!(told.starts_with("lictunnel run: the tunnel has ended; process "), "{told}");
    writeln!(tunnel.stdin.take().unwrap(), "here").unwrap();
    assert_eq!(said.next().as_deref(), Some("still here"));
    assert_eq!(said.next(), None);
    tunnel.wait().unwrap();
}

#[test]
fn where_namespaces_are_forbidden_the_reason_is_said() {
    let place = Place::new();
    let script = r#"echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@""#;
    let inner = place.command(As::Self_, Some(place.hosts()));
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-current-user", "--keep-caps", "sh", "-c", script, "sh"]);
    command.arg(inner.get_program()).args(inner.get_args()).arg("true");
    if nix::unistd::geteuid().is_root() {
        command.uid(1003).gid(1003);
    }
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    if said.contains("max_user_namespaces: ") {
        eprintln!("skipped: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert_eq!(
        said,
        "lictunnel run: cannot make a user namespace: No space left on device; user namespaces are switched off here \
         (user.max_user_namespaces is 0): an administrator can set it to 10000; or use `lictunnel up`, which writes \
         one line into the hosts file\n"
    );
}
