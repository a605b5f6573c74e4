//! The real helper in processes of its own, with a hosts file of its own.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lictunnel::hosts::client::{self, Put, Started};
use lictunnel::hosts::lend::Way;
use lictunnel::hosts::line::OwnerId;
use lictunnel::hosts::name::{HostName, Names};
use lictunnel::hosts::protocol::Wish;
use lictunnel::loopback::Loopback;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const BEFORE: &[u8] = b"127.0.0.1 localhost\r\n\xff\xfe 10.0.0.1 LIC1\r\n10.0.0.1 lic1";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("hosts"), BEFORE).unwrap();
        Self(dir)
    }

    fn hosts(&self) -> Vec<u8> {
        fs::read(self.0.path().join("hosts")).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lictunnel"));
        command.args(["hosts-helper", "--hosts"]).arg(self.0.path().join("hosts"));
        command.arg("--keep").arg(self.0.path().join("keep"));
        command
    }

    fn start(&self) -> Helper {
        let mut child = self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut helper = Helper { input: child.stdin.take(), child, said };
        assert_eq!(helper.hear(), "\"ready\"\n");
        helper
    }
}

struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Helper {
    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{request}").unwrap();
        self.hear()
    }

    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

fn put(server: &str, pid: u32, address: &str) -> String {
    let id = OwnerId::of(server);
    format!(
        r#"{{"put":{{"id":"{id}","pid":{pid},"address":"{address}","names":["{server}","{server}.x"]}}}}"#
    )
}

#[test]
fn blocks_come_and_go_and_the_rest_stays_byte_for_byte() {
    let (place, own) = (Place::new(), std::process::id());
    let mut helper = place.start();
    assert_eq!(helper.ask("{\"alias\":\"127.77.3.1\"}"), "\"aliased\"\n");
    let said = helper.ask(&put("lic1", own, "127.77.3.1"));
    assert_eq!(said, "{\"put\":[{\"line\":4,\"address\":\"10.0.0.1\",\"name\":\"lic1\"}]}\n");
    assert_eq!(helper.ask(&put("lic2", own, "127.77.3.2")), "{\"put\":[]}\n");
    let hosts = place.hosts();
    assert!(hosts.starts_with(b"127.77.3.2\tlic2.x lic2 # lictunnel v1 id=") && hosts.ends_with(BEFORE));
    let id = OwnerId::of("lic2");
    assert_eq!(helper.ask(&format!("{{\"take\":\"{id}\"}}")), "\"taken\"\n");
    assert!(place.hosts().starts_with(b"127.77.3.1\t"));
    assert_eq!(helper.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE);
}

#[test]
fn nonsense_is_refused_and_too_much_of_it_ends_the_talk() {
    let place = Place::new();
    let mut helper = place.start();
    let own = std::process::id();
    for bad in ["", "{}", "null", &put("lic1", own, "10.0.0.1"), &put("localhost", own, "127.77.3.1")] {
        assert!(helper.ask(bad).starts_with("{\"refused\":"), "{bad}");
    }
    assert!(helper.ask(&put("lic1", u32::MAX, "127.77.3.1")).contains("there is no process"));
    assert_eq!(place.hosts(), BEFORE);
    helper.ask(&put("lic1", own, "127.77.3.1"));
    // It may hang up before all is written.
    drop(helper.input.as_mut().unwrap().write_all(&[b'x'; 20_000]));
    assert_eq!(helper.hear(), "");
    assert_eq!(helper.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE);
}

#[test]
fn without_the_right_to_change_the_file_there_is_nothing_to_take_back() {
    let place = Place::new();
    // It is not the helper's own, and so refused as a directory of another user is.
    std::os::unix::fs::symlink("/", place.0.path().join("keep")).unwrap();
    let mut helper = place.start();
    let said = helper.ask(&put("lic1", std::process::id(), "127.77.3.1"));
    assert!(said.starts_with("{\"refused\":") && said.contains("\"wants_privilege\":true"), "{said}");
    assert_eq!(helper.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE);
}

#[test]
fn signals_do_not_end_it_and_the_end_of_input_does() {
    let place = Place::new();
    let mut helper = place.start();
    let pid = Pid::from_raw(i32::try_from(helper.child.id()).unwrap());
    helper.ask(&put("lic1", std::process::id(), "127.77.3.1"));
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGPIPE, Signal::SIGQUIT] {
        kill(pid, signal).unwrap();
        assert!(helper.ask("{}").starts_with("{\"refused\":"), "{signal}");
    }
    assert!(place.hosts().starts_with(b"127.77.3.1\t"));
    assert_eq!(helper.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE);
}

