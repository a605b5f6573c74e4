//! Logging in at a real server.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lictunnel::ssh::error::SshError;
use lictunnel::ssh::session::{Known, Session};
use lictunnel::ssh::target::{Agent, Method};
use lictunnel::tasks::Tasks;
use russh::keys::{Algorithm, PublicKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::people::{Doorman, User, means, with, with_user};
use crate::sshd::Sshd;

/// An agent that runs until it is dropped.
struct Agency {
    child: Child,
    socket: PathBuf,
}

impl Agency {
    /// One in the directory of the server.
    fn start(sshd: &Sshd) -> Self {
        let socket = sshd.file("agent");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null());
        Self { child: command.spawn().unwrap(), socket }
    }

    /// Gives it a key. It says nothing when it is ready; adding fails until then.
    fn add(&self, key: &Path) {
        let mut add = Command::new("ssh-add");
        add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket);
        assert!((0..1000).any(|_| add.output().unwrap().status.success()), "{}", key.display());
    }
}

impl Drop for Agency {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// An agent that holds one key and never signs with it. It stops the clock when it is to, and goes on with it when it is given up.
fn mute_agent(sshd: &Sshd, tasks: &Tasks, key: &PublicKey) -> PathBuf {
    let socket = sshd.file("mute");
    let listener = UnixListener::bind(&socket).unwrap();
    let list = |blob: &[u8]| [&[12, 0, 0, 0, 1][..], &text(blob), &text(b"")].concat();
    let identities = text(&list(&key.to_bytes().unwrap()));
    drop(tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while let Ok(length) = stream.read_u32().await {
            let mut request = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut request).await.unwrap();
            match request[0] {
                11 => stream.write_all(&identities).await.unwrap(),
                13 => tokio::time::pause(),
                _ => stream.write_all(&text(&[5])).await.unwrap(),
            }
        }
        tokio::time::resume();
    }));
    socket
}

/// A string of the ssh protocols.
fn text(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

#[tokio::test]
async fn an_agent_that_does_not_sign_is_passed_over_and_a_key_that_waits_for_a_touch_is_named() {
    let Some(sshd) = Sshd::start("") else { return };
    let blob = [text(b"sk-ssh-ed25519@openssh.com"), text(&[7; 32]), text(b"ssh:")].concat();
    let on_token = PublicKey::from_bytes(&blob).unwrap();
    let own = std::fs::read_to_string(sshd.file("id.pub")).unwrap();
    sshd.write("authorized_keys", &format!("{}\n{own}", on_token.to_openssh().unwrap()));
    let user = User::who_says(&[]);
    let means = with_user(&user);
    let mut target = sshd.target();
    target.agent = Agent::At(mute_agent(&sshd, &means.tasks, &on_token));
    Session::open(&target, &means).await.unwrap().close().await;
    assert_eq!(*user.shown.lock().unwrap(), ["touch your security key"]);

    target.identities.clear();
    std::fs::remove_file(sshd.file("mute")).unwrap();
    target.agent = Agent::At(mute_agent(&sshd, &means.tasks, &on_token));
    let error = Session::open(&target, &means).await.unwrap_err();
    assert!(error.is_final() && error.to_string().contains("the agent did not sign within 120 s"), "{error}");
}

async fn opens(sshd: &Sshd) {
    Session::open(&sshd.target(), &means()).await.unwrap().close().await;
}

#[tokio::test]
async fn with_a_key() {
    let Some(sshd) = Sshd::start("") else { return };
    opens(&sshd).await;
}

#[tokio::test]
async fn with_an_rsa_key() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.keygen(&["-t", "rsa", "-b", "2048", "-N", "", "-f", "id_rsa"]);
    sshd.write("authorized_keys", &std::fs::read_to_string(sshd.file("id_rsa.pub")).unwrap());
    let mut target = sshd.target();
    // The first key is refused, the second one taken.
    target.identities.push(sshd.file("id_rsa"));
    Session::open(&target, &means()).await.unwrap().close().await;
}

