//! Our own reader of `ssh_config`, for machines without OpenSSH. It is held against `ssh -G` in the tests.
//!
//! It differs on purpose: an option that nobody knows is a remark and not an error, since the machine has no OpenSSH to
//! say which version's options are right; host names are not made canonical, since that asks the name service.

mod criteria;
mod line;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::build::host_name;
use super::destination::Destination;
use super::expand::{Tokens, tilde, variables};
use super::local::Local;
use super::settings::{Heard, Settings, is_none};
use super::{ConfigError, Request};
use crate::ssh::pattern::{Listed, listed};

/// How deep files may include each other, as in OpenSSH.
const DEPTH: usize = 16;
/// How many files one evaluation may read, so that includes cannot multiply without end.
const READS: usize = 1_000;

/// The files of this machine, or of a test.
pub(super) trait Files {
    /// The text of a file; `None` when there is no such file. With `guarded` a file that others may write is refused.
    fn read(&self, path: &Path, guarded: bool) -> io::Result<Option<String>>;
    /// The files that a glob pattern names, in alphabetical order.
    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String>;
}

/// A file to begin with.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Whether relative includes begin in the user's directory, else in the machine's.
    pub(super) user: bool,
    /// Whether it is refused when others may write it.
    pub(super) guarded: bool,
    /// Whether it has to be there.
    pub(super) needed: bool,
}

/// How far an evaluation came.
#[derive(Debug)]
pub(super) enum Reading {
    /// The settings, and remarks for the user.
    Done(Box<Settings>, Vec<String>),
    /// Run this command in the user's shell, put whether it succeeded into the answers, and read again.
    Asks(String),
}

/// Evaluates `sources` for `request`. `answers` holds the commands of `Match exec` that were run already.
pub(super) fn read(
    request: &Request,
    sources: &[Source],
    local: &Local,
    files: &dyn Files,
    answers: &BTreeMap<String, bool>,
) -> Result<Reading, ConfigError> {
    let typed = request.destination.host.clone();
    let mut reader = Reader {
        local,
        files,
        answers,
        settings: given(request),
        remarks: Vec::new(),
        host: typed.clone(),
        typed,
        last_pass: false,
        wants_last_pass: false,
        reads: 0,
    };
    match reader.run(sources) {
        Ok(()) => Ok(Reading::Done(Box::new(reader.settings), reader.remarks)),
        Err(Stop::Asks(command)) => Ok(Reading::Asks(command)),
        Err(Stop::Bad(error)) => Err(error),
    }
}

/// What the command line says, which stands before all files.
fn given(request: &Request) -> Settings {
    Settings {
        user: request.user().map(str::to_owned),
        port: request.port(),
        jump: request.jump.clone(),
        identities: request.identities.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        ..Settings::default()
    }
}

/// Why the reading of a file ends before its end.
enum Stop {
    Asks(String),
    Bad(ConfigError),
}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Self {
        Self::Bad(error)
    }
}

/// A line of a file: for errors, and for what depends on where it stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p Path,
    line: usize,
    user: bool,
    depth: usize,
}

impl Place<'_> {
    fn bad(&self, why: impl Into<String>) -> Stop {
        Stop::Bad(ConfigError::Line { file: self.path.to_owned(), line: self.line, why: why.into() })
    }
}

struct Reader<'a> {
    local: &'a Local,
    files: &'a dyn Files,
    answers: &'a BTreeMap<String, bool>,
    settings: Settings,
    remarks: Vec<String>,
    typed: String,
    /// What `Host` is held against: what was typed, and in the last pass the name that it came to.
    host: String,
    last_pass: bool,
    wants_last_pass: bool,
    reads: usize,
}

