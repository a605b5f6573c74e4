//! The steps in order, with servers that answer, refuse or say nothing.

use std::sync::{Arc, Mutex};

use licgate_core::path::DEFAULT_PORTS;
use tempfile::NamedTempFile;
use tokio::io::{DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::master::tests::{serve, vendor};
use super::*;

/// A server that prints this to the script (`MARK` for the marker) or to other commands, and the ports at which ours is.
#[derive(Default)]
struct Server {
    script: Option<&'static str>,
    commands: Vec<(&'static str, &'static str)>,
    ours: Mutex<Vec<(u16, DuplexStream)>>,
    opened: Mutex<Vec<u16>>,
    /// Nothing comes of opening a connection, not even a refusal.
    swallows: bool,
}

impl Remote for Server {
    type Stream = DuplexStream;

    async fn exec(&self, command: &str, _: usize, _: Duration) -> Result<Vec<u8>, Cause> {
        let marker = command.strip_prefix("sh -c 'm=").and_then(|rest| rest.split(';').next());
        let known = self.commands.iter().find(|(begin, _)| command.starts_with(begin));
        let text = match (marker, self.script, known) {
            (Some(marker), Some(script), _) => script.replace("MARK", marker),
            (_, _, Some((_, output))) => (*output).to_owned(),
            _ if self.commands.is_empty() => return Err("no commands\u{1b}[2J\u{202e} here".into()),
            _ => String::new(),
        };
        Ok(text.into_bytes())
    }

    async fn open(&self, port: u16) -> Result<DuplexStream, Cause> {
        self.opened.lock().unwrap().push(port);
        if self.swallows {
            return std::future::pending().await;
        }
        let mut ours = self.ours.lock().unwrap();
        let at = ours.iter().position(|(number, _)| *number == port).ok_or("refused")?;
        Ok(ours.remove(at).1)
    }
}

/// What came of `asked`, while the server serves.
async fn beside<T>(server: impl Future<Output = ()>, asked: impl Future<Output = T>) -> T {
    tokio::select! {
        answer = asked => answer,
        never = async { server.await; std::future::pending().await } => never,
    }
}

fn shown(discovery: &Discovery) -> String {
    let notes: Vec<String> = discovery.notes.iter().map(ToString::to_string).collect();
    format!("{}\n{}", discovery.found, notes.join("\n"))
}

#[tokio::test]
async fn what_a_user_names_is_not_cut() {
    let given: Vec<u16> = (2000..).take(MOST_PORTS + 1).collect();
    let request = Request { given: given.clone(), ..Request::of("lic1") };
    let discovery = discover(&request, &Server::default()).await;
    assert!(discovery.found.ports().keys().eq(&given));
}

#[tokio::test]
async fn given_ports_are_all_there_is() {
    let server = Server::default();
    let request = Request { given: vec![1715, 1716], ..Request::of("lic1") };
    let discovery = discover(&request, &server).await;
    assert_eq!(
        shown(&discovery),
        "1715 (master daemon), 1716 (another port)\ngiven ports: 1715 (master daemon), 1716 (another port)"
    );
    assert!(server.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_of_ours_is_asked_and_nothing_else_is_needed() {
    let (here, there) = duplex(4096);
    let server = Server { ours: Mutex::new(vec![(27001, here)]), ..Server::default() };
    let request = Request::of("lic1");
    let master = serve(there, "licmgrd", vec![vendor("acme", Some(41001))]);
    let discovery = beside(master, discover(&request, &server)).await;
    insta::assert_snapshot!(shown(&discovery), @r"
    27001 (master daemon), 41001 (vendor daemon acme)
    licence files and variables: no licence file was given, and no variable names this server
    the master daemon's word: 27001 (master daemon), 41001 (vendor daemon acme)
    a look at the server: not needed: nothing is missing
    ");
    assert_eq!(*server.opened.lock().unwrap(), [27000, 27001]);
    assert!(discovery.found.is_complete() && discovery.found.names().eq(["lic1.corp.example"]));
}

#[tokio::test]
async fn what_worked_last_time_is_tried_first() {
    let (here, there) = duplex(4096);
    let server = Server { ours: Mutex::new(vec![(1715, here)]), ..Server::default() };
    let mut last = Found::default();
    last.add(1715, Role::Master, Step::Look);
    let request = Request { last: Some(last.clone()), ..Request::of("lic1") };
    let master = serve(there, "licmgrd", vec![vendor("acme", Some(41001))]);
    let discovery = beside(master, discover(&request, &server)).await;
    assert_eq!(discovery.found.to_string(), "1715 (master daemon), 41001 (vendor daemon acme)");
    assert_eq!(*server.opened.lock().unwrap(), [1715]);
    // It has moved: the usual ports follow. And what was left in peace still is.
    let server = Server::default();
    discover(&request, &server).await;
    assert_eq!(*server.opened.lock().unwrap(), [&[1715][..], &DEFAULT_PORTS.collect::<Vec<_>>()].concat());
    last.recognise(System::FlexNet);
    let server = Server::default();
    discover(&Request { last: Some(last), ..Request::of("lic1") }, &server).await;
    assert!(server.opened.lock().unwrap().is_empty());
}

const FLEXNET: &str = r#"Welcome to lic1
MARK system
Linux
MARK processes
    PID    PPID COMMAND
   1726       1 /opt/flex/lmgrd -c /opt/a.lic -z
   1728    1726 adskflex -T lic1.corp 11.19 9 -c :/opt/a.lic: -lmgrd_port 6978 -srv SECRET --lmgrd_start 69f1c59f
MARK file
SERVER lic1.corp 0050560a1b2c 27000
VENDOR adskflex PORT=2080
MARK ss
State  Recv-Q Send-Q Local Address:Port  Peer Address:Port
LISTEN 0      128          0.0.0.0:27000      0.0.0.0:*
LISTEN 0      128          0.0.0.0:2080       0.0.0.0:*
LISTEN 0      128          0.0.0.0:8080       0.0.0.0:*
MARK end
"#;

#[tokio::test]
async fn a_foreign_server_is_looked_at_and_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.lic");
    std::fs::write(&file, "HOST lic1 any 2700\nISV reprise\n").unwrap();
    let server = Server { script: Some(FLEXNET), ..Server::default() };
    let request = Request { files: vec![file], ..Request::of("lic1") };
    let discovery = discover(&request, &server).await;
    assert!(shown(&discovery).contains("the master daemon's word: RLM is not asked anything"));
    assert!(server.opened.lock().unwrap().is_empty());
    let request = Request {
        steps: Steps { master: false, all_ports: true, ..Steps::default() },
        ..Request::of("lic1")
    };
    let discovery = discover(&request, &server).await;
    insta::assert_snapshot!(shown(&discovery), @r"
    2080 (vendor daemon adskflex), 8080 (another port), 27000 (master daemon)
    licence files and variables: no licence file was given, and no variable names this server
    the master daemon's word: switched off
    a look at the server: 2080 (vendor daemon adskflex), 27000 (master daemon)
    all ports: 3 ports listen there
    ");
    assert_eq!(discovery.found.ports()[&2080].by, Step::Look);
}

#[tokio::test]
async fn anybody_there_may_call_the_server_anything_and_changes_nothing() {
    let script = "MARK system\nLinux\nsrv042\nMARK processes\n 7 1 ./lmgrd -c /tmp/x.lic\n \
        8 7 x -T github.com 11.1 9 --lmgrd_start 1\nMARK file\nSERVER mail.example.org ANY 27000\nVENDOR x\n\
        MARK file\nSERVER lic1.example.com ANY 27000\nVENDOR x\nMARK ss\n\
        LISTEN 0 1 *:27000 *:* users:((\"lmgrd\",pid=7,fd=3))\nLISTEN 0 1 *:4000 *:* users:((\"x\",pid=8,fd=3))\nMARK end";
    let server = Server { script: Some(script), ..Server::default() };
    let found = discover(&Request::of("lic1"), &server).await.found;
    assert_eq!(found.to_string(), "4000 (vendor daemon x), 27000 (master daemon)");
    assert!(found.names().eq(["lic1.example.com"]));
    assert!(found.strange_names().eq(["github.com", "mail.example.org"]));
    assert!(found.hosts().eq(["localhost", "srv042"]));
}

#[tokio::test]
async fn what_the_look_shows_to_be_ours_is_asked_for_the_rest() {
    let script = "MARK processes\n 60 1 licmgrd -c a.lic\n 61 60 licvendord --vendor acme\nMARK ss\nLISTEN 0 1 *:1715 *:* users:((\"licmgrd\",pid=60,fd=3))\nMARK end";
    let (here, there) = duplex(4096);
    let server = Server { script: Some(script), ours: Mutex::new(vec![(1715, here)]), ..Server::default() };
    let request = Request::of("lic1");
    let master = serve(there, "licmgrd", vec![vendor("acme", Some(41001))]);
    let discovery = beside(master, discover(&request, &server)).await;
    assert_eq!(discovery.found.to_string(), "1715 (master daemon), 41001 (vendor daemon acme)");
    assert!(discovery.found.is_complete());
}

#[tokio::test]
async fn a_server_of_ours_whose_files_cannot_be_read_is_asked_for_its_name() {
    let script = "MARK processes\n 60 1 licmgrd -c a.lic\n 61 60 licvendord --vendor acme\nMARK ss\nLISTEN 0 1 *:1715 *:* users:((\"licmgrd\",pid=60,fd=3))\nLISTEN 0 1 *:1716 *:* users:((\"licvendord\",pid=61,fd=3))\nMARK end";
    let (here, there) = duplex(4096);
    let server = Server { script: Some(script), ours: Mutex::new(vec![(1715, here)]), ..Server::default() };
    let request = Request::of("lic1");
    let master = serve(there, "licmgrd", vec![vendor("acme", Some(1716))]);
    let discovery = beside(master, discover(&request, &server)).await;
    assert_eq!(discovery.found.to_string(), "1715 (master daemon), 1716 (vendor daemon acme)");
    assert!(discovery.found.names().eq(["lic1.corp.example"]));
}

#[tokio::test]
async fn windows_is_looked_at_with_its_own_commands() {
    let commands = vec![
        (
            "netstat -ano",
            "  TCP    0.0.0.0:27000   0.0.0.0:0   LISTENING   5408\r\n  TCP    [::]:2080   [::]:0   LISTENING   4440\r\n",
        ),
        (
            "powershell ",
            "\"4440\",\"5408\",\"adskflex.exe\",\"adskflex.exe -T LIC1 11.18 -1 --lmgrd_start 1\"\r\n\"5408\",\"1\",\"lmgrd.exe\",\r\n",
        ),
    ];
    let server = Server { commands, ..Server::default() };
    let discovery = discover(&Request::of("lic1"), &server).await;
    assert_eq!(discovery.found.to_string(), "2080 (vendor daemon adskflex), 27000 (master daemon)");
    assert!(discovery.found.is_complete() && discovery.found.names().eq(["lic1"]));
}

#[tokio::test(start_paused = true)]
async fn ports_that_swallow_everything_are_not_tried_one_after_the_other() {
    let server = Server { swallows: true, ..Server::default() };
    let within = master::DEADLINE + Duration::from_millis(1);
    let discovery = timeout(within, discover(&Request::of("lic1"), &server)).await.unwrap();
    assert!(discovery.found.ports().is_empty());
    assert_eq!(*server.opened.lock().unwrap(), [27000]);
}

/// What is logged while it is not dropped.
struct Log {
    file: NamedTempFile,
    _until_dropped: tracing::subscriber::DefaultGuard,
}

impl Log {
    fn begin() -> Self {
        let file = NamedTempFile::new().unwrap();
        let log = tracing_subscriber::fmt().with_writer(Arc::new(file.reopen().unwrap())).finish();
        Self { file, _until_dropped: tracing::subscriber::set_default(log) }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file.path()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_given_its_time_and_a_person_hears_of_it() {
    /// Runs commands and opens ports after a while.
    struct Slow(Duration);

    impl Remote for Slow {
        type Stream = DuplexStream;

        async fn exec(&self, _: &str, _: usize, _: Duration) -> Result<Vec<u8>, Cause> {
            sleep(self.0).await;
            Err("no commands here".into())
        }

        async fn open(&self, _: u16) -> Result<DuplexStream, Cause> {
            sleep(self.0).await;
            Err("refused".into())
        }
    }

    let log = Log::begin();
    discover(&Request::of("lic1"), &Slow(Duration::from_millis(200))).await;
    assert_eq!(log.text(), "");
    // Ten ports would have taken 20 seconds, and the look takes 2 more.
    let within = master::IN_ALL + Duration::from_millis(2001);
    let request = Request::of("lic1");
    let discovery = timeout(within, discover(&request, &Slow(Duration::from_secs(2)))).await.unwrap();
    assert!(log.text().contains("asking for the master daemon takes long; it is given 10 s in all"));
    assert!(shown(&discovery).contains("the master daemon's word: no answer within 10 s"), "{discovery:?}");
    discover(&Request::of("lic1"), &Slow(Duration::from_secs(60))).await;
    assert!(log.text().contains("looking at the server takes long; it is given 30 s in all"));
}

#[tokio::test]
async fn a_server_that_allows_nothing_leaves_what_is_known_and_says_why() {
    let request = Request { master: Some(1715), ..Request::of("lic1") };
    let discovery = discover(&request, &Server::default()).await;
    insta::assert_snapshot!(shown(&discovery), @r"
    1715 (master daemon)
    given ports: 1715 (master daemon)
    licence files and variables: no licence file was given, and no variable names this server
    the master daemon's word: nothing answers at the ports where it may be: refused
    a look at the server: no commands\u{1b}[2J\u{202e} here
    ");
    let unknown = Server { commands: vec![("x", "")], ..Server::default() };
    let discovery = discover(&request, &unknown).await;
    assert!(shown(&discovery).contains("neither a UNIX shell nor the commands of Windows"));
}