/// Such a server says that it takes both.
#[tokio::test]
async fn with_an_rsa_key_at_a_server_that_takes_one_hash_only() {
    for hash in ["rsa-sha2-256", "rsa-sha2-512"] {
        let only = format!("PubkeyAcceptedAlgorithms {hash},{hash}-cert-v01@openssh.com\nMaxAuthTries 3");
        let Some(sshd) = Sshd::start(&only) else { return };
        sshd.keygen(&["-t", "rsa", "-b", "2048", "-N", "", "-f", "id_rsa"]);
        let public = std::fs::read_to_string(sshd.file("id_rsa.pub")).unwrap();
        sshd.write("authorized_keys", &public);
        let mut target = sshd.target();
        target.identities = vec![sshd.file("id_rsa")];
        let file = Session::open(&target, &means()).await;

        let agent = Agency::start(&sshd);
        agent.add(&sshd.file("id_rsa"));
        let mut by_agent = target.clone();
        by_agent.agent = Agent::At(agent.socket.clone());
        by_agent.identities.clear();
        let agent = Session::open(&by_agent, &means()).await;

        sshd.keygen(&["-t", "ed25519", "-N", "", "-f", "authority"]);
        sshd.keygen(&["-s", "authority", "-I", "test", "-n", &crate::sshd::user(), "id_rsa.pub"]);
        let authority = std::fs::read_to_string(sshd.file("authority.pub")).unwrap();
        sshd.write("authorized_keys", &format!("cert-authority {authority}"));
        let certificate = Session::open(&target, &means()).await;
        for (what, opened) in [("file", file), ("agent", agent), ("certificate", certificate)] {
            assert!(opened.is_ok(), "{hash}, {what}: {}", opened.unwrap_err());
        }
    }
}

#[tokio::test]
async fn with_a_locked_key() {
    for form in [&[][..], &["-m", "PKCS8"]] {
        let Some(sshd) = Sshd::start("") else { return };
        sshd.keygen(&[&["-p", "-N", "open sesame", "-f", "id"], form].concat());
        let user = User::who_says(&["wrong", "open sesame"]);
        Session::open(&sshd.target(), &with_user(&user)).await.unwrap().close().await;
        assert_eq!(user.questions().len(), 2);
        assert!(user.questions()[0].contains("/id: ") && !user.asked.lock().unwrap()[0].echo);

        // The server is asked first: no passphrase is wanted for a key that it does not take.
        sshd.write("authorized_keys", "");
        let error = Session::open(&sshd.target(), &with_user(&user)).await.unwrap_err();
        assert!(error.is_final() && user.questions().len() == 2, "{error}");
    }
}

#[tokio::test]
async fn in_batch_mode_nobody_is_asked() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.keygen(&["-p", "-N", "open sesame", "-f", "id"]);
    let user = User::who_says(&["open sesame"]);
    let mut target = sshd.target();
    target.batch = true;
    let error = Session::open(&target, &with_user(&user)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        user.questions().is_empty() && text.contains("no terminal") && text.contains("allows publickey"),
        "{text}"
    );
}

#[tokio::test]
async fn with_an_agent() {
    let Some(sshd) = Sshd::start("") else { return };
    let agent = Agency::start(&sshd);
    sshd.keygen(&["-t", "ed25519", "-N", "", "-f", "other"]);
    agent.add(&sshd.file("other"));
    agent.add(&sshd.file("id"));
    let mut target = sshd.target();
    target.agent = Agent::At(agent.socket.clone());
    target.identities.clear();
    let open = Session::open(&target, &means()).await;
    target.identities_only = true;
    let none = Session::open(&target, &means()).await;
    // Only the public half is here.
    std::fs::remove_file(sshd.file("id")).unwrap();
    target.identities = vec![sshd.file("id")];
    let named = Session::open(&target, &means()).await;
    drop(agent);
    let gone = Session::open(&target, &means()).await.unwrap_err().to_string();
    assert!(open.is_ok() && named.is_ok());
    assert!(none.unwrap_err().to_string().contains("tried nothing"));
    assert!(gone.contains("could not use the agent ("), "{gone}");
}

