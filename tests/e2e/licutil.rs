//! `licutil` and FlexNet's names for it, against a running licence host.

use std::io::Write;
use std::process::{Command, Stdio};

use licgate_tests::{Host, Process, Site, folder, program, run};
use rustix::process::Signal;
use serde_json::Value;

const LINES: &str = "INCREMENT solver acme 2.10 31-dec-2099 3 VENDOR_STRING=fast SN=1\n\
                     INCREMENT mesher acme 1.0 permanent 5 SN=2\n";

/// A host, and a program on it that holds two of the three seats.
fn busy(site: &Site) -> (Host, Process) {
    let host = Host::start(site);
    let mut licrun = program("licrun");
    licrun.args(["--server", &host.at(), "--count", "2", "solver", "--", "sleep", "60"]);
    let mut holder = Process::start(licrun.env("DISPLAY", ":7"));
    holder.line_with("2 seats from");
    (host, holder)
}

/// Ends the program and, through it, its command.
fn release(mut holder: Process) {
    holder.signal(Signal::TERM);
    holder.wait();
}

fn licutil(arguments: &[&str]) -> (i32, String, String) {
    run(program("licutil").args(arguments))
}

/// A link to `licutil` by another name.
fn by_name(site: &Site, name: &str) -> Command {
    let link = site.path(name);
    std::os::unix::fs::symlink(folder().join("licutil"), &link).expect("the folder is ours");
    let mut command = Command::new(link);
    licgate_tests::clean(&mut command);
    command
}

#[test]
fn stat_tells_who_has_which_seats() {
    let site = Site::serving(LINES);
    let (host, holder) = busy(&site);
    let (code, text, said) = licutil(&["stat", "-a", "-c", &host.at()]);
    assert_eq!((code, said.as_str()), (0, ""), "{text}");
    let holds = text.lines().find(|line| line.contains(", start ")).unwrap_or_else(|| panic!("{text}"));
    assert!(holds.starts_with("    ") && holds.contains(" :7 (v0) (localhost/"), "{holds}");
    assert!(holds.ends_with(", 2 licenses"), "{holds}");
    let shape: Vec<&str> = text.lines().skip(2).filter(|line| !line.contains(", start ")).collect();
    let port = host.port();
    let expected = format!(
        "\nLicense server status: {port}@localhost\n    License file(s) on localhost: {}:\n\n \
         localhost: license server UP (MASTER) v0.1.0\n\nVendor daemon status (on localhost):\n\n      \
         acme: UP v0.1.0\nFeature usage info:\n\n\
         Users of mesher:  (Total of 5 licenses issued;  Total of 0 licenses in use)\n\n\
         Users of solver:  (Total of 3 licenses issued;  Total of 2 licenses in use)\n\n  \
         \"solver\" v2.10, vendor: acme, expiry: 31-dec-2099\n  vendor_string: fast\n  floating license\n\n\n",
        site.licence_file().display()
    );
    assert_eq!(shape, expected.lines().collect::<Vec<_>>());

    let (_, text, _) = licutil(&["stat", "-A", "-c", &host.at()]);
    assert!(text.contains("Users of solver") && !text.contains("Users of mesher"), "{text}");
    let (code, text, _) = licutil(&["stat", "-f", "none", "-c", &host.at()]);
    assert!(
        code == 1 && text.contains("Cannot get users of none: No such feature exists. (-5,222)"),
        "{text}"
    );

    let (_, json, _) = licutil(&["stat", "-a", "--json", "-c", &host.at()]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let features = &json["servers"][0]["vendors"][0]["usage"]["features"];
    assert_eq!(features[1]["pools"][0]["leases"][0]["seats"], 2, "{json}");
    assert_eq!(licutil(&["query", "-s", &host.at(), "solver"]).1, "1\n");
    release(holder);
}

#[test]
fn flexnets_names_have_flexnets_texts_and_exit_statuses() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let (code, text, _) = run(by_name(&site, "lmstat").args(["-a", "-c", &host.at()]));
    assert!(code == 0 && text.starts_with("lmstat - Copyright (c) "), "{text}");
    let (code, text, _) = run(by_name(&site, "lmutil").args(["lmstat", "-c", &host.at()]));
    assert!(code == 0 && text.starts_with("lmutil - Copyright (c) "), "{text}");
    let (code, text, _) = run(by_name(&site, "lmdiag").args(["-n", "-c", &host.at(), "solver"]));
    assert!(code == 0 && text.ends_with("This license can be checked out\n"), "{text}");
    let (code, text, _) = run(by_name(&site, "lmhostid").arg("-hostname"));
    assert!(code == 0 && text.contains("host ID of this machine is \"HOSTNAME="), "{text}");
    let state = site.state_dir().display().to_string();
    let (code, text, _) = run(by_name(&site, "lmreread").args(["--state-dir", &state]));
    assert!(code == 0 && text.ends_with("lmreread successful\n"), "{text}");
    let (code, text, _) = run(by_name(&site, "lmdown").args(["-q", "--state-dir", &state]));
    assert_eq!((code, text.as_str()), (0, "    1 FlexNet License Server shut down\n"));
    let mut host = host;
    assert!(host.master().wait().0.success());
    let lmstat = site.path("lmstat");
    let (code, text, _) = run(Command::new(lmstat).args(["-c", &host.at()]));
    assert!(
        code == 241
            && text.contains("\nError getting status: Cannot connect to license server system. (-15,"),
        "{code}\n{text}"
    );
}

