//! A real ssh server for a test, and a user who may log in to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{Process, run};

/// Keys and settings of one ssh server and of one user; they outlive the server's restarts.
#[derive(Debug)]
pub struct Ssh {
    folder: TempDir,
}

impl Ssh {
    /// New keys for the server and for the user, who is root.
    pub fn new() -> Self {
        Self::with_keys("ed25519")
    }

    /// The same with keys of another type, as `ssh-keygen -t` calls it.
    pub fn with_keys(kind: &str) -> Self {
        let ssh = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for name in ["host_key", "user_key"] {
            let (code, _, said) = run(Command::new("ssh-keygen")
                .args(["-q", "-t", kind, "-N", "", "-C", name, "-f"])
                .arg(ssh.path(name)));
            assert_eq!(code, 0, "{said}");
        }
        fs::copy(ssh.path("user_key.pub"), ssh.path("authorized_keys")).expect("the folder is ours");
        ssh
    }

    /// A path among the keys.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server's command line, listening at `address` on port 22, with these settings more; to be run with [`serve`].
    pub fn command(&self, address: &str, settings: &str) -> Command {
        // The server leaves its privileged half an empty folder that has to be there.
        fs::create_dir_all("/run/sshd").expect("tests with ssh servers run as root");
        let config = format!(
            "Port 22\nListenAddress {address}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
             PermitRootLogin prohibit-password\nLogLevel VERBOSE\nMaxStartups 100\n{settings}\n",
            self.path("host_key").display(),
            self.path("authorized_keys").display(),
        );
        fs::write(self.path("sshd_config"), config).expect("the folder is ours");
        let mut command = Command::new("/usr/sbin/sshd");
        command.arg("-D").arg("-e").arg("-f").arg(self.path("sshd_config"));
        command
    }

    /// Lets the user in by a certificate alone, not by the key, and gives the settings that the server needs for that. Its own key
    /// is the authority.
    pub fn certify(&self) -> String {
        let (code, _, said) = run(Command::new("ssh-keygen")
            .args(["-q", "-I", "test", "-n", "root", "-s"])
            .arg(self.path("host_key"))
            .arg(self.path("user_key.pub")));
        assert_eq!(code, 0, "{said}");
        fs::write(self.path("authorized_keys"), "").expect("the folder is ours");
        format!("TrustedUserCAKeys {}", self.path("host_key.pub").display())
    }

    /// Writes into a machine's `/etc` that `name` (or several, with blanks between) is this server at `address`, which key it has, and with which key root logs in.
    /// The key files belong to the user `uid`, as ssh wants it.
    pub fn introduce(&self, etc: &Path, name: &str, address: &str, uid: u32) {
        let key = self.path("user_key");
        std::os::unix::fs::chown(&key, Some(uid), None).expect("tests with ssh servers run as root");
        super::rights::open_to_all(self.folder.path());
        let public = fs::read_to_string(self.path("host_key.pub")).expect("there is a key");
        fs::create_dir_all(etc.join("ssh")).expect("the folder is ours");
        fs::write(etc.join("ssh/ssh_known_hosts"), format!("{address} {public}"))
            .expect("the folder is ours");
        let config = format!(
            "Host {name}\n  HostName {address}\n  User root\n  IdentityFile {}\n  IdentitiesOnly yes\n",
            key.display(),
        );
        fs::write(etc.join("ssh/ssh_config"), config).expect("the folder is ours");
    }
}

impl Default for Ssh {
    fn default() -> Self {
        Self::new()
    }
}

/// Starts an ssh server and waits until it listens.
pub fn serve(command: &mut Command) -> Process {
    let mut server = Process::start(command);
    server.line_with("Server listening on");
    server
}
