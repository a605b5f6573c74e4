//! Our own reader against OpenSSH, recorded outputs, and input that nobody means well with.

mod corpus;
mod recorded;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use corpus::Case;
use proptest::prelude::*;

use super::*;
use crate::ssh::target::{Agent, Method, UnknownHost};

/// The files of the corpus in a directory, and a configuration among them.
struct Given {
    directory: tempfile::TempDir,
}

impl Given {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("d")).unwrap();
        let given = Self { directory };
        for (name, content) in corpus::FILES {
            given.write(name, content);
        }
        given
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content.replace("{dir}", &self.directory.path().to_string_lossy())).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    fn request(&self, case: &Case) -> Request {
        let file = Some(self.write("config", case.config));
        let _gone: io::Result<()> = fs::remove_file(self.directory.path().join("ran"));
        Request { file, ..Request::new(case.asked.parse().unwrap()) }
    }
}

async fn by(openssh: Option<PathBuf>, request: &Request) -> Result<Target, ConfigError> {
    let evaluator = Evaluator { local: Local::measure().unwrap(), openssh, remarks: Vec::new() };
    let mut target = evaluator.evaluate(request).await?.target;
    // Which keys are looked for when none is named is a matter of the version.
    target.identities.retain(|path| !path.ends_with(".ssh/id_dsa") && !path.ends_with(".ssh/id_xmss"));
    if let Route::Jump(hops) = &mut target.route {
        for hop in hops {
            hop.identities.retain(|path| !path.ends_with(".ssh/id_dsa") && !path.ends_with(".ssh/id_xmss"));
        }
    }
    Ok(target)
}

fn openssh_or_skip() -> Option<PathBuf> {
    let found = openssh::find(&Local::measure()?);
    if found.is_none() {
        eprintln!("skipped: OpenSSH is not installed");
    }
    found
}

