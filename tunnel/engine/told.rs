//! What the log says of a tunnel: only what is new.

use std::mem::discriminant;
use std::time::Duration;

use crate::life::{Life, Phase};

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Told(String);

impl Told {
    /// Says how it is now, and each step on the way to those who want to hear it.
    pub(super) fn tell(&mut self, now: Duration, before: Phase, life: &Life) {
        if discriminant(&before) != discriminant(&life.phase()) {
            tracing::debug!("{}", life.phase());
        }
        match (self.news(life), life.phase()) {
            (None, _) => {}
            (Some(words), Phase::Waiting(until)) => {
                tracing::info!("{words}; next try in {} ms", until.saturating_sub(now).as_millis());
            }
            (Some(words), _) if life.trouble().is_some() => tracing::warn!("{words}"),
            (Some(words), _) => tracing::info!("{words}"),
        }
    }

    /// How it is, where it may stay so for a while and that is something else than last time.
    fn news(&mut self, life: &Life) -> Option<&str> {
        let ports = life.plan().into_iter().flat_map(|plan| &plan.forwards);
        let ports: Vec<_> = ports.map(|port| port.number.to_string()).collect();
        let ready = format!("ready, ports {}", ports.join(", "));
        let words = match (life.phase(), life.trouble()) {
            (Phase::Ready(_), None) => ready,
            (Phase::Ready(_), Some(trouble)) => format!("{ready}; {trouble}"),
            (Phase::Waiting(_), Some(trouble)) => trouble.to_string(),
            (Phase::Aside(_), _) => "on site: the server answers directly".to_owned(),
            _ => return None,
        };
        if words == self.0 {
            return None;
        }
        self.0 = words;
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Role;
    use crate::failure::{Exit, Failure};
    use crate::life::{Event, Now};
    use crate::plan::{Plan, Port};

    #[test]
    fn it_is_told_once() {
        let plan = Plan {
            address: [127, 77, 3, 1].into(),
            names: vec![],
            strange_names: vec![],
            hosts: vec!["localhost".into()],
            forwards: vec![Port { number: 1715, role: Role::Master }],
            is_whole: true,
        };
        let planned = || Event::Planned(Ok(plan.clone()));
        let up = [Event::Connected(Ok(())), planned(), Event::Bound(Ok(())), Event::Verified(Ok(()))];
        let amiss = || Event::Planned(Err(Failure::new(Exit::NoPorts, "no ports")));
        let look = |found| vec![Event::Refused(1715), found, Event::Verified(Ok(()))];
        let lost = vec![Event::Lost("reset".into()), Event::Tick, Event::Connected(Ok(()))];
        let again = [lost, vec![planned(), Event::Verified(Ok(()))]].concat();
        let looks = [look(planned()), look(amiss()), look(amiss()), look(planned())].concat();
        let events = [up.to_vec(), looks, again.clone(), again].concat();
        let (mut life, mut told, mut heard) = (Life::start(true, false).0, Told::default(), vec![]);
        for (hour, event) in (1..).zip(events) {
            life.handle(Now { at: Duration::from_secs(3600 * hour), chance: 1.0, is_idle: true }, event);
            heard.extend(told.news(&life).map(str::to_owned));
        }
        let lost = "the ssh session is lost: reset";
        let ready = "ready, ports 1715";
        let short = "ready, ports 1715; no ports";
        assert_eq!(heard, [ready, short, ready, lost, ready, lost, ready]);
    }
}