#[test]
fn every_step_of_a_test_that_fails_is_named() {
    let site = Site::serving(LINES);
    let (host, holder) = busy(&site);
    let (at, key) = (host.at(), site.vendor_key());
    let good = licutil(&["test", "-c", &at, "--vendor-key", &key, "solver", "2.1"]);
    assert_eq!(good.0, 0, "{good:?}");
    let steps = ["resolve", "connect", "master answer", "vendor daemon", "checkout", "verify", "check-in"];
    let named = |text: &str| steps.iter().filter(|step| text.contains(&format!("\n  {step:<14} ok"))).count();
    assert_eq!(named(&good.1), steps.len(), "{}", good.1);

    let other = licgate_machine::keys::generate().expect("random numbers").public().to_string();
    for (arguments, status, failed) in [
        (["test", "-c", "1@localhost", "solver"].as_slice(), 69, "connect"),
        (&["test", "-c", "1@no-such-host.invalid", "solver"], 69, "resolve"),
        (&["test", "-c", &at, "none"], 1, "vendor daemon"),
        (&["test", "-c", &at, "solver", "3"], 1, "checkout"),
        (&["test", "-c", &at, "--vendor-key", &other, "mesher"], 1, "verify"),
    ] {
        let (code, text, said) = licutil(arguments);
        assert_eq!(code, status, "{arguments:?}\n{text}{said}");
        assert!(text.contains(&format!("\n  {failed:<14} FAILED  ")), "{arguments:?}\n{text}");
        assert!(text.ends_with("This license cannot be checked out\n"), "{text}");
    }
    release(holder);
}

#[test]
fn a_ping_is_answered_while_the_host_runs() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let address = format!("localhost:{}", host.port());
    let (code, text, _) = licutil(&["ping", "-s", &address]);
    assert!(code == 0 && text.contains("@localhost answers in "), "{text}");
    host.stop();
    let (code, text, said) = licutil(&["ping", "-s", &address]);
    assert_eq!((code, text.as_str()), (1, ""), "{said}");
}

#[test]
fn down_asks_somebody_or_is_told_yes() {
    let site = Site::serving(LINES);
    let mut host = Host::start(&site);
    let state = site.state_dir().display().to_string();
    let mut down = program("licutil");
    let mut child = down
        .args(["down", "--state-dir", &state])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("licutil runs");
    child.stdin.take().expect("a pipe").write_all(b"y\n").ok();
    assert_eq!(child.wait().expect("it ends").code(), Some(2), "a pipe is nobody to ask");
    assert_eq!(licutil(&["ping", "-s", &host.at()]).0, 0);
    assert_eq!(licutil(&["down", "--yes", "--state-dir", &state]).0, 0);
    assert!(host.master().wait().0.success());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let mut child = program("licutil")
        .args(["stat", "-a", "-c", &host.at()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("licutil runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), b"".as_slice()));
}
