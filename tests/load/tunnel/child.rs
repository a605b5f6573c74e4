//! The processes that carry the connections: started, ready when this returns, gone when dropped.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::Outcome;
use super::work::count;

/// How long a process may take until it serves.
const READY: Duration = Duration::from_secs(20);

/// A process that listens on the loopback. Dropping it kills it.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) at: SocketAddr,
}

impl Server {
    /// Starts this program in one of its hidden modes, which tells its address and ends with its standard input.
    pub(super) async fn own(arguments: &[&str]) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            timeout(READY, BufReader::new(stdout).read_line(&mut line)).await??;
        }
        let at =
            line.trim().parse().map_err(|_| format!("licload {} does not start", arguments.join(" ")))?;
        Ok(Self { child, at })
    }

    /// Starts another program that is to listen at an address.
    pub(super) async fn other(command: &mut Command, at: SocketAddr) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let ready = async {
            loop {
                if let Some(status) = child.try_wait()? {
                    return Err(format!("{:?} ended early: {status}", command.as_std().get_program()).into());
                }
                match TcpStream::connect(at).await {
                    Ok(_) => return Outcome::Ok(()),
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        timeout(READY, ready).await.map_err(|_| "a server does not listen in time")??;
        Ok(Self { child, at })
    }

    /// Processor time of its threads, in seconds: /proc/PID/stat has it only in steps of 10 ms.
    pub(super) fn cpu(&self) -> Outcome<f64> {
        let pid = self.pid()?;
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            // Threads that have just ended did nothing of weight.
            let Ok(times) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            let on_processor = times.split_whitespace().next().ok_or("a schedstat in /proc is empty")?;
            nanoseconds += on_processor.parse::<u64>()?;
        }
        Ok(count(nanoseconds) / 1e9)
    }

    /// Memory that it holds now, in MB (proc_pid_status(5)).
    pub(super) fn memory(&self) -> Outcome<f64> {
        let status = self.proc("status")?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")?.trim().parse::<f64>().ok());
        Ok(kib.ok_or("/proc/PID/status has no VmRSS")? * 1024.0 / 1e6)
    }

    fn proc(&self, file: &str) -> Outcome<String> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.pid()?))?)
    }

    fn pid(&self) -> Outcome<u32> {
        Ok(self.child.id().ok_or("a process under measurement has ended")?)
    }

    /// Ends it, and waits until it is gone.
    pub(super) async fn stop(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}

/// The other side of [`Server::own`]: tells the address and works until nobody holds the other end of standard input.
pub(super) async fn until_orphaned<F: Future>(at: SocketAddr, work: F) -> Outcome<()> {
    writeln!(io::stdout(), "{at}")?;
    let orphaned = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    tokio::select! {
        _ = work => Err("it ended by itself".into()),
        _ = orphaned => Ok(()),
    }
}
