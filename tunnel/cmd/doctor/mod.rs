//! `doctor`: tries each link of the chain from here to the licence server and says which is broken.

mod near;
mod report;

use std::io::{self, Write as _};
use std::sync::Arc;

use tracing_subscriber::fmt::writer::BoxMakeWriter;

use self::report::Report;
use super::screen::Screen;
use super::{GRACE, begin_log_to, runtime};
use crate::discover::Role;
use crate::engine::{Real, Shared, Spec, World as _};
use crate::failure::{Exit, Failure};
use crate::plan::{Plan, left_alone};
use crate::ssh::error::SshError;
use crate::ssh::prompt::Prompt;
use crate::ssh::session::{Refused, Session};
use crate::ssh::target::{Route, Target};
use crate::tasks::Tasks;

/// A port that listens on every ssh server, to see whether it forwards at all.
const SSH: u16 = 22;
/// The links between here and the licence server, those of single ports aside.
const FAR: [&str; 7] =
    ["configuration", "real address", "ssh port", "host key", "login", "licence ports", "forwarding"];

/// Checks the chain to a server and prints what it sees. At a terminal it shows at which link it is.
pub(super) fn doctor(spec: &Spec, json: bool, loud: u8) -> Result<(), Failure> {
    let tasks = Tasks::new();
    let screen = Arc::new(Screen::new(&tasks));
    begin_log_to(BoxMakeWriter::new(Arc::clone(&screen)), "error", loud, false);
    let report = runtime()?.block_on(async {
        let shown = Arc::clone(&screen);
        let mut report = Report::new(move |link| shown.show_live(progress(link)));
        let prompt: Arc<dyn Prompt> = screen;
        let shared = Arc::new(Shared::new(prompt, spec.at_terminal, std::slice::from_ref(spec), &tasks));
        let plan = far(spec, shared, &mut report).await;
        report.leave_out_rest(&FAR);
        report.say("hosts file", near::hosts_file(spec));
        near::application(spec, plan.as_ref(), &mut report).await;
        report.end();
        tasks.drain(GRACE).await;
        report
    });
    let text = if json { report.json() } else { report.text() };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    if report.is_good() { Ok(()) } else { Err(Failure::new(Exit::No, "")) }
}

/// The last line of a terminal while this link is looked at.
fn progress(link: &str) -> String {
    if link.is_empty() { String::new() } else { format!("looking at: {link} …") }
}

/// The links beyond this machine; the plan, if they lead to one.
async fn far(spec: &Spec, shared: Arc<Shared>, report: &mut Report) -> Option<Plan> {
    report.begin("configuration");
    let target = report.add("configuration", spec.target().await, configuration)?;
    let world = match Real::new(spec.clone(), shared) {
        Ok(world) => world,
        Err(failure) => {
            report.say("local address", Err(failure));
            return None;
        }
    };
    address(&world, &target, report).await?;
    let session = session(&world, &target, report).await?;
    report.begin("licence ports");
    let mut notes = Vec::new();
    let found = world.find_with(&session, |note| notes.push(note.to_string())).await;
    let plan = report.add("licence ports", found, |plan| ports(plan, &notes));
    let told = plan.as_ref().and_then(|plan| left_alone(&plan.strange_names));
    told.into_iter().for_each(|told| report.say("names", Err(told)));
    report.begin("forwarding");
    match &plan {
        Some(plan) => licence_server(&world, &session, plan, report).await,
        None => report.say("forwarding", forwards(spec, &session).await),
    }
    session.close().await;
    plan
}

/// The ports, and how they came to be known; where there are none, the failure says it.
fn ports(plan: &Plan, notes: &[String]) -> String {
    let ports: Vec<_> = plan.forwards.iter().map(|port| format!("{} ({})", port.number, port.role)).collect();
    [&[ports.join(", ")], notes].concat().join("\n")
}

fn configuration(target: &Target) -> String {
    let Target { user, host, port, .. } = target;
    let way = match &target.route {
        Route::Direct => String::new(),
        Route::Jump(hops) => {
            let hops: Vec<_> = hops.iter().map(|hop| format!("{}:{}", hop.host, hop.port)).collect();
            format!(", over {}", hops.join(", "))
        }
        Route::Command(command) => format!(", through the command `{command}`"),
    };
    format!("ssh goes to {user}@{host}:{port}{way}")
}

