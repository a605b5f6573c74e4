//! `licgate.toml`: how the daemons run. Every key has a working default, so the file may be absent.

mod section;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use licgate_core::ledger::Patience;
use licgate_core::licence::VendorKey;
use licgate_core::text::{Diagnostic, Severity, Source, Span};
use toml::de::DeTable;

use crate::failure::{Exit, Failure};
use section::Section;

/// Where the configuration is looked for when no `--config` names it.
pub const SYSTEM_FILE: &str = "/etc/licgate/licgate.toml";
/// A configuration file is small; what is larger is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// How the daemons run.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Addresses that the master and its vendor daemons listen on.
    pub listen: Vec<IpAddr>,
    /// Where identity, journal, lock and admin socket live; `None`: the usual place of the user.
    pub state_dir: Option<PathBuf>,
    /// What is logged: directives of `tracing_subscriber::EnvFilter`.
    pub log: String,
    /// How long a lease lives without a word from its client.
    pub patience: Patience,
    /// Connections at the same time, for each daemon; and how many requests may wait at a vendor daemon.
    pub connections: usize,
    /// How many days the journal keeps history that no live lease needs.
    pub keep_days: u32,
    /// Members of this group may administer the host through the admin socket.
    pub admin_group: Option<String>,
    /// The public keys of vendors.
    pub vendors: BTreeMap<String, KeySource>,
}

/// Where a vendor's public key is.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySource {
    /// Here.
    Key(VendorKey),
    /// In this file.
    File(PathBuf),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()],
            state_dir: None,
            log: "info".to_owned(),
            patience: Patience { silence: Duration::from_secs(120), grace: Duration::from_secs(20) },
            connections: 10_000,
            keep_days: 400,
            admin_group: None,
            vendors: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the file that `--config` names; without one [`SYSTEM_FILE`], and when that does not exist the defaults.
    pub fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or(Path::new(SYSTEM_FILE));
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                let failure =
                    Failure::new(Exit::BadConfig, format!("cannot read {}: {error}", path.display()));
                return Err(failure.with_hint("name a readable file with --config, or leave the flag out"));
            }
        };
        let source = Source::new(path.display().to_string(), text);
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&source, base).map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(|problem| explain(&source, problem)).collect();
            Failure::new(Exit::BadConfig, lines.join("\n"))
        })
    }

    /// Reads the text; relative paths in it start at `base`. Says everything that is wrong with it, not only the first.
    pub fn parse(source: &Source, base: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (table, errors) = DeTable::parse_recoverable(source.text());
        let mut problems: Vec<_> = errors
            .iter()
            .map(|error| {
                Diagnostic::new(Severity::Error, span(error.span().unwrap_or_default()), error.message())
            })
            .collect();
        let config = Self::resolve(table.get_ref(), base, &mut problems);
        problems.sort_by_key(|problem| problem.span);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    fn resolve(table: &DeTable<'_>, base: &Path, problems: &mut Vec<Diagnostic>) -> Self {
        let mut config = Self::default();
        let Self { listen, state_dir, log, patience, connections, keep_days, admin_group, vendors } =
            &mut config;
        let mut top = Section::new("", table, problems);
        top.read("listen", "a list of addresses such as [\"0.0.0.0\"]", section::addresses, listen);
        top.read("state_dir", "a path, or \"\" for the usual place", |it| section::path(it, base), state_dir);
        top.read("log", "log directives such as \"info\" or \"debug\"", section::directives, log);
        top.within("lease", |lease| {
            let expected = "a time from 1s to 30d such as \"120s\"";
            lease.read("silence", expected, section::duration, &mut patience.silence);
            lease.read("grace", expected, section::duration, &mut patience.grace);
        });
        top.within("limits", |limits| {
            let expected = "a number from 1 to 1000000";
            limits.read("connections", expected, section::number(1..=1_000_000), connections);
        });
        top.within("journal", |journal| {
            let expected = "a number of days from 1 to 36500";
            journal.read("keep_days", expected, section::number(1..=36_500), keep_days);
        });
        top.within("admin", |admin| {
            admin.read("group", "the name of a group, or \"\" for none", section::name, admin_group);
        });
        top.each_within("vendor", |name, vendor| {
            vendors.extend(key_source(vendor, base).map(|source| (name.to_owned(), source)));
        });
        top.finish();
        config
    }
}

/// Reads `[vendor.NAME]`, which has to name the key in one way.
fn key_source(vendor: &mut Section<'_>, base: &Path) -> Option<KeySource> {
    let (mut key, mut file) = (None, None);
    vendor.read("key", "a public key such as \"ed25519:…\"", section::key, &mut key);
    vendor.read("key_file", "the path of a public key file", |it| section::path(it, base), &mut file);
    match (key, file) {
        (Some(_), Some(_)) => vendor.complain("has both key and key_file", "keep one of them"),
        (Some(key), None) => return Some(KeySource::Key(key)),
        (None, Some(file)) => return Some(KeySource::File(file)),
        (None, None) if vendor.names("key") || vendor.names("key_file") => {}
        (None, None) => vendor.complain("has no key", "give it key = \"ed25519:…\" or key_file = \"…\""),
    }
    None
}

fn read(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::other("the file is too large for a configuration"));
    }
    std::fs::read_to_string(path)
}

fn explain(source: &Source, problem: &Diagnostic) -> String {
    let line = problem.one_line(source);
    if problem.hint.is_empty() { line } else { format!("{line}\n  hint: {}", problem.hint) }
}

fn span(range: std::ops::Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(range.start), end: offset(range.end) }
}

#[cfg(test)]
mod tests;
