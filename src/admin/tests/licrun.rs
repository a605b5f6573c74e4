//! `licrun` with a node-locked licence file, which needs no server: exit status, signals, words.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};

use licgate_core::id::VendorName;
use licgate_core::licence::{Signer, parse};
use licgate_core::text::Source;
use rustix::process::{Pid, Signal, kill_process};

/// A folder with a licence file, and the key of the vendor who signed it.
struct Site {
    folder: tempfile::TempDir,
    key: String,
}

impl Site {
    fn new() -> Self {
        let (signer, folder) = (Signer::new(&[7; 32]), tempfile::tempdir().unwrap());
        let text = "FEATURE solver acme 2.10 permanent uncounted HOSTID=ANY\n";
        let (licence, _) = parse(&Source::new("acme.lic", text));
        let signed = signer.sign(&licence, &VendorName::from("acme")).to_string();
        std::fs::write(folder.path().join("acme.lic"), signed).unwrap();
        Self { folder, key: signer.public().to_string() }
    }

    fn licence(&self) -> String {
        self.folder.path().join("acme.lic").display().to_string()
    }

    /// `licrun` with the licence file, for `solver`.
    fn licrun(&self, command: &[&str]) -> Command {
        let mut licrun = Command::new(env!("CARGO_BIN_EXE_licrun"));
        licrun.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        licrun.args(["--server", &self.licence(), "--vendor-key", &self.key, "solver", "--"]).args(command);
        licrun
    }
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn the_exit_status_is_the_commands_and_it_says_what_it_got() {
    let site = Site::new();
    let said = format!("licrun: solver 2.10: 1 seat from {}\n", site.licence());
    let (code, out, err) = run(&mut site.licrun(&["sh", "-c", "echo done; exit 3"]));
    assert_eq!((code, out.as_str(), err), (Some(3), "done\n", said));
    let (code, ..) = run(&mut site.licrun(&["sh", "-c", "kill -9 $$"]));
    assert_eq!(code, Some(137));
}

#[test]
fn a_command_that_cannot_run_is_named() {
    let site = Site::new();
    for (command, status) in [("no-such-command", 127), ("/etc/passwd", 126)] {
        let (code, _, err) = run(&mut site.licrun(&[command]));
        assert_eq!(code, Some(status));
        assert!(err.contains(&format!("licrun: cannot run '{command}': ")), "{err}");
    }
}

#[test]
fn nobody_to_read_its_words_is_no_failure() {
    let site = Site::new();
    for (command, status) in [("true", 0), ("no-such-command", 127)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = site.licrun(&[command]).stderr(writer).status().unwrap();
        assert_eq!(ended.code(), Some(status), "{command}");
    }
}

#[test]
fn a_variable_that_is_passed_over_is_told_when_there_is_no_licence() {
    let licrun = |value: &OsStr| {
        let mut licrun = Command::new(env!("CARGO_BIN_EXE_licrun"));
        licrun.env_clear().env("LICGATE_LICENSE_FILE", value).args(["solver", "--", "true"]);
        run(&mut licrun)
    };
    let (code, _, err) = licrun(OsStr::new("lic1:27000"));
    assert_eq!(code, Some(69), "{err}");
    assert!(err.contains("the variable LICGATE_LICENSE_FILE is passed over: '27000'"), "{err}");
    let (_, _, err) = licrun(OsStr::from_bytes(b"/nowhere/\xff"));
    assert!(err.contains("there is no licence file '/nowhere/"), "{err}");
}

#[test]
fn without_a_seat_the_command_does_not_run() {
    let site = Site::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("{port}@127.0.0.1");
    let licence = site.licence();
    let other_key = Signer::new(&[8; 32]).public().to_string();
    let licrun = |args: &[&str]| {
        let mut licrun = Command::new(env!("CARGO_BIN_EXE_licrun"));
        run(licrun.env_clear().args(args).args(["--", "echo", "it runs"]))
    };
    for (args, status, words) in [
        (
            vec!["--server", &nobody, "solver"],
            69,
            "No license for solver\nCannot connect to license server system. (-15,570",
        ),
        (vec!["--server", &licence, "--vendor-key", &other_key, "solver"], 77, "(-8,523)"),
        (vec!["--server", "lic1:27000", "solver"], 2, "'27000' is no place to look for licences"),
        (vec!["--version", "x", "solver"], 2, "'x' is no version"),
        (vec!["--vendor-key", "/nowhere", "solver"], 2, "'/nowhere' is neither a vendor key"),
        (vec!["--count", "0", "solver"], 2, "invalid value '0'"),
    ] {
        let (code, out, err) = licrun(&args);
        assert_eq!((code, out.as_str()), (Some(status), ""), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
}

#[test]
fn the_vendor_key_may_be_in_a_file_or_in_the_environment() {
    let site = Site::new();
    let file = site.folder.path().join("acme.pub");
    std::fs::write(&file, format!("# acme\n{}\n", site.key)).unwrap();
    for key in [file.to_str().unwrap(), &site.key] {
        let mut licrun = Command::new(env!("CARGO_BIN_EXE_licrun"));
        licrun.env_clear().env("PATH", "/usr/bin:/bin").env("LICGATE_VENDOR_KEY", key);
        let (code, ..) = run(licrun.args(["--server", &site.licence(), "solver", "--", "true"]));
        assert_eq!(code, Some(0), "{key}");
    }
}

#[test]
fn signals_to_licrun_reach_the_command() {
    let site = Site::new();
    let script = "for s in INT TERM HUP USR1 USR2; do trap \"echo got $s; exit 9\" $s; done; echo ready; \
                  while :; do sleep 0.05; done";
    for (signal, name) in [
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
    ] {
        let licrun = site.licrun(&["sh", "-c", script]);
        // A test that was started in the background ignores SIGINT, and all below it would.
        let mut heeding = Command::new("env");
        heeding
            .arg("--default-signal")
            .arg(licrun.get_program())
            .args(licrun.get_args())
            .stdin(Stdio::null());
        let mut child = heeding.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().as_deref(), Some("ready"));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(lines.next(), Some(format!("got {name}")));
        assert_eq!(child.wait().unwrap().code(), Some(9));
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let site = Site::new();
    let licrun = site.licrun(&["sh", "-c", "kill -HUP $$; echo alive"]);
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(licrun.get_program()).args(licrun.get_args());
    let (code, out, _) = run(nohup.env("PATH", "/usr/bin:/bin"));
    assert_eq!((code, out.as_str()), (Some(0), "alive\n"));
}

#[test]
fn a_signal_ends_the_wait_for_a_seat() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("{}@127.0.0.1", silent.local_addr().unwrap().port());
    let mut licrun = Command::new(env!("CARGO_BIN_EXE_licrun"));
    licrun.env_clear().args(["--wait", "--server", &place, "solver", "--", "echo", "it runs"]);
    let child = licrun.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (_connection, _) = silent.accept().unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(143), &[][..]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "licrun: interrupted before there was a seat of solver\n");
}
