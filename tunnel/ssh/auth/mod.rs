//! Logging in: agent, key files, certificates, questions, passwords.

use std::fmt;
use std::time::Duration;

use russh::MethodKind;
use russh::MethodSet;
use russh::client::{AuthResult, Handle, Handler};
use tokio::sync::watch;

use self::agent::Client;
use self::candidate::Candidate;
use self::keyfile::KeyFile;
use self::plan::{Outcome, Plan, Step};
use super::error::Ended;
use super::grace::Grace;
use super::session::Means;
use super::target::{Method, Target};

mod agent;
mod candidate;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod interactive;
mod keyfile;
mod offer;
mod plan;

/// How long the server may take over one step; slow directories and second factors on a telephone answer late.
const STEP: Duration = Duration::from_secs(90);

/// How long the server may take over all steps of one login together: two and a half times what OpenSSH's server gives its
/// clients (`LoginGraceTime`).
const ALL_STEPS: Duration = Duration::from_secs(300);

/// Why there is no login.
#[derive(Debug)]
pub enum LoginError {
    /// All that could be tried was refused.
    Refused(Box<Report>),
    /// The server hung up during the login.
    Disconnected(Ended, Box<Report>),
    /// The server did not answer a step: the name of the step.
    Silent(String),
    /// The server asks question upon question.
    Endless,
    /// The user ended a question.
    Cancelled,
}

/// What a login that failed has been through.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was offered, in this order.
    pub tried: Vec<String>,
    /// What was not offered, and why not.
    pub skipped: Vec<String>,
    /// What the server allows.
    pub allowed: Vec<String>,
}

impl LoginError {
    /// Whether trying again would only be refused again, and bring the account nearer to being locked.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Endless | Self::Cancelled => true,
            Self::Disconnected(_, report) => !report.tried.is_empty(),
            Self::Silent(_) => false,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(report) => write!(f, "{report}"),
            Self::Disconnected(why, report) if report.tried.len() > 1 => {
                write!(f, "{why}; {report}; fewer keys are offered with IdentitiesOnly yes")
            }
            Self::Disconnected(why, report) => write!(f, "{why}; {report}"),
            Self::Silent(step) => {
                write!(
                    f,
                    "the server gave no answer to the {step}; a password that has to be changed is changed with ssh"
                )
            }
            Self::Endless => write!(f, "the server does not stop asking questions"),
            Self::Cancelled => write!(f, "a question was not answered"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[String], none: &str| match items {
            [] => none.to_owned(),
            items => items.join(", "),
        };
        write!(f, "tried {}; ", list(&counted(&self.tried), "nothing"))?;
        if !self.skipped.is_empty() {
            write!(f, "could not use {}; ", self.skipped.join(", "))?;
        }
        write!(f, "the server allows {}", list(&self.allowed, "no way to log in that is known here"))?;
        if !self.tried.is_empty() {
            write!(f, "; where your account has another name: ACCOUNT@SERVER")?;
        }
        if self.allowed.iter().any(|method| method == "publickey") {
            write!(f, "; for a key of your own: ssh-keygen, then ssh-copy-id")?;
        }
        if !self.allowed.is_empty() && self.allowed.iter().all(|method| method == "gssapi-with-mic") {
            write!(
                f,
                " (Kerberos), which lictunnel does not speak; the ssh program does: \
                 `lictunnel print ssh` shows the command that takes the place of `lictunnel up`"
            )?;
        }
        Ok(())
    }
}

/// The items, of which those that are equal and follow on each other stand there once, with their number.
fn counted(items: &[String]) -> Vec<String> {
    let same = items.chunk_by(|one, next| one == next);
    same.map(|same| match same {
        [one] => one.clone(),
        [one, ..] => format!("{one} {} times", same.len()),
        [] => String::new(),
    })
    .collect()
}

/// Logs in, by as many steps as the server wants. Each key is offered once, and few answers are given: a login that fails is
/// not repeated here.
pub(super) async fn login<H: Handler>(
    handle: &mut Handle<H>,
    target: &Target,
    means: &Means,
    ended: &watch::Receiver<Option<Ended>>,
) -> Result<(), LoginError> {
    let mut login = Login::new(handle, target, means, ended);
    let Told::No { allowed, .. } = login.none().await? else { return Ok(()) };
    if allowed.contains(&Method::PublicKey) && target.methods.contains(&Method::PublicKey) {
        login.gather().await;
    }
    let can_ask = !target.batch && means.prompt.can_ask();
    let mut plan = Plan::new(&target.methods, allowed, login.candidates.len(), can_ask);
    while let Some(step) = plan.next() {
        match login.take(step).await? {
            Told::In => return Ok(()),
            Told::No { outcome, allowed } => plan.told(step, outcome, allowed),
        }
    }
    if !can_ask && target.methods.len() > 1 {
        login.report.skipped.push("passwords and codes (there is no terminal to ask at)".to_owned());
    }
    Err(LoginError::Refused(Box::new(login.report)))
}

/// What the server says to a step.
enum Told {
    In,
    No { outcome: Outcome, allowed: Vec<Method> },
}

