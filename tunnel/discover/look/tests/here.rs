//! The script, run on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Stdio};

use tokio::process::Command;

use super::super::*;
use crate::discover::Cause;

/// This machine, where commands go to a login shell as sshd hands them over.
struct Here<'a>(&'a str);

impl Remote for Here<'_> {
    type Stream = tokio::io::DuplexStream;

    async fn exec(&self, command: &str, most: usize, within: Duration) -> Result<Vec<u8>, Cause> {
        let output =
            Command::new(self.0).arg("-c").arg(command).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(within, output).await??.stdout;
        if output.len() > most { Err("too much".into()) } else { Ok(output) }
    }

    async fn open(&self, _: u16) -> Result<Self::Stream, Cause> {
        Err("nothing is forwarded".into())
    }
}

/// A shell that waits for its input, under this name and with these arguments.
fn waiting(name: &str, args: &[&str], dir: &Path) -> Child {
    let mut command = std::process::Command::new("sh");
    command.arg0(name).args(["-s", "--"]).args(args).current_dir(dir);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // It is what it is called from when it answers.
    child.stdin.as_mut().unwrap().write_all(b"echo\n").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    child
}

/// With its input gone, it ends by itself.
fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[tokio::test]
async fn of_other_processes_only_the_program_is_told() {
    let other = waiting("sh", &["--password=hunter2"], Path::new("/"));
    let output = run(&Here("sh"), &script::command("m")).await.unwrap();
    end(other);
    assert!(output.contains("m processes\n") && output.contains("m end\n"), "{output}");
    assert!(!output.contains("hunter2"));
}

#[tokio::test]
async fn the_script_sees_sockets_processes_and_licence_files_through_every_login_shell() {
    let dir = tempfile::tempdir().unwrap();
    let licences = dir.path().join("licences");
    std::fs::create_dir(&licences).unwrap();
    std::fs::write(licences.join("a.lic"), "SERVER from-directory ANY 27000\nVENDOR acme\nFEATURE secret")
        .unwrap();
    std::fs::write(dir.path().join("b.lic"), "# x\n server from-file ANY 1715\r\nDAEMON orbit PORT=1716\r\n")
        .unwrap();
    let list = format!(":{}:b.lic:", licences.display());
    std::fs::write(dir.path().join("c.lic"), "SERVER from-licgate ANY 2700\nVENDOR acme\n").unwrap();
    let lmgrd = waiting("/opt/flex/lmgrd", &["-c", &list], dir.path());
    let licmgrd = waiting("licmgrd", &["-z", "-c", "c.lic"], dir.path());
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut shells = 0;
    for shell in ["sh", "dash", "bash", "ksh", "zsh", "tcsh", "csh", "fish"] {
        if !["/bin", "/usr/bin"].iter().any(|dir| Path::new(dir).join(shell).exists()) {
            continue;
        }
        shells += 1;
        let seen = look(&Here(shell)).await.unwrap();
        assert!(seen.listeners.iter().any(|socket| socket.port == port), "{shell}: {:?}", seen.listeners);
        assert!(seen.processes.iter().any(|process| process.program == "lmgrd"), "{shell}");
        let about = |name: &str| {
            seen.files
                .iter()
                .find(|file| file.is_of(&[name.to_owned()]))
                .map(|file| file.about(&[], crate::discover::Step::Look).unwrap().to_string())
        };
        assert!(
            about("from-directory").is_some_and(|found| found == "27000 (master daemon)"),
            "{shell}: {:?}",
            seen.files
        );
        assert!(
            about("from-file").is_some_and(|found| found.ends_with("1716 (vendor daemon orbit)")),
            "{shell}"
        );
        assert!(about("from-licgate").is_some_and(|found| found == "2700 (master daemon)"), "{shell}");
    }
    assert!(shells > 0);
    end(lmgrd);
    end(licmgrd);
}
