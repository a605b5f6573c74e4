//! `init`: writes a server's table into lictunnel.toml. Nothing that stands there is changed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Exit, Failure};
use crate::flags::Server;
use crate::profile;

/// Appends the table of a server that has none yet, and says where.
pub(super) fn init(config: Option<&Path>, flags: &Server) -> Result<(), Failure> {
    let path: PathBuf = config.map(Path::to_owned).or_else(profile::usual_place).ok_or_else(|| {
        Failure::new(Exit::NoFile, "this system does not say where your files are").with_hint("use --config")
    })?;
    let typed = flags.server.as_str();
    let name = typed.parse::<crate::ssh::config::Destination>().map_or(typed.to_owned(), |typed| typed.host);
    let known = if path.exists() { profile::load(Some(&path))? } else { profile::Profiles::new() };
    if known.contains_key(&name) {
        let message = format!("{} has a server {name} already", path.display());
        return Err(Failure::new(Exit::BadConfig, message).with_hint("change it there"));
    }
    let failed =
        |error: io::Error| Failure::new(Exit::NoFile, format!("cannot write {}: {error}", path.display()));
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut file = File::options().create(true).append(true).open(&path).map_err(failed)?;
    file.write_all(table(&name, typed, flags).as_bytes()).map_err(failed)?;
    profile::load(Some(&path))?;
    eprintln!("{}: [server.{name}] is written; `lictunnel up {name}` uses it", path.display());
    Ok(())
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