#[tokio::test]
async fn our_own_reader_and_openssh_come_to_the_same() {
    let Some(ssh) = openssh_or_skip() else { return };
    let given = Given::new();
    let mut differences = Vec::new();
    for case in corpus::SAME {
        let theirs = by(Some(ssh.clone()), &given.request(case)).await;
        let ours = by(None, &given.request(case)).await;
        if !matches!((&ours, &theirs), (Ok(ours), Ok(theirs)) if ours == theirs) {
            differences
                .push(format!("{}\n{}  ours: {ours:?}\ntheirs: {theirs:?}\n", case.asked, case.config));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn our_own_reader_and_openssh_refuse_the_same() {
    let Some(ssh) = openssh_or_skip() else { return };
    let given = Given::new();
    let mut differences = Vec::new();
    for case in corpus::REFUSED {
        let theirs = by(Some(ssh.clone()), &given.request(case)).await;
        let ours = by(None, &given.request(case)).await;
        if ours.is_ok() || theirs.is_ok() {
            differences
                .push(format!("{}\n{}  ours: {ours:?}\ntheirs: {theirs:?}\n", case.asked, case.config));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Needs no OpenSSH: the case that other readers have wrong, and the most usual ones.
#[tokio::test]
async fn what_configurations_come_to() {
    let given = Given::new();
    let of = async |asked, config| by(None, &given.request(&Case { asked, config })).await.unwrap();
    let user = Local::measure().unwrap().user;

    let prod = "Host lic1\nHostName real1\nMatch host *.prod.example\nUser prodroot\nPort 9999\n";
    let target = of("lic1", prod).await;
    assert_eq!((target.host.as_str(), target.user, target.port), ("real1", user.clone(), 22));
    let target = of("db.prod.example", prod).await;
    assert_eq!(
        (target.host.as_str(), target.user.as_str(), target.port),
        ("db.prod.example", "prodroot", 9999)
    );

    let target = of("lic1", "").await;
    assert_eq!(target.methods, [Method::PublicKey, Method::KeyboardInteractive, Method::Password]);
    assert_eq!((target.agent, target.unknown_host), (Agent::Default, UnknownHost::Ask));

    let target = of("lic1", "Host lic1\nProxyJump bob@inner\nHost inner\nProxyJump gate:2222\n").await;
    let Route::Jump(hops) = target.route else { panic!("{:?}", target.route) };
    let hops: Vec<_> = hops.iter().map(|hop| (hop.host.as_str(), hop.user.as_str(), hop.port)).collect();
    assert_eq!(hops, [("gate", user.as_str(), 2222), ("inner", "bob", 22)]);

    // The first hop may be called through a command; a later one is called through the hop before it.
    let config = "Host lic1\nProxyJump gate,inner\nHost gate inner\nProxyCommand nc %h %p\n";
    let Route::Jump(hops) = of("lic1", config).await.route else { panic!("no jump") };
    let routes: Vec<Route> = hops.into_iter().map(|hop| hop.route).collect();
    assert_eq!(routes, [Route::Command("nc gate 22".into()), Route::Direct]);
}

#[tokio::test]
async fn errors_say_where_and_what() {
    let given = Given::new();
    let table = [
        ("lic1", "Port 22\n\nPort x\n", ":3: bad port \"x\""),
        ("lic1", "StrictHostKeyChecking maybe\n", ":1: stricthostkeychecking is yes, accept-new, no or ask"),
        ("lic1", "Include {dir}/itself\n", "include each other"),
        ("lic1", "Match localnetwork 10.0.0.0/8\n", "install its ssh program"),
        ("lic1", "ProxyJump gate:x\n", ":1: \"gate:x\" is no ssh destination: the port"),
        ("gate", "ProxyJump gate\n", "`ProxyJump none`"),
        ("lic1", "ProxyJump a\nHost a\nProxyJump b\nHost b\nProxyJump a\n", "leads through"),
        ("lic1", "Host lic1\nProxyJump a\nHost a\nIdentityFile ~no-such-account/x\n", "jump host a: "),
        ("lic1", "Match exec \"exit %y\"\n", "%y means nothing"),
    ];
    for (asked, config, expected) in table {
        let error = by(None, &given.request(&Case { asked, config })).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{config}: {error}");
    }
    let chain: String = (0..30).map(|n| format!("Host h{n}\nProxyJump h{}\n", n + 1)).collect();
    let request = Request { file: Some(given.write("chain", &chain)), ..Request::new("h0".parse().unwrap()) };
    let error = by(None, &request).await.unwrap_err().to_string();
    assert!(error.contains("more than 16 jump hosts"), "{error}");

    let absent = Request { file: Some("/no/such/file".into()), ..Request::new("lic1".parse().unwrap()) };
    let error = by(None, &absent).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read /no/such/file: "), "{error}");
}

#[tokio::test]
async fn a_typing_error_is_a_remark_without_openssh() {
    let given = Given::new();
    let request = given.request(&Case {
        asked: "lic1",
        config: "HostNmae real\nMatch final all\nPort 5\nHost lic1\nProxyJump gate\n",
    });
    let evaluator = Evaluator { local: Local::measure().unwrap(), openssh: None, remarks: Vec::new() };
    let Evaluated { remarks, target, .. } = evaluator.evaluate(&request).await.unwrap();
    assert_eq!(target.port, 5);
    let [remark] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert!(remark.ends_with("config:1: hostnmae is no option of ssh and has no effect"), "{remark}");
}

#[tokio::test]
async fn an_option_that_makes_ssh_safer_is_not_passed_over_in_silence() {
    let given = Given::new();
    let config = "RevokedHostKeys ~/lost_%h\nHost lic1\nProxyJump gate\n";
    for openssh in [None, openssh_or_skip()] {
        let target = by(openssh, &given.request(&Case { asked: "lic1", config })).await.unwrap();
        let home = Local::measure().unwrap().home;
        assert_eq!(target.revoked_host_keys, Some(home.join("lost_lic1")));
        let Route::Jump(hops) = target.route else { panic!("{:?}", target.route) };
        assert_eq!(hops[0].revoked_host_keys, Some(home.join("lost_gate")));
    }
}

/// What is typed, or stands in a profile, gets no further than here: with `Match exec` it would come to a shell.
#[tokio::test]
async fn what_means_something_to_a_shell_never_comes_to_one() {
    let given = Given::new();
    let config = "Match exec \"touch {dir}/ran; true %j %r\"\nProxyCommand nc %r %h\n";
    let plain = given.request(&Case { asked: "lic1", config });
    let ran = given.directory.path().join("ran");
    let jump = |text: &str| Request { jump: Some(text.into()), ..plain.clone() };
    let user = |text: &str| Request { user: Some(text.into()), ..plain.clone() };
    for request in [
        jump("$(reboot)"),
        jump("gate,a;reboot"),
        jump("-oProxyCommand=reboot"),
        jump("a b@gate`reboot`"),
        user("$(reboot)"),
        user("bob -oProxyCommand=reboot"),
        user("bob\nreboot"),
        user(" -l"),
        user("bob\\"),
    ] {
        for openssh in [None, openssh_or_skip()] {
            let error = by(openssh, &request).await.unwrap_err().to_string();
            assert!(error.starts_with("ssh configuration: "), "{request:?}: {error}");
            assert!(!ran.exists(), "{request:?}");
        }
    }
    let config = "Match user eve\nUser x\nHost *\nUser bob\u{1b}[2J\n";
    let error = by(None, &given.request(&Case { asked: "lic1", config })).await.unwrap_err().to_string();
    assert!(error.contains("holds control characters"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_write_is_not_trusted() {
    let given = Given::new();
    let one = given.directory.path().join("one");
    fs::set_permissions(&one, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let request = given.request(&Case { asked: "lic1", config: "Include {dir}/one\n" });
    let error = by(None, &request).await.unwrap_err().to_string();
    assert!(error.contains("chmod go-w"), "{error}");
}

/// The user's file stands before the machine's.
#[test]
fn the_files_that_are_read() {
    let local = testing::local();
    let paths = |request: &Request| {
        sources(request, &local).into_iter().map(|source| source.path).collect::<Vec<_>>()
    };
    let mut request = Request::new("lic1".parse().unwrap());
    assert_eq!(
        paths(&request),
        [Path::new("/home/jane/.ssh/config"), &local.system_dir().join("ssh_config")]
    );
    request.file = Some("mine".into());
    assert_eq!(paths(&request), [Path::new("/keys/mine")]);
    request.file = Some("none".into());
    assert!(paths(&request).is_empty());
}

/// Files that exist only in a test; all patterns are plain names.
struct Paper(BTreeMap<PathBuf, String>);

impl reader::Files for Paper {
    fn read(&self, path: &Path, _guarded: bool) -> io::Result<Option<String>> {
        Ok(self.0.get(path).cloned())
    }

    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        Ok(self.0.keys().filter(|path| path.as_path() == Path::new(pattern)).cloned().collect())
    }
}

#[test]
fn includes_begin_in_the_directory_of_their_file() {
    let local = testing::local();
    let files = Paper(BTreeMap::from([
        ("/home/jane/.ssh/config".into(), "Include more ~/third ${KEYS}/fourth\n".into()),
        ("/home/jane/.ssh/more".into(), "User more\n".into()),
        ("/home/jane/third".into(), "IdentityFile third\n".into()),
        ("/keys/fourth".into(), "IdentityFile fourth\n".into()),
        (local.system_dir().join("ssh_config"), "User system\nInclude more\n".into()),
        (local.system_dir().join("more"), "Port 5\n".into()),
    ]));
    let request = Request::new("lic1".parse().unwrap());
    let reading = reader::read(&request, &sources(&request, &local), &local, &files, &BTreeMap::new());
    let Ok(Reading::Done(settings, _)) = reading else { panic!("{reading:?}") };
    assert_eq!((settings.user.as_deref(), settings.port), (Some("more"), Some(5)));
    assert_eq!(settings.identities, ["third", "fourth"]);
}

/// Lines that are likely to mean something.
fn line() -> impl Strategy<Value = String> {
    let keyword = "(Host|Match|HostName|User|Port|IdentityFile|ProxyJump|ProxyCommand|UserKnownHostsFile|Include\
        |ConnectTimeout|IdentityAgent|StrictHostKeyChecking|Tag|CanonicalizeHostname|x)";
    let value = "[ =\"'\\\\,!*?%#@:a-e1-3$~{}\\[\\]-]{0,12}";
    let word = "(lic1|final|all|host lic1|exec true|yes|/file|%h|%%|ssh://a:1|)";
    (keyword, "[ =\t]{1,2}", word, value)
        .prop_map(|(keyword, gap, word, value)| format!("{keyword}{gap}{word}{value}"))
}

proptest! {
    #[test]
    fn nothing_makes_the_reader_panic_or_hang(
        lines in proptest::collection::vec(line(), 0..20),
        noise in any::<String>(),
    ) {
        let local = testing::local();
        for text in [lines.join("\n"), noise] {
            let path = local.user_dir().join("config");
            let files = Paper(BTreeMap::from([(path, text.clone()), ("/file".into(), text)]));
            let request = Request::new("lic1".parse().unwrap());
            let mut answers = BTreeMap::new();
            let sources = sources(&request, &local);
            while let Ok(Reading::Asks(command)) = reader::read(&request, &sources, &local, &files, &answers) {
                prop_assert!(answers.len() < 100);
                answers.insert(command, true);
            }
            if let Ok(Reading::Done(settings, _)) = reader::read(&request, &sources, &local, &files, &answers) {
                let _either: Result<Built, String> = build(&settings, &request, &local);
            }
        }
    }

    #[test]
    fn nothing_makes_the_parser_of_printed_settings_panic(
        lines in proptest::collection::vec(line(), 0..20),
        noise in any::<String>(),
    ) {
        let local = testing::local();
        for text in [lines.join("\n").to_lowercase(), noise] {
            if let Ok(settings) = dump::parse(&text) {
                let request = Request::new("lic1".parse().unwrap());
                let _either: Result<Built, String> = build(&settings, &request, &local);
            }
        }
    }
}
