//! Running a `ProxyCommand`.

use std::process::Stdio;

use tokio::io::Join;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::ssh::error::SshError;

/// Starts the command with the user's shell, which it replaces. It is killed when the child is dropped. What it says on
/// standard error, and what it asks at the terminal, is the user's.
pub(super) fn start(line: &str) -> Result<(Join<ChildStdout, ChildStdin>, Child), SshError> {
    let (shell, mut command) = shell(line);
    let failed = |why| SshError::Proxy { shell: shell.clone(), why };
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(failed)?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(std::io::Error::other("it has no standard input and output")));
    };
    Ok((tokio::io::join(stdout, stdin), child))
}

#[cfg(unix)]
fn shell(line: &str) -> (String, Command) {
    let shell =
        std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned());
    let mut command = Command::new(&shell);
    command.arg("-c").arg(format!("exec {line}"));
    (shell, command)
}

#[cfg(windows)]
fn shell(line: &str) -> (String, Command) {
    let shell = std::env::var("COMSPEC").unwrap_or_else(|_| "cmd.exe".to_owned());
    let mut command = Command::new(&shell);
    // cmd has its own rules of quoting: the line goes to it as it is.
    command.arg("/d").arg("/c").raw_arg(line);
    (shell, command)
}
