//! `init`: writes a server's table into lictunnel.toml. Nothing that stands there is changed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use licgate_core::text::Source;

use super::runtime;
use super::servers::{self, Named};
use crate::discover::Steps;
use crate::failure::{Exit, Failure};
use crate::flags::Server;
use crate::hosts::name::HostName;
use crate::profile::{self, Profile, Profiles};
use crate::ssh::config::Destination;
use crate::ssh::prompt::{Prompt, Question, Terminal};
use crate::tasks::Tasks;

/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// Adds the table of a server that has none yet. At a terminal it asks for what the flags leave open.
pub(super) fn init(config: Option<&Path>, mut flags: Server, at_terminal: bool) -> Result<(), Failure> {
    read_server(&mut flags)?;
    let typed = flags.server.parse::<Destination>();
    let name = typed.map_err(|error| Failure::new(Exit::BadConfig, error.to_string()))?.host;
    // Nobody is asked in vain.
    if known(&place(config)?)?.contains_key(&name) {
        return Err(taken(&place(config)?, &name));
    }
    if at_terminal {
        runtime()?.block_on(async {
            let tasks = Tasks::new();
            let asked = ask(&Terminal::new(&tasks), &mut flags).await;
            tasks.drain(GRACE).await;
            asked
        })?;
    }
    let profile = profile(&name, &flags)?;
    let next = format!("`lictunnel up {name}` uses it");
    add(config, &Profiles::from([(name, profile)]), false)?;
    say(&next);
    Ok(())
}

/// Takes `27000@lic1` for the server lic1 and the port of its master daemon.
fn read_server(flags: &mut Server) -> Result<(), Failure> {
    let Named { server, masters } = servers::one(&flags.server)?;
    if masters.len() > 1 && flags.ports.is_empty() {
        let message = format!("{} has several master daemons, and a profile keeps one", flags.server);
        return Err(Failure::new(Exit::Usage, message).with_hint("name all ports instead: --ports"));
    }
    flags.server = server;
    flags.master = flags.master.or(masters.first().copied());
    Ok(())
}

/// What the flags say, as it is kept.
fn profile(name: &str, flags: &Server) -> Result<Profile, Failure> {
    let usual = Profile::default();
    // In the file, relative paths begin elsewhere.
    let paths =
        |paths: &[PathBuf]| -> io::Result<Vec<PathBuf>> { paths.iter().map(std::path::absolute).collect() };
    let failed = |error| Failure::new(Exit::NoFile, format!("a path cannot be used: {error}"));
    Ok(Profile {
        ssh: Some(flags.server.clone()).filter(|typed| typed != name),
        names: flags.names.clone(),
        ports: flags.ports.clone(),
        master: flags.master,
        licences: paths(&flags.licences).map_err(failed)?,
        steps: Steps { all_ports: flags.all_ports, ..usual.steps },
        jump: flags.jump.clone(),
        identities: paths(&flags.identities).map_err(failed)?,
        forward_to: flags.forward_to.clone(),
        hold: flags.hold.map_or(usual.hold, Duration::from_secs),
        hosts: !flags.no_hosts,
        direct_on_site: flags.direct_on_site,
        ..usual
    })
}

/// Appends tables for these servers, and shows them. A server that has a table already is an error, or else is `passed_over`.
pub(super) fn add(config: Option<&Path>, profiles: &Profiles, passed_over: bool) -> Result<(), Failure> {
    let path = &place(config)?;
    let known = known(path)?;
    let mut tables = String::new();
    for (name, profile) in profiles {
        match known.contains_key(name) {
            false => tables.push_str(&profile.table(name)),
            true if passed_over => {
                say(&format!("{}: its table in {} stays", name.escape_debug(), path.display()));
            }
            true => return Err(taken(path, name)),
        }
    }
    if tables.is_empty() {
        return Ok(());
    }
    let failed =
        |error: io::Error| Failure::new(Exit::NoFile, format!("cannot write {}: {error}", path.display()));
    let before = fs::read_to_string(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(failed(error)),
    })?;
    // As the whole file will read, before a word of it is written.
    let source = Source::new(path.display().to_string(), before + &tables);
    profile::parse(&source, path.parent().unwrap_or(Path::new(""))).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.one_line(&source)).collect();
        let message = format!("nothing is written, for that would be wrong: {}", lines.join("; "));
        Failure::new(Exit::BadConfig, message)
    })?;
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut file = File::options().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(tables.as_bytes()).map_err(failed)?;
    say(&format!("{} has now:\n{}", path.display(), tables.trim_end()));
    Ok(())
}

fn place(config: Option<&Path>) -> Result<PathBuf, Failure> {
    config.map(Path::to_owned).or_else(profile::usual_place).ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("use --config")
    })
}

fn known(path: &Path) -> Result<Profiles, Failure> {
    if path.exists() { profile::load(Some(path)) } else { Ok(Profiles::new()) }
}

fn taken(path: &Path, name: &str) -> Failure {
    let message = format!("{} has a server {name} already", path.display());
    Failure::new(Exit::BadConfig, message).with_hint("change it there")
}

fn say(line: &str) {
    // Nobody to read it is no failure.
    drop(writeln!(io::stderr(), "{line}"));
}