struct Login<'a, H: Handler> {
    handle: &'a mut Handle<H>,
    target: &'a Target,
    means: &'a Means,
    ended: &'a watch::Receiver<Option<Ended>>,
    grace: Grace,
    agent: Option<Client>,
    files: Vec<KeyFile>,
    candidates: Vec<Candidate>,
    /// What the server allowed last.
    allowed: Vec<Method>,
    report: Report,
}

impl<'a, H: Handler> Login<'a, H> {
    fn new(
        handle: &'a mut Handle<H>,
        target: &'a Target,
        means: &'a Means,
        ended: &'a watch::Receiver<Option<Ended>>,
    ) -> Self {
        let (files, candidates, allowed) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            handle,
            target,
            means,
            ended,
            grace: Grace::new(STEP, ALL_STEPS),
            agent: None,
            files,
            candidates,
            allowed,
            report: Report::default(),
        }
    }

    /// Asks for nothing, to learn what the server allows.
    async fn none(&mut self) -> Result<Told, LoginError> {
        let user = self.target.user.clone();
        let answer = self.grace.wait(self.handle.authenticate_none(user)).await;
        let answer = answer.ok_or_else(|| LoginError::Silent("first request".to_owned()))?;
        self.answer(answer.ok(), Outcome::Refused).await
    }

    async fn take(&mut self, step: Step) -> Result<Told, LoginError> {
        match step {
            Step::Key(number) => self.offer(number, false).await,
            Step::OtherHash(number) => self.offer(number, true).await,
            Step::Interactive => self.interactive().await,
            Step::Password => self.password().await,
        }
    }

    /// What an answer means; `no` is what a plain refusal counts as. The library also says "refused" when the session ended.
    async fn answer(&mut self, answer: Option<AuthResult>, no: Outcome) -> Result<Told, LoginError> {
        match answer {
            Some(AuthResult::Success) => Ok(Told::In),
            Some(AuthResult::Failure { remaining_methods, partial_success })
                if !remaining_methods.is_empty() =>
            {
                Ok(self.no(&remaining_methods, if partial_success { Outcome::Partial } else { no }))
            }
            _ => Err(self.gone().await),
        }
    }

    fn no(&mut self, remaining: &MethodSet, outcome: Outcome) -> Told {
        self.report.allowed = remaining.iter().map(String::from).collect();
        self.allowed = remaining.iter().filter_map(known).collect();
        Told::No { outcome, allowed: self.allowed.clone() }
    }

    fn skip(&mut self, what: String) -> Told {
        self.report.skipped.push(what);
        Told::No { outcome: Outcome::Skipped, allowed: self.allowed.clone() }
    }

    /// The session ended during the login: because the server allows nothing more, or for a reason of its own.
    async fn gone(&mut self) -> LoginError {
        let report = Box::new(std::mem::take(&mut self.report));
        match self.grace.wait(super::session::closed(self.ended)).await {
            Some(Ended::Lost(why)) if why == russh::Error::NoAuthMethod.to_string() => {
                LoginError::Refused(report)
            }
            Some(why) => LoginError::Disconnected(why, report),
            None => LoginError::Silent("last request".to_owned()),
        }
    }

    /// Finds all keys that might be offered.
    async fn gather(&mut self) {
        let target = self.target;
        let held = match agent::connect(&target.agent, self.handle.agent_session_binding()).await {
            Ok(Some((client, held))) => {
                self.agent = Some(client);
                held
            }
            Ok(None) => Vec::new(),
            Err(why) => {
                self.report.skipped.push(format!("the agent ({why})"));
                Vec::new()
            }
        };
        let (mut publics, mut agent_only, mut certificates) = (Vec::new(), Vec::new(), Vec::new());
        certificates.extend(target.certificates.iter().filter_map(|path| keyfile::certificate(path)));
        for path in &target.identities {
            certificates.extend(keyfile::certificate(&keyfile::beside(path, "-cert.pub")));
            if path.extension().is_some_and(|extension| extension == "pub") {
                agent_only.extend(keyfile::public(path));
                continue;
            }
            match keyfile::read(path) {
                Some(Ok(file)) => {
                    publics.push(file.public.clone());
                    self.files.push(file);
                }
                Some(Err(why)) => self.report.skipped.push(format!("the key {} ({why})", path.display())),
                // Only the agent has the private half.
                None => agent_only.extend(keyfile::public(&keyfile::beside(path, ".pub"))),
            }
        }
        let files = candidate::Configured { files: &publics, agent_only: &agent_only };
        self.candidates = candidate::order(&files, &certificates, &held, target.identities_only);
    }
}

/// The methods that we know.
fn known(method: &MethodKind) -> Option<Method> {
    match method {
        MethodKind::PublicKey => Some(Method::PublicKey),
        MethodKind::KeyboardInteractive => Some(Method::KeyboardInteractive),
        MethodKind::Password => Some(Method::Password),
        MethodKind::None | MethodKind::HostBased | MethodKind::GssapiWithMic => None,
    }
}
