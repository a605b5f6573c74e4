//! What is kept about a server: `lictunnel.toml`.

mod section;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use licgate_core::text::{Diagnostic, Severity, Source, Span};
use toml::de::DeTable;

use crate::discover::Steps;
use crate::failure::{Exit, Failure};
use crate::loopback::Loopback;
use crate::platform;
use section::Section;

/// The name of the file.
pub const FILE: &str = "lictunnel.toml";
/// A configuration file is small; what is larger is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// All that is kept, by the names of the servers.
pub type Profiles = BTreeMap<String, Profile>;

/// What is kept about one server. Every key has a working default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What one would type after `ssh`; `None`: the server's name.
    pub ssh: Option<String>,
    /// More names under which applications look for the server.
    pub names: Vec<String>,
    /// All its ports, the master daemon's first; empty: they are found.
    pub ports: Vec<u16>,
    /// The master daemon's port, where only that is known.
    pub master: Option<u16>,
    /// Licence files, or directories of them, of this server.
    pub licences: Vec<PathBuf>,
    /// Which ways to find ports may be taken.
    pub steps: Steps,
    /// The server's address on this machine; `None`: drawn from its name.
    pub address: Option<Loopback>,
    /// The account on the ssh server; `None`: as ssh is configured.
    pub user: Option<String>,
    /// Jump hosts as in `ProxyJump`; `None`: as ssh is configured.
    pub jump: Option<String>,
    /// Private key files to try first.
    pub identities: Vec<PathBuf>,
    /// The licence server's host in the eyes of the ssh server; `None`: by the names in
    /// licence files on this machine, then there itself.
    pub forward_to: Option<String>,
    /// How long a new connection is held while there is no session.
    pub hold: Duration,
    /// Whether the server's names are to lead to this machine while the tunnel is up.
    pub hosts: bool,
    /// Whether there is to be no tunnel while the server answers directly.
    pub direct_on_site: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            ssh: None,
            names: Vec::new(),
            ports: Vec::new(),
            master: None,
            licences: Vec::new(),
            steps: Steps::default(),
            address: None,
            user: None,
            jump: None,
            identities: Vec::new(),
            forward_to: None,
            hold: Duration::from_secs(20),
            hosts: true,
            direct_on_site: false,
        }
    }
}

/// The usual place of the file; `None` where the system does not say where the user's files are.
pub fn usual_place() -> Option<PathBuf> {
    platform::config_dir().map(|dir| dir.join(FILE))
}

/// Reads the file that `--config` names; without one the usual one, and when that does not exist there are no profiles.
pub fn load(named: Option<&Path>) -> Result<Profiles, Failure> {
    let Some(path) = named.map(Path::to_owned).or_else(usual_place) else { return Ok(Profiles::new()) };
    let text = match File::open(&path).and_then(read) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
            return Ok(Profiles::new());
        }
        Err(error) => {
            let failure = Failure::new(Exit::BadConfig, format!("cannot read {}: {error}", path.display()));
            return Err(failure.with_hint("name a readable file with --config, or leave the flag out"));
        }
    };
    let source = Source::new(path.display().to_string(), text);
    let base = path.parent().unwrap_or(Path::new(""));
    parse(&source, base).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| explain(&source, problem)).collect();
        Failure::new(Exit::BadConfig, lines.join("\n"))
    })
}

/// Reads the text; relative paths in it start at `base`. Says everything that is wrong with it, not only the first.
pub fn parse(source: &Source, base: &Path) -> Result<Profiles, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    let at = |error: &toml::de::Error| span(error.span().unwrap_or_default());
    let mut problems: Vec<_> =
        errors.iter().map(|error| Diagnostic::new(Severity::Error, at(error), error.message())).collect();
    let mut profiles = Profiles::new();
    let mut top = Section::new("", table.get_ref(), &mut problems);
    top.each_within("server", |name, section| {
        profiles.insert(name.to_owned(), profile(section, base));
    });
    top.finish();
    problems.sort_by_key(|problem| problem.span);
    if problems.is_empty() { Ok(profiles) } else { Err(problems) }
}

/// Reads `[server.NAME]`.
fn profile(section: &mut Section<'_>, base: &Path) -> Profile {
    let mut profile = Profile::default();
    let Profile {
        ssh,
        names,
        ports,
        master,
        licences,
        steps,
        address,
        user,
        jump,
        identities,
        forward_to,
        hold,
        hosts,
        direct_on_site,
    } = &mut profile;
    let (a_name, a_flag) = ("a text, or \"\" for none", "true or false");
    let port = "a port from 1 to 65535, or 0 if it is not known";
    section.read("ssh", "what one types after ssh, such as \"ada@lic1\"", section::name, ssh);
    section.read("names", "a list of host names", section::host_names, names);
    section.read("ports", "a list of ports from 1 to 65535", section::ports, ports);
    section.read("master", port, section::port, master);
    section.read("licences", "a list of paths", |it| section::paths(it, base), licences);
    section.read("user", a_name, section::name, user);
    section.read("jump", a_name, section::name, jump);
    section.read("identities", "a list of paths", |it| section::paths(it, base), identities);
    section.read("forward_to", a_name, section::name, forward_to);
    section.read("hold", "a number of seconds from 0 to 600", section::seconds, hold);
    section.read("hosts", a_flag, section::flag, hosts);
    section.read("direct_on_site", a_flag, section::flag, direct_on_site);
    section.read("address", "an address from 127.64.0.1 to 127.127.255.254", section::address, address);
    section.read("look_in_licences", a_flag, section::flag, &mut steps.licence);
    section.read("ask_master", a_flag, section::flag, &mut steps.master);
    section.read("look_at_server", a_flag, section::flag, &mut steps.look);
    section.read("all_ports", a_flag, section::flag, &mut steps.all_ports);
    profile
}

/// The text of such a file, one of a sane size.
pub(crate) fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    if from.take(MAX_BYTES + 1).read_to_string(&mut text)? as u64 > MAX_BYTES {
        return Err(io::Error::other("it is too large for a configuration"));
    }
    Ok(text)
}

fn explain(source: &Source, problem: &Diagnostic) -> String {
    let line = problem.one_line(source);
    if problem.hint.is_empty() { line } else { format!("{line}\n  hint: {}", problem.hint) }
}

fn span(range: std::ops::Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(range.start), end: offset(range.end) }
}

/// An address that a person pins.
fn loopback(text: &str) -> Option<Loopback> {
    Loopback::try_from(text.parse::<Ipv4Addr>().ok()?).ok()
}
