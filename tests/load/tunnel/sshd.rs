//! OpenSSH's server with a folder, keys and a port of its own, and OpenSSH's client to go with it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

use super::Outcome;
use super::child::Server;

/// The name under which the client knows the server's key.
const ALIAS: &str = "bench";

/// A server that runs until it is dropped.
pub(super) struct Sshd {
    server: Server,
    folder: TempDir,
    /// Where it listens.
    pub(super) at: SocketAddr,
}

impl Sshd {
    /// Starts one that speaks this cipher only.
    pub(super) async fn start(cipher: &str) -> Outcome<Self> {
        let program = program("sshd").ok_or("OpenSSH's server is not installed")?;
        let folder = TempDir::new()?;
        for name in ["host", "id"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen
                .args(["-q", "-N", "", "-C", "licload", "-t", "ed25519", "-f"])
                .arg(folder.path().join(name));
            if !keygen.status().await?.success() {
                return Err("ssh-keygen makes no key".into());
            }
        }
        std::fs::copy(folder.path().join("id.pub"), folder.path().join("authorized_keys"))?;
        let key = std::fs::read_to_string(folder.path().join("host.pub"))?;
        std::fs::write(folder.path().join("known_hosts"), format!("{ALIAS} {key}"))?;
        // Where root starts the server it wants this folder; it is there already or the server says why not.
        drop(std::fs::create_dir_all("/run/sshd"));
        let at = free_address()?;
        std::fs::write(folder.path().join("sshd_config"), config(folder.path(), at, cipher))?;
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(folder.path().join("sshd_config"));
        Ok(Self { server: Server::other(&mut command, at).await?, folder, at })
    }

    /// A file in the server's folder, as an argument.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// OpenSSH's client: carries connections from a free port to `to`, and reaches the server by itself or over the line that a
    /// command is.
    pub(super) async fn client(&self, line: Option<&str>, to: SocketAddr) -> Outcome<Server> {
        let at = free_address()?;
        let mut command = Command::new(program("ssh").ok_or("OpenSSH's client is not installed")?);
        command.args(["-F", "none", "-N", "-L", &format!("{at}:{to}"), "-p", &self.at.port().to_string()]);
        command.args(["-i", &self.file("id")]);
        for option in [
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=none",
            "ExitOnForwardFailure=yes",
            "LogLevel=ERROR",
            &format!("UserKnownHostsFile={}", self.file("known_hosts")),
            &format!("HostKeyAlias={ALIAS}"),
        ] {
            command.args(["-o", option]);
        }
        if let Some(line) = line {
            command.arg("-o").arg(format!("ProxyCommand={line}"));
        }
        Server::other(command.arg(format!("{}@{}", account()?, self.at.ip())), at).await
    }

    /// Ends it.
    pub(super) async fn stop(self) -> Outcome<()> {
        self.server.stop().await
    }
}

fn config(folder: &Path, at: SocketAddr, cipher: &str) -> String {
    let folder = folder.display();
    format!(
        "ListenAddress {at}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized_keys\nCiphers {cipher}\n\
         StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nLogLevel ERROR\nSetEnv HOME={folder}\n"
    )
}

/// An address that was free just now.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The account that logs in: that of this process.
pub(super) fn account() -> Outcome<String> {
    Ok(nix::unistd::User::from_uid(nix::unistd::getuid())?.ok_or("this user has no account")?.name)
}

/// The server wants to be called by its full path.
fn program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"]
        .map(|folder| Path::new(folder).join(name))
        .into_iter()
        .find(|path| path.exists())
}
