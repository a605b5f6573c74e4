//! The steps, one after the other.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use licgate_core::path::DEFAULT_PORTS;
use tokio::time::timeout;

use super::found::{Found, MOST_NAMES, MOST_PORTS, Role};
use super::system::System;
use super::{Discovery, Note, Remote, Request, Step, local, look, master, printable};

/// So long nothing is said of what is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// What comes of `work`, or that nothing came of it within `most`. Where it takes long, a person hears what is waited for.
async fn patiently<T>(what: &str, most: Duration, work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(timeout(most, work));
    let done = match timeout(PATIENCE, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            tracing::warn!("{what} takes long; it is given {} s in all", most.as_secs());
            work.await
        }
    };
    done.map_err(|_| format!("no answer within {} s", most.as_secs()))
}

/// The first of the ports at which somebody is, and who; or why nobody is at the last one.
async fn first_answer<R: Remote>(remote: &R, ports: &[u16]) -> Result<(u16, master::Answer), String> {
    let mut last = String::new();
    for &port in ports {
        match timeout(master::DEADLINE, remote.open(port)).await {
            Ok(Ok(stream)) => return Ok((port, master::ask(stream, port).await)),
            Ok(Err(why)) => last = printable(&format!(": {why}")),
            // Something on the way swallows what is sent there, and will do the same at the next port.
            Err(_) => break,
        }
    }
    Err(last)
}

/// A request on its way.
pub(super) struct Search<'a, R> {
    request: &'a Request,
    remote: &'a R,
    found: Found,
    notes: Vec<Note>,
    asked: BTreeSet<u16>,
}

impl<'a, R: Remote> Search<'a, R> {
    pub(super) fn new(request: &'a Request, remote: &'a R) -> Self {
        Self { request, remote, found: Found::default(), notes: Vec::new(), asked: BTreeSet::new() }
    }

    /// Takes all steps that are needed.
    pub(super) async fn run(mut self) -> Discovery {
        self.take_what_is_given();
        if self.request.given.is_empty() {
            self.read_licences();
            self.ask_master().await;
            self.look().await;
        } else if self.request.steps.all_ports {
            self.look().await;
        }
        self.found.judge_names(&self.request.names);
        if self.found.is_cut() {
            let text =
                format!("more than {MOST_PORTS} ports or {MOST_NAMES} names were told; the rest is left out");
            self.note(Step::Look, text);
        }
        Discovery { found: self.found, notes: self.notes }
    }

    fn note(&mut self, step: Step, text: impl Into<String>) {
        self.notes.push(Note { step, text: text.into() });
    }

    /// Whether a step is to be taken; if not, notes why.
    fn wants(&mut self, step: Step, is_on: bool) -> bool {
        if !is_on {
            self.note(step, "switched off");
        } else if self.found.is_complete() {
            self.note(step, "not needed: nothing is missing");
        }
        is_on && !self.found.is_complete()
    }

    fn take_what_is_given(&mut self) {
        let masters = self.request.given.first().or(self.request.master.as_ref());
        masters.into_iter().for_each(|port| self.found.add(*port, Role::Master, Step::Given));
        for port in self.request.given.iter().skip(1) {
            self.found.add(*port, Role::Other, Step::Given);
        }
        if masters.is_some() {
            self.note(Step::Given, self.found.to_string());
        }
    }

    fn read_licences(&mut self) {
        if !self.wants(Step::Licence, self.request.steps.licence) {
            return;
        }
        let (found, remarks) = local::search(self.request);
        self.found.merge(found);
        if remarks.is_empty() {
            self.note(Step::Licence, "no licence file was given, and no variable names this server");
        }
        remarks.into_iter().for_each(|text| self.note(Step::Licence, text));
    }

    async fn ask_master(&mut self) {
        if self.wants(Step::Master, self.request.steps.master) {
            self.ask_ports().await;
        }
    }

    async fn ask_ports(&mut self) {
        let last = self.request.last.as_ref();
        let system = self.found.system().or_else(|| last?.system());
        if let Some(system) = system.filter(|system| *system != System::Licgate) {
            return self.note(Step::Master, format!("{system} is not asked anything"));
        }
        let mut ports: Vec<u16> = self.found.masters().collect();
        if ports.is_empty() {
            let before: Vec<u16> = last.into_iter().flat_map(Found::masters).collect();
            let others = DEFAULT_PORTS.filter(|port| !before.contains(port));
            ports = before.iter().copied().chain(others).collect();
        }
        ports.retain(|port| !self.asked.contains(port));
        if ports.is_empty() {
            return;
        }
        let what = "asking for the master daemon";
        match patiently(what, master::IN_ALL, first_answer(self.remote, &ports)).await {
            Ok(Ok((port, answer))) => self.take_answer(port, answer),
            Ok(Err(why)) => {
                self.note(Step::Master, format!("nothing answers at the ports where it may be{why}"));
            }
            Err(late) => self.note(Step::Master, late),
        }
        self.asked.extend(ports);
    }

    fn take_answer(&mut self, port: u16, answer: master::Answer) {
        use master::Answer;
        let text = match answer {
            Answer::Master(found) => {
                self.found.merge(found);
                let missing: Vec<&str> = self.found.missing().collect();
                match &*missing {
                    [] => format!("{}", self.found),
                    names => format!("{}; not up: {}", self.found, names.join(", ")),
                }
            }
            Answer::Foreign(kind) => format!("at port {port} is {kind}, which is not asked anything"),
            Answer::Silent => format!("at port {port} is no licgate server; it is not asked anything"),
            Answer::Refused(why) => format!("at port {port} is a licgate server, but {why}"),
        };
        self.note(Step::Master, text);
    }

    async fn look(&mut self) {
        let steps = self.request.steps;
        let wants = self.request.given.is_empty() && self.wants(Step::Look, steps.look);
        if !wants && !steps.all_ports {
            return;
        }
        let looked = patiently("looking at the server", look::IN_ALL, look::look(self.remote)).await;
        let seen = match looked.flatten() {
            Ok(seen) => seen,
            Err(why) => return self.note(if wants { Step::Look } else { Step::AllPorts }, printable(&why)),
        };
        if wants {
            let judged = look::judge(&seen, &self.request.names, self.request.to_localhost);
            if !judged.found.ports().is_empty() {
                self.note(Step::Look, judged.found.to_string());
            }
            self.found.merge(judged.found);
            judged.remarks.into_iter().for_each(|text| self.note(Step::Look, text));
            // Its master daemon knows best which vendor daemons there are, and the name to which it sends clients.
            if self.found.system() == Some(System::Licgate) && steps.master {
                self.ask_ports().await;
            }
        }
        if steps.all_ports {
            self.take_all_ports(&seen);
        }
    }

    fn take_all_ports(&mut self, seen: &look::Seen) {
        match seen.all_ports(self.request.to_localhost) {
            Ok(ports) => {
                self.note(Step::AllPorts, format!("{} ports listen there", ports.len()));
                ports.into_iter().for_each(|port| self.found.add(port, Role::Other, Step::AllPorts));
            }
            Err(why) => self.note(Step::AllPorts, why),
        }
    }
}