/// The address of the host that is called first: the server itself, or a jump host before it.
async fn address(world: &Real, target: &Target, report: &mut Report) -> Option<()> {
    let first = match &target.route {
        Route::Direct => target,
        Route::Jump(hops) => hops.first().unwrap_or(target),
        Route::Command(_) => {
            report.leave_out("real address", "the command of the configuration finds it");
            return Some(());
        }
    };
    report.begin("real address");
    let found = world.means().resolve.addresses(&first.host).await;
    let found = found.map_err(|error| Failure::new(Exit::Unreachable, error.to_string()));
    let words = |addresses: &Vec<_>| {
        let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        format!("{} is {}", first.host, list.join(", "))
    };
    report.add("real address", found, words).map(drop)
}

/// Opens a session; how that fails shows how far it came.
async fn session(world: &Real, target: &Target, report: &mut Report) -> Option<Session> {
    report.begin("ssh port, host key, login");
    let opened = Session::open(target, world.means()).await;
    let broken = match &opened {
        Ok(_) => None,
        Err(SshError::HostKey { .. }) => Some("host key"),
        Err(SshError::Login { .. }) => Some("login"),
        Err(_) => Some("ssh port"),
    };
    let at = format!("{}:{}", target.host, target.port);
    for (link, words) in [("ssh port", "takes connections"), ("host key", "has the key that is known")] {
        if broken == Some(link) {
            break;
        }
        report.say(link, Ok(format!("{at} {words}")));
    }
    let session = match opened {
        Ok(session) => session,
        Err(error) => {
            let failure = Failure::new(Exit::Unreachable, error.to_string());
            return report.add(broken.unwrap_or("login"), Err(failure), |_| String::new());
        }
    };
    let time = world
        .ping(&session)
        .await
        .map_or(String::new(), |time| format!(", round trip {:.1} ms", time.as_secs_f64() * 1000.0));
    report.say("login", Ok(format!("{} is let in{time}", target.user)));
    Some(session)
}

/// Whether the ssh server forwards at all, where no port is known to try it with.
async fn forwards(spec: &Spec, session: &Session) -> Result<String, Failure> {
    let host = spec.profile.forward_to.as_deref().unwrap_or("localhost");
    match session.connect(host, SSH).await {
        Ok(_) | Err(Refused::ConnectFailed) => Ok(format!("{} forwards connections", session.at())),
        Err(why) => Err(Failure::new(Exit::NotAllowed, format!("to {host}:{SSH}: {why}")).with_hint(
            "ask the administrator of the ssh server to allow it; where only some ports are allowed, name those of the \
             licence server with --ports",
        )),
    }
}

/// The licence server as a whole, then each port of it.
async fn licence_server(world: &Real, session: &Session, plan: &Plan, report: &mut Report) {
    let host = match world.verify(session, plan).await {
        Ok(host) => host,
        Err(failure) if failure.exit == Exit::NotAllowed => return report.say("forwarding", Err(failure)),
        Err(failure) => {
            report.say("forwarding", Ok(format!("{} forwards connections", session.at())));
            return report.say("licence server", Err(failure));
        }
    };
    report.say("forwarding", Ok(format!("{} forwards connections to {host}", session.at())));
    for port in &plan.forwards {
        let link = format!("port {}", port.number);
        report.begin(&link);
        match (session.connect(&host, port.number).await, &port.role) {
            (Ok(_), role) => report.say(&link, Ok(format!("{role}: answers"))),
            // One of them did.
            (Err(why), Role::Candidate) => report.leave_out(&link, format!("{}: {why}", port.role)),
            (Err(why), role) => {
                let hint = match role {
                    Role::Vendor(name) => {
                        format!("see in the licence server's log whether {name} runs, and at which port")
                    }
                    _ => "start the licence server there, or correct the number of the port".to_owned(),
                };
                let failure = Failure::new(Exit::NotServing, format!("{role}: {why}"));
                report.say(&link, Err(failure.with_hint(hint)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Port;

    #[test]
    fn ports_are_told_with_what_was_seen_on_the_way() {
        let plan = Plan {
            address: [127, 77, 3, 1].into(),
            names: Vec::new(),
            strange_names: Vec::new(),
            hosts: Vec::new(),
            forwards: vec![Port { number: 1715, role: Role::Master }],
            is_whole: true,
        };
        let note = "a look at the server: the port of MLM cannot be seen by this account".to_owned();
        assert_eq!(ports(&plan, std::slice::from_ref(&note)), format!("1715 (master daemon)\n{note}"));
        assert_eq!((progress("login"), progress("")), ("looking at: login …".into(), String::new()));
    }
}
