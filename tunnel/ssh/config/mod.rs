//! The user's ssh configuration: evaluated by OpenSSH itself where it is installed, else by our own reader.
//!
//! Both ways end in the same settings, from which one place makes the [`Target`]:
//! `ssh -G` prints → `dump`, or files → `reader`; then `build`. Jump hosts go through the same function.
//!
//! | part | what it does | pure |
//! |---|---|---|
//! | `destination` | `[user@]host[:port]` | yes |
//! | `openssh` | runs `ssh -G` | |
//! | `dump` | reads what that prints | yes |
//! | `reader` | reads the files, where there is no OpenSSH | yes |
//! | `settings` | options, and which of two wins | yes |
//! | `expand`, `build` | tokens, defaults, the target | yes |
//! | `local`, `files` | this machine | |
//! | `fuzzing` | the pure parts on a made-up machine, for `tests/fuzz` | yes |

mod build;
mod destination;
mod dump;
mod expand;
mod files;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod local;
mod openssh;
mod reader;
mod settings;
#[cfg(any(test, feature = "fuzzing"))]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use build::{Built, build, hops};
pub use destination::{BadDestination, Destination};
use files::SystemFiles;
use local::Local;
use reader::{Reading, Source};
use settings::{Settings, is_none};

use super::target::{Route, Target};

/// How many jump hosts there may be on the way to one target.
const HOPS: usize = 16;
/// How many different commands of `Match exec` one evaluation may run.
const COMMANDS: usize = 64;

/// What the user asks for; the configuration says the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What was typed.
    pub destination: Destination,
    /// An account that wins over the one in `destination`.
    pub user: Option<String>,
    /// A port that wins over the one in `destination`.
    pub port: Option<u16>,
    /// Private key files to try before those of the configuration.
    pub identities: Vec<PathBuf>,
    /// Jump hosts as `ProxyJump` has them, or `none`; they win over the configuration.
    pub jump: Option<String>,
    /// A configuration file to read instead of the user's and the machine's; `none` for no file at all.
    pub file: Option<PathBuf>,
}

impl Request {
    /// A request without any further wishes.
    pub fn new(destination: Destination) -> Self {
        Self { destination, user: None, port: None, identities: Vec::new(), jump: None, file: None }
    }

    fn user(&self) -> Option<&str> {
        self.user.as_deref().or(self.destination.user.as_deref())
    }

    fn port(&self) -> Option<u16> {
        self.port.or(self.destination.port)
    }
}

/// What a request comes to.
#[derive(Debug)]
pub struct Evaluated {
    /// Whom to call and how, jump hosts included.
    pub target: Target,
    /// What is odd in the files but hinders nothing, in the words for the user.
    pub remarks: Vec<String>,
    /// The program that evaluated the files; `None` when it was our own reader.
    pub openssh: Option<PathBuf>,
}

