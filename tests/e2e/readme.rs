//! README is true: every command block in it is run, each in its role, on two machines.

use std::fs;
use std::path::Path;
use std::process::Command;

use licgate_tests::{Firewall, Network, Process, Ssh, clean, folder, may, root, run, serve};
use rustix::process::Signal;

/// A fenced block of commands: its roles (`vendor`, `host serve`, …) and its lines.
struct Block {
    roles: String,
    commands: String,
}

fn blocks() -> Vec<Block> {
    let readme = fs::read_to_string(root().join("README.md")).expect("README is there");
    let fences: Vec<&str> = readme.split("```").collect();
    assert!(fences.len() % 2 == 1, "a block in README is not closed");
    let block = |fence: &&str| {
        let (info, commands) = fence.split_once('\n').expect("a block has lines");
        let roles =
            info.strip_prefix("sh ").unwrap_or_else(|| panic!("a block of kind {info:?} that nothing runs"));
        Block { roles: roles.to_owned(), commands: commands.to_owned() }
    };
    fences.iter().skip(1).step_by(2).map(block).collect()
}

/// A shell that runs a block in `place`, where `lic1` is the licence host.
fn shell(block: &Block, place: &Path, prepare: &str) -> Command {
    let mut command = Command::new("sh");
    clean(&mut command);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder().display())).current_dir(place);
    command.args(["-e", "-c", &format!("{prepare}\n{}", block.commands)]);
    command
}

#[test]
fn the_walk_from_a_vendor_key_to_a_seat_on_another_machine() {
    if !may("readme::the_walk_from_a_vendor_key_to_a_seat_on_another_machine", &["ip", "mount"]) {
        return;
    }
    let network = Network::new();
    let place = tempfile::tempdir().expect("a temporary folder");
    let hosts = place.path().join("hosts");
    fs::write(&hosts, format!("127.0.0.1 localhost\n{} lic1\n", Network::HOST)).expect("the folder is ours");
    let name = format!("mount --bind {} /etc/hosts", hosts.display());
    let (mut server, mut outputs, mut count) = (None, String::new(), 0);
    for block in blocks() {
        let command = match block.roles.as_str() {
            "vendor" => shell(&block, place.path(), ""),
            "host" | "host end" => network.on_host(&shell(&block, place.path(), &name)),
            "user" => network.on_client(&shell(&block, place.path(), &name)),
            "host serve" => {
                let block = Block { commands: format!("exec {}", block.commands), ..block };
                let mut process = Process::start(&mut network.on_host(&shell(&block, place.path(), &name)));
                process.line_with("Started acme ");
                server = Some(process);
                count += 1;
                continue;
            }
            "demo" | "tests" | "laptop" | "laptop up" => continue,
            other => panic!("nobody plays the role {other:?}"),
        };
        let mut command = command;
        let (code, output, said) = run(&mut command);
        assert_eq!(code, 0, "{}\n{output}{said}", block.commands);
        outputs.push_str(&output);
        count += 1;
    }
    assert_eq!(count, 7, "blocks of the walk");
    for words in [
        "OK",
        "solving",
        "This license can be checked out",
        "\n5\n",
        "Users of solver:  (Total of 5 licenses issued",
    ] {
        assert!(outputs.contains(words), "no {words:?} in:\n{outputs}");
    }
    let (status, said) = server.expect("the host was started").wait();
    assert!(status.success(), "{status}\n{said}");
}