impl Reader<'_> {
    /// One pass, and where `Match final` or `CanonicalizeHostname` wants it another, with what the first one found.
    fn run(&mut self, sources: &[Source]) -> Result<(), Stop> {
        self.pass(sources)?;
        if self.settings.canonicalize == Some(true) {
            self.remarks.push("CanonicalizeHostname has no effect without OpenSSH on this machine".into());
            self.wants_last_pass = true;
        }
        if self.wants_last_pass {
            self.last_pass = true;
            let host = host_name(&self.settings, &self.typed, self.local).map_err(ConfigError::Value)?;
            self.settings.host_name = Some(host.replace('%', "%%"));
            self.host = host;
            self.pass(sources)?;
        }
        Ok(())
    }

    fn pass(&mut self, sources: &[Source]) -> Result<(), Stop> {
        for source in sources {
            let place = Place { path: &source.path, line: 0, user: source.user, depth: 0 };
            if !self.file(place, source.guarded, true)? && source.needed {
                let error = io::ErrorKind::NotFound.into();
                return Err(ConfigError::File { file: source.path.clone(), error }.into());
            }
        }
        Ok(())
    }

    /// Reads one file, of which nothing counts unless `outer`; false when it does not exist.
    fn file(&mut self, start: Place<'_>, guarded: bool, outer: bool) -> Result<bool, Stop> {
        self.reads += 1;
        if start.depth > DEPTH || self.reads > READS {
            return Err(start.bad("too many files include each other"));
        }
        let text = self.files.read(start.path, guarded);
        let text = text.map_err(|error| ConfigError::File { file: start.path.to_owned(), error })?;
        let Some(text) = text else { return Ok(false) };
        let mut active = outer;
        for (index, line) in text.lines().enumerate() {
            let place = Place { line: index + 1, ..start };
            self.line(place, line, outer, &mut active)?;
        }
        Ok(true)
    }

    fn line(&mut self, place: Place<'_>, text: &str, outer: bool, active: &mut bool) -> Result<(), Stop> {
        let Some((keyword, rest)) = line::keyword(text) else { return Ok(()) };
        let raw = rest.trim_start_matches(['=', ' ', '\t']);
        let values = match keyword.as_str() {
            "proxycommand" => vec![raw.to_owned()],
            "proxyjump" => vec![raw.split('#').next().unwrap_or_default().trim_end().to_owned()],
            _ => line::values(rest).map_err(|why| place.bad(why))?,
        };
        if values.first().is_none_or(String::is_empty) {
            return Err(place.bad(format!("{keyword} has no value")));
        }
        match keyword.as_str() {
            "host" => *active = outer && self.is_host(&values),
            "match" => *active = self.matches(place, &values, outer)?,
            "include" => self.include(place, &values, *active)?,
            _ => self.option(place, &keyword, &values, *active)?,
        }
        Ok(())
    }

    fn is_host(&self, patterns: &[String]) -> bool {
        listed(patterns.iter().map(String::as_str), &self.host) == Listed::Yes
    }

    /// A line that does not count is checked all the same: a typing error shows at once, not at another host.
    fn option(
        &mut self,
        place: Place<'_>,
        keyword: &str,
        values: &[String],
        active: bool,
    ) -> Result<(), Stop> {
        if let ("proxyjump", Some(hops)) = (keyword, values.first()) {
            check_hops(hops).map_err(|why| place.bad(why))?;
        }
        let mut unused = Settings::default();
        let settings = if active { &mut self.settings } else { &mut unused };
        let heard = settings.set(keyword, values).map_err(|why| place.bad(why))?;
        if heard == Heard::Heeded && values.len() > 1 && !keyword.ends_with("knownhostsfile") {
            return Err(place.bad(format!("{keyword} takes one value; put quotes around one with blanks")));
        }
        let ignored = self.settings.ignore_unknown.as_deref().unwrap_or_default();
        if heard == Heard::Unknown && listed(ignored.split(','), keyword) != Listed::Yes && !self.last_pass {
            let Place { path, line, .. } = place;
            self.remarks
                .push(format!("{}:{line}: {keyword} is no option of ssh and has no effect", path.display()));
        }
        Ok(())
    }

    fn include(&mut self, place: Place<'_>, patterns: &[String], active: bool) -> Result<(), Stop> {
        let directory = if place.user { self.local.user_dir() } else { self.local.system_dir() };
        for pattern in patterns {
            let pattern = tilde(pattern, self.local).and_then(|pattern| variables(&pattern, self.local));
            let pattern = directory.join(pattern.map_err(|why| place.bad(why))?);
            let found = self.files.matching(&pattern.to_string_lossy()).map_err(|why| place.bad(why))?;
            for path in found {
                let start = Place { path: &path, line: 0, user: place.user, depth: place.depth + 1 };
                self.file(start, true, active)?;
            }
        }
        Ok(())
    }

    /// The tokens as far as they are known while reading.
    fn expanded(&self, text: &str) -> Result<String, String> {
        let host = host_name(&self.settings, &self.typed, self.local)?;
        let user = self.settings.user.as_deref().unwrap_or(&self.local.user);
        let jump = self.settings.jump.as_deref().unwrap_or_default();
        let alias = self.settings.host_key_alias.as_deref().unwrap_or(&self.typed);
        let port = self.settings.port.unwrap_or(22);
        let tokens = Tokens { local: self.local, typed: &self.typed, host: &host, port, user, alias, jump };
        tokens.expand(text, super::expand::ALL)
    }
}

fn check_hops(hops: &str) -> Result<(), String> {
    if is_none(hops) {
        return Ok(());
    }
    hops.split(',').try_for_each(|hop| match hop.trim().parse::<Destination>() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    })
}