#[test]
fn a_second_tunnel_to_the_same_server_is_refused_and_a_stale_block_is_not() {
    let place = Place::new();
    let mut first = place.start();
    let mut tunnel = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    first.ask(&put("lic1", tunnel.id(), "127.77.3.1"));
    let mut second = place.start();
    let held = second.ask(&put("lic1", std::process::id(), "127.77.3.1"));
    assert!(held.contains(&format!("process {}", tunnel.id())), "{held}");
    drop(tunnel.stdin.take());
    tunnel.wait().unwrap();
    assert!(second.ask(&put("lic1", std::process::id(), "127.77.3.9")).starts_with("{\"put\":"));
    assert_eq!(first.end(), Some(0));
    assert!(place.hosts().starts_with(b"127.77.3.9\t"), "the first leaves the second's block alone");
    assert_eq!(second.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE);
}

/// A tunnel that starts the helper and is then killed: `sh` holds the pipe, the helper is its child.
#[test]
fn after_kill_9_of_the_tunnel_the_block_goes() {
    let place = Place::new();
    let fifo = place.0.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = r#"f=$1; shift; "$@" <"$f" & exec 3>"$f"; read -r r; printf '%s\n' "$r" >&3; read -r r"#;
    let helper = place.command();
    let mut tunnel = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(&fifo)
        .arg(helper.get_program())
        .args(helper.get_args())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let request = put("lic1", tunnel.id(), "127.77.3.1");
    writeln!(tunnel.stdin.as_mut().unwrap(), "{request}").unwrap();
    let mut said = BufReader::new(tunnel.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.next().unwrap().contains("ready") && said.next().unwrap().starts_with("{\"put\":"));
    assert!(place.hosts().starts_with(b"127.77.3.1\t"));
    tunnel.kill().unwrap();
    tunnel.wait().unwrap();
    // The helper holds this pipe too: it ends when the helper has ended.
    assert_eq!(said.next(), None);
    assert_eq!(place.hosts(), BEFORE);
}

/// `sudo` as far as the client sees it, with a hosts file of its own for the helper.
fn lender(place: &Place) -> PathBuf {
    let path = place.0.path().join("sudo");
    let (hosts, keep) = (place.0.path().join("hosts"), place.0.path().join("keep"));
    let (hosts, keep) = (hosts.display(), keep.display());
    let script =
        format!("#!/bin/sh\n[ \"$1\" = -n ] || exit 1; shift; exec \"$@\" --hosts {hosts} --keep {keep}\n");
    // Written by another process: see the copy of the program in `run_inside.rs`.
    let written = Command::new("sh")
        .args(["-c", "printf %s \"$1\" >\"$2\" && chmod +x \"$2\"", "sh", &script])
        .arg(&path)
        .status()
        .unwrap();
    assert!(written.success());
    path
}

#[tokio::test]
async fn the_client_gets_its_wish_through_a_lender() {
    let place = Place::new();
    let program = Path::new(env!("CARGO_BIN_EXE_lictunnel"));
    let way = Way::Lent { lender: lender(&place), may_ask: false };
    let Started::Running(mut helper) = client::Helper::start(program, &way).await.unwrap() else { panic!() };
    let wish = |server: &str| Wish {
        id: OwnerId::of(server),
        pid: std::process::id(),
        address: Loopback::of(server, |_| false).unwrap(),
        names: Names::new([HostName::parse(server).unwrap()]).unwrap(),
    };
    assert!(helper.alias(wish("lic1").address).await.unwrap());
    let Put::Done(conflicts) = helper.put(wish("lic1")).await.unwrap() else { panic!() };
    assert_eq!(
        conflicts[0].to_string().split(';').next().unwrap(),
        "line 4 of the hosts file leads lic1 to 10.0.0.1"
    );
    assert_eq!(helper.put(wish("lic2")).await.unwrap(), Put::Done(Vec::new()));
    helper.take(OwnerId::of("lic1")).await.unwrap();
    let hosts = String::from_utf8_lossy(&place.hosts()).into_owned();
    assert!(hosts.starts_with(&format!("{}\tlic2 # lictunnel v1 ", wish("lic2").address)), "{hosts}");
    assert!(helper.close().await.unwrap());
    assert_eq!(place.hosts(), BEFORE);
    let may_ask = Way::Lent { lender: lender(&place), may_ask: true };
    let refused = client::Helper::start(program, &may_ask).await.unwrap();
    assert!(matches!(refused, Started::NoPrivilege(_)), "this lender wants -n");
}

#[test]
fn it_is_not_started_by_hand() {
    let output = Command::new(env!("CARGO_BIN_EXE_lictunnel")).args(["hosts-helper", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let lent = Place::new().command().env("SUDO_UID", "1003").stdin(Stdio::null()).output().unwrap();
    assert_eq!(lent.status.code(), Some(2), "no other file for who was lent the right");
}

#[test]
fn a_block_that_changes_hands_is_not_left_behind() {
    let place = Place::new();
    let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let mut helper = place.start();
    for pid in [other.id(), std::process::id()] {
        assert!(helper.ask(&put("lic1", pid, "127.77.3.1")).starts_with("{\"put\":"), "{pid}");
    }
    assert_eq!(helper.end(), Some(0));
    assert_eq!(place.hosts(), BEFORE, "also what the other process, which lives on, had put");
    drop(other.stdin.take());
    other.wait().unwrap();
}