/// Why there is no target.
#[derive(Debug)]
pub enum ConfigError {
    /// The system does not say where the user's home is.
    NoHome,
    /// A line of a file is wrong.
    Line {
        /// The file.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A file cannot be read.
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A value is wrong that was put together from several places.
    Value(String),
    /// OpenSSH could not evaluate the files: what it said, or what hindered it.
    OpenSsh(String),
    /// A jump host cannot be evaluated.
    Hop {
        /// As it is written.
        hop: String,
        /// Why.
        error: Box<Self>,
    },
    /// The way to a host leads through itself.
    Loop(String),
    /// There are too many jump hosts on the way.
    TooManyHops,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str("this system does not say where your home directory is; set HOME"),
            Self::Line { file, line, why } => write!(f, "{}:{line}: {why}", file.display()),
            Self::File { file, error } => write!(f, "cannot read {}: {error}", file.display()),
            Self::Value(why) => write!(f, "ssh configuration: {why}"),
            Self::OpenSsh(said) => write!(f, "ssh cannot evaluate its configuration: {said}"),
            Self::Hop { hop, error } => write!(f, "jump host {hop}: {error}"),
            Self::Loop(host) => {
                write!(
                    f,
                    "the way to {host} leads through {host} itself; write `ProxyJump none` for that host"
                )
            }
            Self::TooManyHops => write!(f, "there are more than {HOPS} jump hosts on the way"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Evaluates the ssh configuration for `request`.
///
/// Runs `ssh -G`, or without OpenSSH the commands of `Match exec`, each for 15 s at most.
pub async fn evaluate(request: &Request) -> Result<Evaluated, ConfigError> {
    let local = Local::measure().ok_or(ConfigError::NoHome)?;
    let openssh = openssh::find(&local);
    Evaluator { local, openssh, remarks: Vec::new() }.evaluate(request).await
}

struct Evaluator {
    local: Local,
    openssh: Option<PathBuf>,
    remarks: Vec<String>,
}

impl Evaluator {
    async fn evaluate(mut self, request: &Request) -> Result<Evaluated, ConfigError> {
        let Built { mut target, mut hops } = self.one(request).await?;
        let mut way: Vec<Target> = Vec::new();
        // The first hop may have a way of its own, whose first hop again may have one.
        while !hops.is_empty() {
            let mut part = Vec::new();
            let mut before = Vec::new();
            for (index, hop) in hops.iter().enumerate() {
                let built = self.hop(hop, request.file.as_deref(), index == 0).await?;
                before.extend(built.hops);
                part.push(built.target);
            }
            way.splice(..0, part);
            if way.len() > HOPS {
                return Err(ConfigError::TooManyHops);
            }
            check_loop(&way, &target)?;
            hops = before;
        }
        if !way.is_empty() {
            target.route = Route::Jump(way);
        }
        Ok(Evaluated { target, remarks: self.remarks, openssh: self.openssh })
    }

    /// A hop. Only for the first does it matter how its own configuration would reach it: the others are reached
    /// through the hop before them.
    async fn hop(
        &mut self,
        hop: &Destination,
        file: Option<&Path>,
        first: bool,
    ) -> Result<Built, ConfigError> {
        let mut request = Request { file: file.map(Path::to_owned), ..Request::new(hop.clone()) };
        if !first {
            request.jump = Some("none".into());
        }
        let built = self.one(&request).await;
        let mut built =
            built.map_err(|error| ConfigError::Hop { hop: hop.to_string(), error: Box::new(error) })?;
        if !first {
            built.target.route = Route::Direct;
        }
        Ok(built)
    }

    async fn one(&mut self, request: &Request) -> Result<Built, ConfigError> {
        if let Some(user) = request.user() {
            destination::check_user(user).map_err(|why| ConfigError::Value(format!("{user:?}: {why}")))?;
        }
        // It may end up on the command line of a `Match exec`, as the account may.
        if let Some(jump) = request.jump.as_deref().filter(|jump| !is_none(jump)) {
            hops(jump).map_err(ConfigError::Value)?;
        }
        let settings = match &self.openssh {
            Some(program) => match openssh::evaluate(program, request).await? {
                Some(printed) => dump::parse(&printed).map_err(ConfigError::OpenSsh)?,
                // Too old for -G.
                None => {
                    self.openssh = None;
                    self.read(request).await?
                }
            },
            None => self.read(request).await?,
        };
        build(&settings, request, &self.local).map_err(ConfigError::Value)
    }

    /// Once: every hop reads the same files.
    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Our own reader, with the commands it asks for run in between.
    async fn read(&mut self, request: &Request) -> Result<Settings, ConfigError> {
        let sources = sources(request, &self.local);
        let mut answers = BTreeMap::new();
        loop {
            match reader::read(request, &sources, &self.local, &SystemFiles, &answers)? {
                Reading::Done(settings, remarks) => {
                    remarks.into_iter().for_each(|remark| self.remark(remark));
                    return Ok(*settings);
                }
                Reading::Asks(command) if answers.len() < COMMANDS => {
                    let succeeded = openssh::succeeds(&command).await?;
                    answers.insert(command, succeeded);
                }
                Reading::Asks(_) => {
                    return Err(ConfigError::Value(format!("more than {COMMANDS} commands of Match exec")));
                }
            }
        }
    }
}

/// The file that was asked for, else the user's and then the machine's.
fn sources(request: &Request, local: &Local) -> Vec<Source> {
    match &request.file {
        Some(file) if file.as_os_str() == "none" => Vec::new(),
        Some(file) => {
            vec![Source { path: local.directory.join(file), user: true, guarded: false, needed: true }]
        }
        None => vec![
            Source { path: local.user_dir().join("config"), user: true, guarded: true, needed: false },
            Source {
                path: local.system_dir().join("ssh_config"),
                user: false,
                guarded: false,
                needed: false,
            },
        ],
    }
}

fn check_loop(way: &[Target], target: &Target) -> Result<(), ConfigError> {
    let mut seen = std::collections::BTreeSet::new();
    for hop in way.iter().chain([target]) {
        if !seen.insert((&hop.host, hop.port, &hop.user)) {
            return Err(ConfigError::Loop(hop.host.clone()));
        }
    }
    Ok(())
}
