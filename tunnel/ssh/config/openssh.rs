//! Other programs: `ssh -G`, and the commands of `Match exec`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::local::Local;
use super::{ConfigError, Request};

/// How long one program may take: `Match exec` may ask the network, but nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an output is read, in bytes. `ssh -G` prints some 8 kB.
const LONGEST: u64 = 256 * 1024;

/// OpenSSH's `ssh`, by its full path: first on the search path, on Windows then where Windows installs it.
pub(super) fn find(local: &Local) -> Option<PathBuf> {
    let name = if cfg!(windows) { "ssh.exe" } else { "ssh" };
    let searched = (local.variable)("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&searched).collect();
    if cfg!(windows) {
        let system = (local.variable)("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
        places.push(Path::new(&system).join("System32").join("OpenSSH"));
    }
    // A relative place would run what lies in the present directory.
    places
        .into_iter()
        .filter(|place| place.is_absolute())
        .map(|place| place.join(name))
        .find(|path| path.is_file())
}

/// What `ssh -G` prints for `request`; `None` when this ssh does not know `-G` (before OpenSSH 6.8).
pub(super) async fn evaluate(program: &Path, request: &Request) -> Result<Option<String>, ConfigError> {
    let mut command = Command::new(program);
    command.args(arguments(request)).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Output { status, printed, said } = run(command).await.map_err(ConfigError::OpenSsh)?;
    if status.success() {
        return Ok(Some(printed));
    }
    if said.contains("illegal option -- G") || said.contains("unknown option -- G") {
        return Ok(None);
    }
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(ConfigError::OpenSsh(if said.is_empty() {
        format!("{} {status}", program.display())
    } else {
        said.join("; ")
    }))
}

/// The arguments: flags in the form in which OpenSSH lets them win over its files.
fn arguments(request: &Request) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-G".into()];
    let mut flag = |flag: &str, value: OsString| arguments.extend([flag.into(), value]);
    if let Some(file) = &request.file {
        flag("-F", file.into());
    }
    if let Some(user) = request.user() {
        flag("-l", user.into());
    }
    if let Some(port) = request.port() {
        flag("-p", port.to_string().into());
    }
    for identity in &request.identities {
        flag("-i", identity.into());
    }
    if let Some(jump) = &request.jump {
        flag("-J", jump.into());
    }
    arguments.extend(["--".into(), OsString::from(&request.destination.host)]);
    arguments
}

/// Whether `command`, run by the user's shell, succeeds.
pub(super) async fn succeeds(command: &str) -> Result<bool, ConfigError> {
    let mut shell = shell(command);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ran = run(shell).await.map_err(|why| ConfigError::Value(format!("Match exec {command:?}: {why}")))?;
    Ok(ran.status.success())
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let program = std::env::var_os("SHELL").filter(|shell| Path::new(shell).is_absolute());
    let mut shell = Command::new(program.unwrap_or_else(|| "/bin/sh".into()));
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new(std::env::var_os("ComSpec").unwrap_or_else(|| "cmd.exe".into()));
    shell.arg("/c").raw_arg(command);
    shell
}

struct Output {
    status: ExitStatus,
    printed: String,
    said: String,
}

/// Runs a program to its end; it is killed when that takes too long.
async fn run(mut command: Command) -> Result<Output, String> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let mut child = command.kill_on_drop(true).spawn().map_err(failed)?;
    let (printed, said) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::try_join!(drain(printed), drain(said), child.wait()) };
    match timeout(PATIENCE, all).await {
        Ok(Ok((printed, said, status))) => Ok(Output { status, printed, said }),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(format!("{program} takes longer than {} s", PATIENCE.as_secs())),
    }
}

async fn drain(output: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut content = Vec::new();
    if let Some(output) = output {
        output.take(LONGEST + 1).read_to_end(&mut content).await?;
    }
    if content.len() as u64 > LONGEST {
        return Err(std::io::Error::other(format!("it prints more than {LONGEST} bytes")));
    }
    Ok(String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_asks_for_becomes_flags_that_cannot_be_mistaken() {
        let plain = Request::new("bob@lic1:2222".parse().unwrap());
        assert_eq!(arguments(&plain), ["-G", "-l", "bob", "-p", "2222", "--", "lic1"]);
        let full = Request {
            user: Some("eve".into()),
            port: Some(22),
            identities: vec!["/k".into(), "-k".into()],
            jump: Some("gate".into()),
            file: Some("cfg".into()),
            ..plain
        };
        let expected = "-G -F cfg -l eve -p 22 -i /k -i -k -J gate -- lic1";
        assert_eq!(arguments(&full), expected.split(' ').collect::<Vec<_>>());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn commands_run_in_a_shell_and_their_end_counts() {
        assert!(succeeds("test a = a && exit 0").await.unwrap());
        assert!(!succeeds("exit 3").await.unwrap());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_prints_without_end_is_stopped() {
        let mut command = Command::new("/bin/cat");
        command.arg("/dev/zero").stdin(Stdio::null()).stdout(Stdio::piped());
        let Err(error) = run(command).await else { panic!("it was not stopped") };
        assert!(error.contains("prints more than"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_stopped() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "read forever"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Err(error) = run(command).await else { panic!("it was not stopped") };
        assert!(error.contains("longer than 15 s"), "{error}");
    }
}
