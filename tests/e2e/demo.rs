//! The demo: it runs as any user, and what it says to try next works as pasted.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::thread;

use licgate_tests::{
    AS_NOBODY, Network, Process, clean, folder_for_all, is_root, may, open_to_all, run, under,
};
use rustix::process::Signal;
use tempfile::TempDir;

/// FlexNet's ports.
const FLEXNET: std::ops::RangeInclusive<u16> = 27000..=27009;

/// Somebody without rights, with the programs and a home.
struct User {
    programs: TempDir,
    home: TempDir,
}

impl User {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        open_to_all(home.path());
        if is_root() {
            std::os::unix::fs::chown(home.path(), Some(65534), Some(65534)).expect("root may");
        }
        Self { programs: folder_for_all(), home }
    }

    /// As this user, at home.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.home.path());
        clean(&mut command);
        command.env("HOME", self.home.path());
        if is_root() { under(&AS_NOBODY, &command) } else { command }
    }

    fn demo(&self) -> Command {
        let licmgrd = self.programs.path().join("licmgrd");
        self.command(licmgrd.to_str().expect("UTF-8"), &["--demo"])
    }

    fn shell(&self, line: &str) -> Command {
        self.command("sh", &["-c", line])
    }
}

/// The lines that the demo invites to paste.
fn invitations(demo: &mut Process) -> Vec<String> {
    demo.line_with("Try in a second terminal:");
    let mut lines = Vec::new();
    loop {
        let line = demo.line_with("");
        if line.starts_with("The third one") {
            return lines;
        }
        lines.extend(line.strip_prefix("  ").map(str::to_owned));
    }
}

/// Runs a demo, and all that it invites to at the same time, `place` being where both run.
fn try_out(user: &User, place: impl Fn(&Command) -> Command) {
    let mut demo = Process::start(&mut place(&user.demo()));
    let lines = invitations(&mut demo);
    assert_eq!(lines.len(), 4, "{lines:?}");
    let tries: Vec<_> = lines
        .iter()
        .map(|line| {
            let mut command = place(&user.shell(line));
            thread::spawn(move || run(&mut command))
        })
        .collect();
    for (line, attempt) in lines.iter().zip(tries) {
        let (code, told, said) = attempt.join().expect("it ends");
        assert_eq!(code, 0, "{line}:\n{told}{said}");
    }
    demo.signal(Signal::INT);
    let (status, said) = demo.wait();
    assert!(status.success(), "{said}");
}

fn here(command: &Command) -> Command {
    under(&["env"], command)
}

#[test]
fn the_demo_works_twice_in_a_row() {
    let user = User::new();
    let licence = user.home.path().join(".local/state/licgate/demo/demo.lic");
    let mut texts = Vec::new();
    for _ in 0..2 {
        try_out(&user, here);
        texts.push(std::fs::read_to_string(&licence).expect("the demo's licence"));
    }
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn the_demo_works_beside_a_flexnet_server_and_keeps_to_xdg() {
    let taken: Vec<TcpListener> =
        FLEXNET.filter_map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).ok()).collect();
    let user = User::new();
    let state = user.home.path().join("my state");
    try_out(&user, |command| {
        let mut command = here(command);
        command.env("XDG_STATE_HOME", &state);
        command
    });
    assert!(state.join("licgate/demo/demo.lic").exists());
    assert!(!user.home.path().join(".local").exists());
    drop(taken);
}

#[test]
fn the_demo_works_offline() {
    if !may("the_demo_works_offline", &["ip", "setpriv"]) {
        return;
    }
    let network = Network::new();
    network.cut();
    try_out(&User::new(), |command| network.on_host(command));
}
