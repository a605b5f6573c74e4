//! `init`: writes a server's table into lictunnel.toml. Nothing that stands there is changed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use licgate_core::text::Source;

use super::runtime;
use crate::failure::{Exit, Failure};
use crate::flags::Server;
use crate::hosts::name::HostName;
use crate::profile;
use crate::ssh::config::Destination;
use crate::ssh::prompt::{Prompt, Question, Terminal};
use crate::tasks::Tasks;

/// How long tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// Appends the table of a server that has none yet, and says where. At a terminal it asks for what the flags leave open.
pub(super) fn init(config: Option<&Path>, mut flags: Server, at_terminal: bool) -> Result<(), Failure> {
    let path: PathBuf = config.map(Path::to_owned).or_else(profile::usual_place).ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("use --config")
    })?;
    let typed = &flags.server.clone();
    let name = typed.parse::<Destination>().map_or(typed.clone(), |typed| typed.host);
    let known = if path.exists() { profile::load(Some(&path))? } else { profile::Profiles::new() };
    if known.contains_key(&name) {
        let message = format!("{} has a server {name} already", path.display());
        return Err(Failure::new(Exit::BadConfig, message).with_hint("change it there"));
    }
    if at_terminal {
        runtime()?.block_on(async {
            let tasks = Tasks::new();
            let asked = ask(&Terminal::new(&tasks), &mut flags).await;
            tasks.drain(GRACE).await;
            asked
        })?;
    }
    let flags = &flags;
    let failed =
        |error: io::Error| Failure::new(Exit::NoFile, format!("cannot write {}: {error}", path.display()));
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    // As the whole file will read, before a word of it is written.
    let table = table(&name, typed, flags);
    let before = fs::read_to_string(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(failed(error)),
    })?;
    let source = Source::new(path.display().to_string(), before + &table);
    profile::parse(&source, path.parent().unwrap_or(Path::new(""))).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.one_line(&source)).collect();
        Failure::new(
            Exit::BadConfig,
            format!("nothing is written, for that would be wrong: {}", lines.join("; ")),
        )
    })?;
    let mut file = File::options().create(true).append(true).open(&path).map_err(failed)?;
    file.write_all(table.as_bytes()).map_err(failed)?;
    // Nobody to read it is no failure.
    drop(writeln!(
        io::stderr(),
        "{}: [server.{name}] is written; `lictunnel up {name}` uses it",
        path.display()
    ));
    Ok(())
}

/// Asks for what is not known; an empty answer leaves it open.
async fn ask(prompt: &dyn Prompt, flags: &mut Server) -> Result<(), Failure> {
    if flags.ports.is_empty() {
        let text = "Ports of the licence server, the master daemon's first (Enter: they are found): ";
        flags.ports = answer(prompt, text, |word| word.parse().ok().filter(|port| *port != 0)).await?;
    }
    if flags.names.is_empty() {
        let text = "Other names of it that applications use (Enter: those in its licence file): ";
        flags.names =
            answer(prompt, text, |word| HostName::parse(word).ok().map(|_| word.to_owned())).await?;
    }
    if flags.jump.is_none() {
        let text = "Jump hosts on the way, as after ssh -J (Enter: none but those of ~/.ssh/config): ";
        let hop = |word: &str| word.parse::<Destination>().ok().map(|_| word.to_owned());
        let hops = answer(prompt, text, hop).await?;
        flags.jump = Some(hops.join(",")).filter(|hops| !hops.is_empty());
    }
    Ok(())
}

/// A list of good words; asked for again until all are.
async fn answer<T>(
    prompt: &dyn Prompt,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let mut question = text.to_owned();
    loop {
        let answer = prompt.ask(Question { text: question, echo: true }).await;
        let answer = answer.map_err(|why| Failure::new(Exit::No, format!("nothing is written: {why}")))?;
        let words = answer.split([',', ' ']).filter(|word| !word.is_empty());
        match words.map(|word| read(word).ok_or(word)).collect::<Result<_, _>>() {
            Ok(list) => return Ok(list),
            Err(word) => question = format!("{word:?} is none. {text}"),
        }
    }
}

/// The table, with the keys that are not at their defaults.
fn table(name: &str, typed: &str, flags: &Server) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let list = |items: Vec<toml::Value>| toml::Value::Array(items).to_string();
    let texts = |items: &[String]| list(items.iter().map(|item| item.as_str().into()).collect());
    let paths =
        |items: &[PathBuf]| list(items.iter().map(|item| item.display().to_string().into()).collect());
    let mut lines = vec![String::new(), format!("[server.{}]", text(name))];
    let mut set = |is_set: bool, key: &str, value: String| {
        if is_set {
            lines.push(format!("{key} = {value}"));
        }
    };
    set(typed != name, "ssh", text(typed));
    set(!flags.names.is_empty(), "names", texts(&flags.names));
    let ports = list(flags.ports.iter().map(|port| i64::from(*port).into()).collect());
    set(!flags.ports.is_empty(), "ports", ports);
    set(flags.master.is_some(), "master", flags.master.unwrap_or(0).to_string());
    set(!flags.licences.is_empty(), "licences", paths(&flags.licences));
    set(flags.jump.is_some(), "jump", text(flags.jump.as_deref().unwrap_or("")));
    set(!flags.identities.is_empty(), "identities", paths(&flags.identities));
    set(flags.forward_to.is_some(), "forward_to", text(flags.forward_to.as_deref().unwrap_or("")));
    set(flags.hold.is_some(), "hold", flags.hold.unwrap_or(0).to_string());
    set(flags.all_ports, "all_ports", "true".to_owned());
    set(flags.no_hosts, "hosts", "false".to_owned());
    lines.join("\n") + "\n"
}
