//! launchd: an agent of the user's own session, or a daemon that runs as root.

use std::path::PathBuf;

use super::plan::{Service, Step, file};

/// The property list that people copy by hand; this is where its text is.
pub(super) const PLIST: &str = include_str!("../../../config/launchd/lictunnel.lic1.plist");
/// What stands in it for the program.
pub(super) const PROGRAM: &str = "<string>/usr/local/bin/lictunnel</string>\n";
/// What stands in it for the server.
pub(super) const SERVER: &str = "lic1";
/// What stands in it for the folder of the log.
pub(super) const LOGS: &str = "/Users/ada/Library/Logs";

/// Writes the property list and starts the service now and at every login or boot.
pub(super) fn install(service: &Service) -> Vec<Step> {
    let path = path(service);
    let (domain, target) = (domain(service), target(service));
    vec![
        Step::Write(path.clone(), plist(service)),
        // One that is loaded would keep its old text.
        Step::attempt(&["launchctl", "bootout", &target]),
        Step::run(&["launchctl", "enable", &target]),
        Step::run(&["launchctl", "bootstrap", &domain, &path.display().to_string()]),
    ]
}

/// Stops it and removes its property list.
pub(super) fn remove(service: &Service) -> Vec<Step> {
    vec![Step::attempt(&["launchctl", "bootout", &target(service)]), Step::Delete(path(service))]
}

/// Where launchd runs it.
pub(super) fn domain(service: &Service) -> String {
    if service.is_system { "system".to_owned() } else { format!("gui/{}", service.account) }
}

/// Where its log is.
pub(super) fn log(service: &Service) -> PathBuf {
    service.logs.join(format!("{}.log", label(service)))
}

fn target(service: &Service) -> String {
    format!("{}/{}", domain(service), label(service))
}

fn label(service: &Service) -> String {
    format!("lictunnel.{}", service.server)
}

fn path(service: &Service) -> PathBuf {
    file(service, &format!("{}.plist", label(service)))
}

fn plist(service: &Service) -> String {
    let string = |text: &str| format!("<string>{}</string>\n", escaped(text));
    let mut program = string(&service.program);
    if let Some(config) = &service.config {
        for word in ["--config", config] {
            program += &format!("        {}", string(word));
        }
    }
    // What is replaced last may hold what is replaced first.
    let named = uncommented(PLIST).replace(SERVER, &service.server);
    let placed = named.replace(LOGS, &escaped(&service.logs.display().to_string()));
    placed.replace(PROGRAM, &program)
}

/// The text without its comment for people.
fn uncommented(text: &str) -> String {
    match text.split_once("<!-- ").and_then(|(before, rest)| Some((before, rest.split_once("-->\n")?.1))) {
        Some((before, after)) => before.to_owned() + after,
        None => text.to_owned(),
    }
}

/// Text as XML holds it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
