//! The way of a tunnel: by hand, in a table, at random.

mod cells;
mod histories;
mod site;
mod way;

use std::time::Duration;

use super::*;
use crate::discover::Role;
use crate::failure::Exit;
use crate::plan::{Port, Wish};

fn plan(ports: &[u16]) -> Plan {
    Plan::make(&Wish {
        strange_names: vec![],
        address: [127, 77, 3, 1].into(),
        names: vec!["lic1".into()],
        ports: ports.iter().map(|port| Port { number: *port, role: Role::Other }).collect(),
        is_whole: true,
        hosts: vec![],
        is_privileged: false,
        tried: vec![],
    })
    .unwrap()
}

/// A plan with a vendor daemon at this port, or with none although there has to be one.
fn vendor_at(port: Option<u16>) -> Plan {
    let vendor = port.map(|number| Port { number, role: Role::Vendor("acme".into()) });
    let is_whole = vendor.is_some();
    let master = Port { number: 1715, role: Role::Master };
    Plan { forwards: [master].into_iter().chain(vendor).collect(), is_whole, ..plan(&[1715]) }
}

fn failure(exit: Exit) -> Failure {
    Failure::new(exit, "broken")
}

/// A tunnel and the time.
struct Driven {
    life: Life,
    at: Duration,
    is_idle: bool,
}

impl Driven {
    fn new() -> Self {
        let (life, first) = Life::start(true, false);
        assert_eq!(first, [Action::Connect]);
        Self { life, at: Duration::ZERO, is_idle: true }
    }

    fn ready() -> Self {
        let mut driven = Self::new();
        driven.come_up(&[1715, 1716]);
        driven
    }

    fn come_up(&mut self, ports: &[u16]) {
        assert_eq!(self.after(Event::Connected(Ok(()))), [Action::Find]);
        let planned = self.after(Event::Planned(Ok(plan(ports))));
        if planned != [Action::Verify] {
            assert!(matches!(planned[..], [Action::Bind(..)]), "{planned:?}");
            assert_eq!(self.after(Event::Bound(Ok(()))), [Action::Verify]);
        }
        match &self.after(Event::Verified(Ok(())))[..] {
            [Action::Admit, Action::Override] => assert_eq!(self.after(Event::Overridden(Ok(()))), []),
            other => assert_eq!(*other, [Action::Admit]),
        }
        assert!(matches!(self.life.phase(), Phase::Ready(Some(_))));
    }

    fn after(&mut self, event: Event) -> Vec<Action> {
        self.life.handle(Now { at: self.at, chance: 1.0, is_idle: self.is_idle }, event)
    }

    fn tick(&mut self) -> Vec<Action> {
        self.at = self.life.next_deadline().unwrap();
        self.after(Event::Tick)
    }

    fn ends(&mut self, actions: &[Action]) -> Option<Exit> {
        assert_eq!(actions.last(), Some(&Action::Restore));
        assert_eq!(self.after(Event::Restored), [Action::StopListening]);
        assert_eq!(self.after(Event::Drained), [Action::Close]);
        assert_eq!(self.after(Event::Closed), []);
        assert_eq!(self.life.phase(), Phase::Ended);
        self.life.outcome().as_ref().err().map(|failure| failure.exit)
    }
}
