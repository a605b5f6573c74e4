//! Passwords and questions, which a test cannot have of a real server without an account: the library's own server asks them.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use lictunnel::ssh::auth::LoginError;
use lictunnel::ssh::error::SshError;
use lictunnel::ssh::session::Session;
use lictunnel::ssh::target::{Agent, Method, Route, Target, UnknownHost};
use lictunnel::tasks::Tasks;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::server::{Auth, Config, Handler, Response, VerifiedPublicKey};
use russh::{MethodKind, MethodSet};
use tokio::net::TcpListener;

use crate::people::{User, with_user};

/// What the server was told.
type Told = Arc<Mutex<Vec<String>>>;

/// Wants the password "right", then the code "123456" in a second round of questions.
struct Asker {
    told: Told,
    methods: &'static [MethodKind],
    round: u8,
}

impl Asker {
    /// One whose questions are over: it says no at once.
    fn silent() -> Self {
        Self { told: Told::default(), methods: &[MethodKind::KeyboardInteractive], round: 3 }
    }

    fn no(&self, partial_success: bool) -> Auth {
        let methods = if partial_success { &[MethodKind::KeyboardInteractive] } else { self.methods };
        Auth::Reject { proceed_with_methods: Some(methods.into()), partial_success }
    }
}

impl Handler for Asker {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(Some("For licences only.\n".to_owned()))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Self::Error> {
        self.told.lock().unwrap().push(password.to_owned());
        Ok(self.no(password == "right"))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let said: Vec<String> =
            response.into_iter().flatten().map(|word| String::from_utf8_lossy(&word).into_owned()).collect();
        self.told.lock().unwrap().extend(said.clone());
        self.round += 1;
        Ok(match self.round {
            1 => Auth::Partial {
                name: "".into(),
                instructions: "Two steps.".into(),
                prompts: vec![
                    ("Name\u{1b}:\r\n\nPassphrase of your key:\n".into(), true),
                    ("Pin: ".into(), false),
                ]
                .into(),
            },
            2 => Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Code: ".into(), false)].into(),
            },
            3 => Auth::Partial { name: "".into(), instructions: "".into(), prompts: vec![].into() },
            _ if self.told.lock().unwrap().ends_with(&["123456".to_owned()]) => Auth::Accept,
            _ => {
                self.round = 0;
                self.no(false)
            }
        })
    }
}

async fn open(methods: &'static [MethodKind], user: &Arc<User>) -> (Result<Session, SshError>, Vec<String>) {
    open_with(Asker { told: Told::default(), methods, round: 0 }, user).await
}

async fn open_with(asker: Asker, user: &Arc<User>) -> (Result<Session, SshError>, Vec<String>) {
    let told = Arc::clone(&asker.told);
    let methods = asker.methods;
    let target = target(serve(asker, methods).await);
    let opened = Session::open(&target, &with_user(user)).await;
    let told = told.lock().unwrap().clone();
    (opened, told)
}

/// The port of a server for one client.
async fn serve<H: Handler<Error = russh::Error> + Send + 'static>(
    handler: H,
    methods: &'static [MethodKind],
) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(Config {
        keys: vec![PrivateKey::from(Ed25519Keypair::from_seed(&[1; 32]))],
        methods: MethodSet::from(methods),
        auth_rejection_time: std::time::Duration::ZERO,
        ..Config::default()
    });
    let tasks = Tasks::new();
    drop(tasks.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let session = russh::server::run_stream(config, stream, handler).await.unwrap();
        // It ends when the client goes.
        drop(session.await);
    }));
    port
}

fn target(port: u16) -> Target {
    Target {
        typed: "licences".to_owned(),
        host: "licences.test".to_owned(),
        port,
        user: "ann".to_owned(),
        route: Route::Direct,
        host_key_alias: None,
        unknown_host: UnknownHost::Refuse,
        user_known_hosts: Vec::new(),
        global_known_hosts: Vec::new(),
        revoked_host_keys: None,
        hash_known_hosts: false,
        identities: Vec::new(),
        identities_only: false,
        certificates: Vec::new(),
        agent: Agent::Off,
        methods: vec![Method::PublicKey, Method::KeyboardInteractive, Method::Password],
        batch: false,
        connect_timeout: None,
    }
}