/// Asks for what is not known; an empty answer leaves it open.
async fn ask(prompt: &dyn Prompt, flags: &mut Server) -> Result<(), Failure> {
    if flags.ports.is_empty() {
        let text = "Ports of the licence server, the master daemon's first (Enter: they are found): ";
        let port = |word: &str| match word.parse() {
            Ok(0) | Err(_) => Err(format!("{word:?} is no port from 1 to 65535")),
            Ok(port) => Ok(port),
        };
        flags.ports = answer(prompt, text, port).await?;
    }
    if flags.names.is_empty() {
        let text = "Other names of it that applications use (Enter: those in its licence file): ";
        let name = |word: &str| {
            HostName::parse(word).map(|name| name.as_str().to_owned()).map_err(|why| why.to_string())
        };
        flags.names = answer(prompt, text, name).await?;
    }
    if flags.jump.is_none() {
        let text = "Jump hosts on the way, as after ssh -J (Enter: none but those of ~/.ssh/config): ";
        let hop = |word: &str| {
            word.parse::<Destination>().map(|hop| hop.to_string()).map_err(|why| why.to_string())
        };
        let hops = answer(prompt, text, hop).await?;
        flags.jump = Some(hops.join(",")).filter(|hops| !hops.is_empty());
    }
    Ok(())
}

/// A list of good words; asked for again, with the reason, until all are.
async fn answer<T>(
    prompt: &dyn Prompt,
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let mut question = text.to_owned();
    loop {
        let answer = prompt.ask(Question { text: question, echo: true }).await;
        let answer = answer.map_err(|why| Failure::new(Exit::No, format!("nothing is written: {why}")))?;
        let words = answer.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        match words.map(&read).collect::<Result<_, _>>() {
            Ok(list) => return Ok(list),
            Err(why) => question = format!("{why}\n{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use zeroize::Zeroizing;

    use super::*;
    use crate::ssh::prompt::{Answer, NoAnswer};

    /// A person who has these answers, the last first, and remembers the questions.
    struct Person(Mutex<(Vec<&'static str>, Vec<String>)>);

    impl Prompt for Person {
        fn can_ask(&self) -> bool {
            true
        }

        fn ask(&self, question: Question) -> Answer<'_> {
            let mut held = self.0.lock().unwrap();
            held.1.push(question.text);
            let answer = held.0.pop().map(|answer| Zeroizing::new(answer.to_owned()));
            Box::pin(std::future::ready(answer.ok_or(NoAnswer::Cancelled)))
        }

        fn show(&self, _text: &str) {}
    }

    fn flags(words: &[&str]) -> Server {
        use clap::Parser as _;
        let all = [&["lictunnel", "init"], words].concat();
        match crate::flags::Flags::try_parse_from(all).unwrap().command {
            crate::flags::Command::Init { server } => server,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_wrong_answer_is_explained_and_asked_for_again() {
        let answers = vec!["", "LIC1.corp.example", "10.0.0.1", "1715, 1716", "1715 seventeen"];
        let person = Person(Mutex::new((answers, Vec::new())));
        let mut flags = flags(&["ada@lic1"]);
        ask(&person, &mut flags).await.unwrap();
        assert_eq!((flags.ports, flags.jump), (vec![1715, 1716], None));
        assert_eq!(flags.names, ["lic1.corp.example"]);
        let asked = person.0.into_inner().unwrap().1;
        assert!(asked[1].starts_with("\"seventeen\" is no port from 1 to 65535\nPorts"), "{asked:?}");
        assert!(asked[3].contains("it is a number or an address"), "{asked:?}");
    }

    #[test]
    fn a_word_of_a_licence_variable_is_a_server_with_its_master_daemon() {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let dir = tempfile::tempdir().unwrap();
        let path = &dir.path().join("lictunnel.toml");
        init(Some(path), flags(&["27000@lic1"]), false).unwrap();
        init(Some(path), flags(&["27000@lic2", "--master", "1717"]), false).unwrap();
        let known = profile::load(Some(path)).unwrap();
        let kept = |name: &str| (known[name].ssh.clone(), known[name].master);
        assert_eq!((kept("lic1"), kept("lic2")), ((None, Some(27000)), (None, Some(1717))));
        let lists = [("a", "b", "several servers"), ("a", "a", "several master daemons")];
        for (one, two, why) in lists {
            let list = format!("27000@{one}{separator}1717@{two}");
            let failure = init(Some(path), flags(&[&list]), false).unwrap_err();
            assert!(failure.exit == Exit::Usage && failure.message.contains(why), "{failure}");
        }
        assert_eq!(profile::load(Some(path)).unwrap().len(), 2);
    }

    #[test]
    fn what_is_written_reads_as_what_was_said_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = &dir.path().join("deep/er/lictunnel.toml");
        let server = flags(&["ada@lic1:2222", "--ports", "1715", "-c", "a.lic", "--hold", "5", "--no-hosts"]);
        init(Some(path), server, false).unwrap();
        let known = profile::load(Some(path)).unwrap();
        let lic1 = &known["lic1"];
        assert_eq!(
            (lic1.ssh.as_deref(), &lic1.ports, lic1.hosts),
            (Some("ada@lic1:2222"), &vec![1715], false)
        );
        assert_eq!(
            lic1.licences,
            [std::path::absolute("a.lic").unwrap()],
            "not beside the file that was written"
        );
        let text = fs::read_to_string(path).unwrap();
        let failure = init(Some(path), flags(&["bob@lic1"]), false).unwrap_err();
        assert!(failure.message.contains("has a server lic1 already"), "{failure}");
        for bad in ["a b", "lic1:0", "$(reboot)"] {
            assert_eq!(init(Some(path), flags(&[bad]), false).unwrap_err().exit, Exit::BadConfig, "{bad}");
        }
        assert_eq!(
            init(Some(path), flags(&["lic2", "--name", "10.1"]), false).unwrap_err().exit,
            Exit::BadConfig
        );
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        // A last line without an end is not run into.
        fs::write(path, text.trim_end()).unwrap();
        init(Some(path), flags(&["lic2"]), false).unwrap();
        assert!(profile::load(Some(path)).unwrap().contains_key("lic2"));
    }
}