#[test]
fn the_walk_through_a_firewall() {
    if !may("readme::the_walk_through_a_firewall", &[&Firewall::NEEDS[..], &["mount"]].concat()) {
        return;
    }
    let (firewall, ssh) = (Firewall::new(), Ssh::new());
    ssh.introduce(firewall.etc(), "lic1", Firewall::HOST, 0);
    let place = tempfile::tempdir().expect("a temporary folder");
    let hosts = place.path().join("hosts");
    fs::write(&hosts, format!("127.0.0.1 localhost\n{} lic1\n", Firewall::HOST)).expect("the folder is ours");
    let name = format!("mount --bind {} /etc/hosts", hosts.display());
    let _sshd = serve(&mut firewall.on_host(&ssh.command(Firewall::HOST, "")));
    let (mut server, mut tunnel, mut outputs, mut count) = (None, None, String::new(), 0);
    for block in blocks() {
        let mut on_laptop = firewall.on_laptop(&shell(&block, place.path(), ""));
        for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            on_laptop.env(variable, place.path());
        }
        let mut command = match block.roles.as_str() {
            "vendor" => shell(&block, place.path(), ""),
            "host" => firewall.on_host(&shell(&block, place.path(), &name)),
            "host serve" => {
                let block = Block { commands: format!("exec {}", block.commands), ..block };
                let mut process = Process::start(&mut firewall.on_host(&shell(&block, place.path(), &name)));
                process.line_with("Started acme ");
                server = Some(process);
                continue;
            }
            "laptop up" => {
                let mut process = Process::start(&mut on_laptop);
                process.line_with("lic1: ready");
                tunnel = Some(process);
                continue;
            }
            "laptop" => on_laptop,
            _ => continue,
        };
        let (code, output, said) = run(&mut command);
        assert_eq!(code, 0, "{}\n{output}{said}", block.commands);
        if block.roles == "laptop" {
            outputs.push_str(&output);
            count += 1;
        }
    }
    assert_eq!(count, 3, "blocks on the laptop");
    for words in ["solving at home", "ready; lic1 at 127.", "solving without rights"] {
        assert!(outputs.contains(words), "no {words:?} in:\n{outputs}");
    }
    assert!(server.is_some() && tunnel.is_some());
    assert_eq!(firewall.packets().stopped, 0, "nothing but port 22 was tried");
}

#[test]
fn the_first_two_commands_are_the_demo_and_the_tests() {
    let blocks = blocks();
    let commands: Vec<_> =
        blocks.iter().map(|block| (block.roles.as_str(), block.commands.trim())).take(2).collect();
    assert_eq!(commands, [("demo", "config/demo"), ("tests", "tests/run")]);
    let ci = fs::read_to_string(root().join(".ci/run")).expect(".ci/run is there");
    assert!(
        ci.ends_with("\nexec tests/run\n"),
        "continuous integration runs the second command, and so this test"
    );
}

#[test]
fn the_first_command_runs_a_host_whose_suggestions_work() {
    let state = tempfile::tempdir().expect("a temporary folder");
    // It takes the place of the shell, so that what is ended below is the host itself.
    let block = Block { roles: String::new(), commands: format!("exec {}", blocks()[0].commands.trim()) };
    assert_eq!(block.commands.lines().count(), 1, "one command");
    // What the command does first, and what takes minutes in a clean clone, is done before the clock runs.
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--workspace", "--bins", "--locked", "--quiet"]).current_dir(root());
    assert!(build.status().expect("cargo runs").success(), "the release build fails");
    let mut command = shell(&block, root(), "");
    let mut demo = Process::start(command.env("XDG_STATE_HOME", state.path()).env("HOME", state.path()));
    demo.line_with("Try in a second terminal");
    let mut suggestions = Vec::new();
    while suggestions.len() < 4 {
        let line = demo.line_with("");
        if line.starts_with("  ") {
            suggestions.push(line.trim().to_owned());
        }
    }
    for suggestion in suggestions {
        let suggestion = Block { roles: String::new(), commands: suggestion };
        let (code, output, said) = run(&mut shell(&suggestion, root(), ""));
        assert_eq!(code, 0, "{}\n{output}{said}", suggestion.commands);
    }
    demo.signal(Signal::TERM);
    let (status, said) = demo.wait();
    assert!(status.success(), "{said}");
}