#[tokio::test]
async fn with_a_certificate() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.keygen(&["-t", "ed25519", "-N", "", "-f", "authority"]);
    let user = crate::sshd::user();
    sshd.keygen(&["-s", "authority", "-I", "test", "-n", &user, "id.pub"]);
    let authority = std::fs::read_to_string(sshd.file("authority.pub")).unwrap();
    sshd.write("authorized_keys", &format!("cert-authority {authority}"));
    opens(&sshd).await;

    std::fs::rename(sshd.file("id-cert.pub"), sshd.file("elsewhere")).unwrap();
    let mut target = sshd.target();
    assert!(Session::open(&target, &means()).await.is_err());
    target.certificates.push(sshd.file("elsewhere"));
    Session::open(&target, &means()).await.unwrap().close().await;
}

#[tokio::test]
async fn a_refusal_says_what_was_tried_and_is_not_repeated() {
    let Some(sshd) = Sshd::start("MaxAuthTries 3") else { return };
    sshd.write("authorized_keys", "");
    let error = Session::open(&sshd.target(), &means()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, SshError::Login { .. }) && error.is_final());
    assert!(text.contains("tried key SHA256:") && text.contains("the server allows publickey"), "{text}");

    let mut target = sshd.target();
    for number in 0..5 {
        sshd.keygen(&["-t", "ed25519", "-N", "", "-f", &format!("more{number}")]);
        target.identities.push(sshd.file(&format!("more{number}")));
    }
    let error = Session::open(&target, &means()).await.unwrap_err();
    let text = error.to_string();
    assert!(error.is_final() && text.contains("Too many authentication failures"), "{text}");
    assert!(text.contains("IdentitiesOnly"), "{text}");
}

#[tokio::test]
async fn a_key_that_others_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(sshd) = Sshd::start("") else { return };
    std::fs::set_permissions(sshd.file("id"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = Session::open(&sshd.target(), &means()).await.unwrap_err().to_string();
    assert!(error.contains("chmod it to 600"), "{error}");
}

#[tokio::test]
async fn methods_that_are_switched_off_are_not_used() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    target.methods = vec![Method::Password];
    let error = Session::open(&target, &means()).await.unwrap_err().to_string();
    assert!(error.contains("tried nothing"), "{error}");
}

#[tokio::test]
async fn a_host_with_the_wrong_key_sees_nothing_of_us() {
    let Some(sshd) = Sshd::start("") else { return };
    let doorman = Arc::new(Doorman { refuse: Some(sshd.port), ..Doorman::default() });
    let error = Session::open(&sshd.target(), &with(User::who_says(&[]), doorman)).await.unwrap_err();
    assert!(matches!(error, SshError::HostKey { .. }) && error.is_final(), "{error}");
    let log = std::fs::read_to_string(sshd.file("log")).unwrap();
    assert!(!log.contains("publickey"), "{log}");
}

#[tokio::test]
async fn the_host_shows_the_key_that_is_known() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.keygen(&["-t", "ed25519", "-N", "", "-f", "authority"]);
    for (known, rsa) in [(vec![], false), (vec![Algorithm::Rsa { hash: None }], true)] {
        let doorman =
            Arc::new(Doorman { known: Known { algorithms: known, authority: false }, ..Doorman::default() });
        Session::open(&sshd.target(), &with(User::who_says(&[]), Arc::clone(&doorman))).await.unwrap();
        let shown = doorman.shown.lock().unwrap();
        assert_eq!(matches!(shown[0].1, Algorithm::Rsa { .. }), rsa, "{shown:?}");
    }
}