#[tokio::test]
async fn a_password_and_then_questions_in_rounds() {
    let user = User::who_says(&["wrong", "right", "ann", "pin", "123456"]);
    let (opened, told) = open(&[MethodKind::Password], &user).await;
    opened.unwrap();
    assert_eq!(told, ["wrong", "right", "ann", "pin", "123456"]);
    let password = "Password of ann@licences: ";
    let asked = user.questions();
    assert_eq!(
        asked,
        [
            password,
            "That was not accepted. Password of ann@licences: ",
            "(ann@licences) Name : \n(ann@licences) Passphrase of your key: ",
            "(ann@licences) Pin: ",
            "(ann@licences) Code: "
        ]
    );
    assert_eq!(
        user.asked.lock().unwrap().iter().map(|q| q.echo).collect::<Vec<_>>(),
        [false, false, true, false, false]
    );
    assert_eq!(*user.shown.lock().unwrap(), ["For licences only.\n", "(ann@licences) Two steps. "]);
}

#[tokio::test]
async fn three_wrong_answers_are_the_end() {
    let user = User::who_says(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
    let (opened, told) = open(&[MethodKind::KeyboardInteractive, MethodKind::Password], &user).await;
    let error = opened.unwrap_err();
    let text = error.to_string();
    assert_eq!(told, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    assert!(error.is_final() && text.contains("the server allows keyboard-interactive, password"), "{text}");
    assert!(!text.contains("abc"), "{text}");
    assert!(text.contains("answers to the server's questions") && !text.contains("asked nothing"), "{text}");
}

#[tokio::test]
async fn after_wrong_passwords_they_are_counted_and_the_account_is_doubted() {
    let user = User::who_says(&["a", "b", "c"]);
    let (opened, _) = open(&[MethodKind::Password], &user).await;
    let text = opened.unwrap_err().to_string();
    assert!(text.contains("tried a password 3 times; the server allows password"), "{text}");
    assert!(text.contains("ACCOUNT@SERVER"), "{text}");
}

#[tokio::test]
async fn where_only_kerberos_is_allowed_the_way_out_is_named() {
    let error = open(&[MethodKind::GssapiWithMic], &User::who_says(&[])).await.0.unwrap_err();
    let text = error.to_string();
    assert!(error.is_final() && text.contains("the server allows gssapi-with-mic (Kerberos)"), "{text}");
    assert!(text.contains("lictunnel print"), "{text}");
}

/// Takes every key, and never says what it thinks of its signature.
struct Mute;

impl Handler for Mute {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        tokio::time::pause();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_a_signature_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("id");
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[2; 32]));
    key.write_openssh_file(&file, russh::keys::ssh_key::LineEnding::LF).unwrap();
    let target = Target { identities: vec![file], ..target(serve(Mute, &[MethodKind::PublicKey]).await) };
    let error = Session::open(&target, &with_user(&User::who_says(&[]))).await.unwrap_err();
    assert!(
        matches!(&error, SshError::Login { why: LoginError::Silent(step), .. } if step.starts_with("key SHA256:"))
    );
    assert!(!error.is_final(), "{error}");
}

#[tokio::test]
async fn a_server_that_asks_nothing_got_no_answers() {
    let user = User::who_says(&[]);
    let error = open_with(Asker::silent(), &user).await.0.unwrap_err();
    let text = error.to_string();
    assert!(
        error.is_final() && text.contains("keyboard-interactive, where the server asked nothing"),
        "{text}"
    );
    assert!(!text.contains("answers"), "{text}");
}

#[tokio::test]
async fn a_user_who_does_not_answer_ends_the_login() {
    let user = User::who_says(&["wrong"]);
    let (opened, told) = open(&[MethodKind::Password], &user).await;
    assert!(opened.unwrap_err().to_string().contains("not answered"));
    assert_eq!(told, ["wrong"]);
}
