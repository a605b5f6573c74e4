//! The way of a tunnel step by step, every cell of phase and event, and random histories.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::discover::Role;
use crate::failure::Exit;
use crate::plan::{Port, Wish};

fn plan(ports: &[u16]) -> Plan {
    Plan::make(&Wish {
        server: "lic1".into(),
        address: [127, 77, 3, 1].into(),
        names: vec!["lic1".into()],
        ports: ports.iter().map(|port| Port { number: *port, role: Role::Other }).collect(),
        missing: vec![],
        hosts: vec![],
        busy: vec![],
        is_privileged: false,
        tried: vec![],
    })
    .unwrap()
}

fn failure(exit: Exit) -> Failure {
    Failure::new(exit, "broken")
}

/// A tunnel and the time.
struct Driven {
    life: Life,
    at: Duration,
}

impl Driven {
    fn new() -> Self {
        let (life, first) = Life::start(true);
        assert_eq!(first, [Action::Connect]);
        Self { life, at: Duration::ZERO }
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
        self.life.handle(Now { at: self.at, chance: 1.0 }, event)
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

#[test]
fn it_comes_up_stays_up_and_goes_down_in_order() {
    let mut driven = Driven::ready();
    assert_eq!(driven.tick(), [Action::Ping]);
    assert_eq!(driven.after(Event::Pinged(Some(Duration::from_millis(20)))), []);
    assert_eq!(driven.life.next_deadline(), Some(driven.at + PING_EVERY));
    let stopping = driven.after(Event::Stopped);
    assert_eq!(driven.ends(&stopping), None);
}

#[test]
fn a_lost_session_comes_back_with_growing_waits() {
    let mut driven = Driven::ready();
    assert_eq!(driven.after(Event::Lost("reset".into())), [Action::Hold]);
    let mut waits = vec![];
    for _ in 0..9 {
        waits.push((driven.life.next_deadline().unwrap() - driven.at).as_millis());
        assert_eq!(driven.tick(), [Action::Connect]);
        assert_eq!(driven.after(Event::Connected(Err(failure(Exit::Unreachable)))), []);
    }
    assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
    driven.tick();
    driven.come_up(&[1715, 1716]);
    assert_eq!(driven.life.trouble(), None);
}

#[test]
fn a_silent_server_is_hung_up_on() {
    let mut driven = Driven::ready();
    driven.tick();
    assert_eq!(driven.after(Event::Pinged(None)), [Action::HangUp, Action::Hold]);
    assert!(matches!(driven.life.phase(), Phase::Waiting(_)));
}

#[test]
fn before_it_was_ready_every_failure_is_the_end() {
    for exit in Exit::ALL {
        let mut driven = Driven::new();
        assert_eq!(driven.after(Event::Connected(Err(failure(exit)))), [Action::Close]);
        driven.after(Event::Closed);
        assert_eq!(driven.life.outcome(), &Err(failure(exit)));
    }
    let mut driven = Driven::new();
    driven.after(Event::Connected(Ok(())));
    driven.after(Event::Planned(Ok(plan(&[1715]))));
    assert_eq!(driven.after(Event::Bound(Err(failure(Exit::PortTaken)))), [Action::Close]);
}

#[test]
fn refused_logins_end_it_before_the_account_is_locked() {
    let mut driven = Driven::ready();
    driven.after(Event::Lost("reset".into()));
    driven.tick();
    assert_eq!(driven.after(Event::Connected(Err(failure(Exit::NotAllowed)))), []);
    driven.tick();
    driven.after(Event::Connected(Err(failure(Exit::Unreachable))));
    driven.tick();
    let ending = driven.after(Event::Connected(Err(failure(Exit::NotAllowed))));
    assert_eq!(driven.ends(&ending), Some(Exit::NotAllowed));
}

#[test]
fn a_changed_host_key_ends_it_at_once() {
    let mut driven = Driven::ready();
    driven.after(Event::Lost("reset".into()));
    driven.tick();
    let ending = driven.after(Event::Connected(Err(failure(Exit::HostKey))));
    assert_eq!(driven.ends(&ending), Some(Exit::HostKey));
}

#[test]
fn a_vendor_daemon_that_came_back_elsewhere_is_followed_without_a_pause() {
    let mut driven = Driven::ready();
    assert_eq!(driven.after(Event::Refused), [], "it has just looked");
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Refused), [Action::Find]);
    let changes = Changes { add: vec![1717], drop: vec![1716] };
    let new = plan(&[1715, 1717]);
    assert_eq!(driven.after(Event::Planned(Ok(new.clone()))), [Action::Bind(new, changes)]);
    assert_eq!(driven.after(Event::Bound(Ok(()))), [Action::Verify]);
    assert_eq!(driven.after(Event::Verified(Ok(()))), []);
    assert!(matches!(driven.life.phase(), Phase::Ready(_)));
}

/// A plan with a vendor daemon at this port, or with none although there has to be one.
fn vendor_at(port: Option<u16>) -> Plan {
    let vendor = port.map(|number| Port { number, role: Role::Vendor("acme".into()) });
    let missing = if vendor.is_none() { vec!["acme".into()] } else { vec![] };
    let master = Port { number: 1715, role: Role::Master };
    Plan { forwards: [master].into_iter().chain(vendor).collect(), missing, ..plan(&[1715]) }
}

impl Driven {
    /// A look finds this.
    fn finds(&mut self, plan: Plan) {
        if matches!(self.after(Event::Planned(Ok(plan)))[..], [Action::Bind(..)]) {
            self.after(Event::Bound(Ok(())));
        }
        self.after(Event::Verified(Ok(())));
        assert!(matches!(self.life.phase(), Phase::Ready(_)));
    }
}

#[test]
fn a_vendor_daemon_that_left_is_looked_for_until_it_is_back() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused);
    driven.finds(vendor_at(Some(1716)));
    assert_eq!(driven.after(Event::Left(1715)), [], "a master daemon may end connections as it likes");
    assert_eq!(driven.after(Event::Left(1716)), [], "it has just looked");
    let mut waits = vec![];
    for _ in 0..9 {
        let before = driven.at;
        let mut actions = driven.tick();
        while actions == [Action::Ping] {
            driven.after(Event::Pinged(Some(Duration::ZERO)));
            actions = driven.tick();
        }
        assert_eq!(actions, [Action::Find]);
        waits.push((driven.at - before).as_secs());
        driven.finds(vendor_at(None));
    }
    assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 300, 300]);
    while driven.tick() == [Action::Ping] {
        driven.after(Event::Pinged(Some(Duration::ZERO)));
    }
    driven.finds(vendor_at(Some(1717)));
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Left(1716)), [], "nobody is there any more");
    assert_eq!(driven.after(Event::Left(1717)), [Action::Find]);
}

#[test]
fn when_adapting_fails_the_old_ports_stay() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused);
    assert_eq!(driven.after(Event::Planned(Err(failure(Exit::NoPorts)))), [Action::Verify]);
    driven.after(Event::Verified(Ok(())));
    driven.at += FIND_EVERY;
    driven.after(Event::Refused);
    driven.after(Event::Planned(Ok(plan(&[1715, 1717]))));
    assert_eq!(driven.after(Event::Bound(Err(failure(Exit::PortTaken)))), [Action::Verify]);
    assert_eq!(driven.life.plan(), Some(&plan(&[1715, 1716])));
}

#[test]
fn a_licence_server_that_is_down_is_waited_for_over_the_same_session() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused);
    driven.after(Event::Planned(Ok(plan(&[1715, 1716]))));
    assert_eq!(driven.after(Event::Verified(Err(failure(Exit::NotServing)))), [Action::Hold]);
    assert_eq!(driven.tick(), [Action::Find]);
    driven.after(Event::Planned(Ok(plan(&[1715, 1716]))));
    assert_eq!(driven.after(Event::Verified(Ok(()))), [Action::Admit]);
}

#[test]
fn a_kick_reconnects_and_a_wake_asks_first() {
    let mut driven = Driven::ready();
    assert_eq!(driven.after(Event::Woke), [Action::Ping]);
    assert_eq!(driven.after(Event::Woke), []);
    assert_eq!(driven.after(Event::Kicked), [Action::Hold, Action::HangUp, Action::Connect]);
    assert_eq!(driven.after(Event::Woke), [Action::Connect]);
    driven.after(Event::Connected(Err(failure(Exit::Unreachable))));
    assert_eq!(driven.after(Event::Woke), [Action::Connect]);
    assert_eq!(Driven::new().after(Event::Kicked), [], "someone may be typing a password");
}

#[test]
fn an_override_on_its_way_is_waited_for() {
    let overriding = || {
        let mut driven = Driven::new();
        driven.after(Event::Connected(Ok(())));
        driven.after(Event::Planned(Ok(plan(&[1715]))));
        driven.after(Event::Bound(Ok(())));
        driven.after(Event::Verified(Ok(())));
        driven
    };
    let mut stopped = overriding();
    assert_eq!(stopped.after(Event::Stopped), []);
    let ending = stopped.after(Event::Overridden(Ok(())));
    assert_eq!(stopped.ends(&ending), None);

    let mut lost = overriding();
    assert_eq!(lost.after(Event::Lost("reset".into())), [Action::Hold]);
    let ending = lost.after(Event::Overridden(Ok(())));
    assert_eq!(lost.ends(&ending), Some(Exit::Unreachable));

    let mut unprivileged = overriding();
    unprivileged.after(Event::Overridden(Err(failure(Exit::NotAllowed))));
    assert!(matches!(unprivileged.life.phase(), Phase::Ready(_)), "it goes on without");
}

#[test]
fn open_connections_have_five_seconds_and_a_second_stop_none() {
    for urgent in [false, true] {
        let mut driven = Driven::ready();
        driven.after(Event::Stopped);
        driven.after(Event::Restored);
        assert_eq!(driven.life.next_deadline(), Some(driven.at + DRAIN));
        let actions = if urgent { driven.after(Event::Stopped) } else { driven.tick() };
        assert_eq!(actions, [Action::Close]);
    }
}

/// A tunnel in each phase.
fn in_each_phase() -> Vec<Life> {
    let mut driven = Driven::new();
    let mut lives = vec![driven.life.clone()];
    let way_up = [
        Event::Connected(Ok(())),
        Event::Planned(Ok(plan(&[1715]))),
        Event::Bound(Ok(())),
        Event::Verified(Ok(())),
        Event::Overridden(Ok(())),
        Event::Lost("reset".into()),
        Event::Stopped,
        Event::Restored,
        Event::Drained,
        Event::Closed,
    ];
    for event in way_up {
        driven.after(event);
        lives.push(driven.life.clone());
    }
    lives
}

#[test]
fn every_phase_has_an_answer_to_every_event() {
    let events = [
        ("connected", Event::Connected(Ok(()))),
        ("not connected", Event::Connected(Err(failure(Exit::Unreachable)))),
        ("planned", Event::Planned(Ok(plan(&[1716])))),
        ("no plan", Event::Planned(Err(failure(Exit::NoPorts)))),
        ("bound", Event::Bound(Ok(()))),
        ("not bound", Event::Bound(Err(failure(Exit::PortTaken)))),
        ("verified", Event::Verified(Ok(()))),
        ("not verified", Event::Verified(Err(failure(Exit::NotServing)))),
        ("overridden", Event::Overridden(Ok(()))),
        ("not overridden", Event::Overridden(Err(failure(Exit::NotAllowed)))),
        ("restored", Event::Restored),
        ("pong", Event::Pinged(Some(Duration::ZERO))),
        ("no pong", Event::Pinged(None)),
        ("lost", Event::Lost("reset".into())),
        ("refused", Event::Refused),
        ("left", Event::Left(1716)),
        ("kicked", Event::Kicked),
        ("woke", Event::Woke),
        ("stopped", Event::Stopped),
        ("drained", Event::Drained),
        ("closed", Event::Closed),
        ("tick", Event::Tick),
    ];
    let now = Now { at: Duration::from_secs(60), chance: 1.0 };
    let mut table = String::new();
    for life in in_each_phase() {
        table += &format!("{}\n", life.phase());
        for (name, event) in &events {
            let mut life = life.clone();
            let before = life.phase();
            let actions: Vec<_> = life.handle(now, event.clone()).iter().map(word).collect();
            if life.phase() != before || !actions.is_empty() {
                table += &format!("  {name}: {} [{}]\n", life.phase(), actions.join(", "));
            }
        }
    }
    insta::assert_snapshot!(table);
}

/// The first word of an action's debug text.
fn word(action: &Action) -> String {
    format!("{action:?}").split('(').next().unwrap_or_default().to_owned()
}

fn any_event() -> impl Strategy<Value = Event> {
    let fail = || {
        prop_oneof![
            4 => Just(failure(Exit::Unreachable)),
            2 => Just(failure(Exit::NotServing)),
            1 => Just(failure(Exit::NotAllowed)),
            1 => Just(failure(Exit::HostKey)),
        ]
    };
    let result = move || prop_oneof![3 => Just(Ok(())), 1 => fail().prop_map(Err)];
    let ports = prop_oneof![Just(vec![1715]), Just(vec![1715, 1716]), Just(vec![1715, 1717])];
    prop_oneof![
        result().prop_map(Event::Connected),
        ports.prop_map(|ports| Event::Planned(Ok(plan(&ports)))),
        prop_oneof![Just(Some(1716)), Just(None)].prop_map(|port| Event::Planned(Ok(vendor_at(port)))),
        fail().prop_map(|failure| Event::Planned(Err(failure))),
        result().prop_map(Event::Bound),
        result().prop_map(Event::Verified),
        result().prop_map(Event::Overridden),
        Just(Event::Restored),
        Just(Event::Pinged(Some(Duration::from_millis(1)))),
        Just(Event::Pinged(None)),
        Just(Event::Lost("reset".into())),
        Just(Event::Refused),
        Just(Event::Left(1716)),
        Just(Event::Kicked),
        Just(Event::Woke),
        Just(Event::Drained),
        Just(Event::Closed),
        Just(Event::Tick),
    ]
}

/// What the world looks like to the actions of a tunnel; it complains about what must not be.
#[derive(Default)]
struct Witness {
    listens: bool,
    may_be_overridden: bool,
    verified: bool,
    waits_for_override: bool,
}

impl Witness {
    fn sees(&mut self, life: &Life, event: &Event, actions: &[Action]) {
        self.waits_for_override &= !matches!(event, Event::Overridden(_));
        for action in actions {
            match action {
                Action::Bind(..) => self.verified = false,
                Action::Override => {
                    assert!(self.listens && self.verified, "an override that leads nowhere");
                    (self.may_be_overridden, self.waits_for_override) = (true, true);
                }
                Action::Restore => assert!(!self.waits_for_override),
                Action::StopListening => {
                    assert!(!self.may_be_overridden, "listeners gone while names lead to them");
                    self.listens = false;
                }
                Action::HangUp | Action::Connect => self.verified = false,
                Action::Admit => assert!(self.verified && self.listens),
                Action::Find | Action::Verify | Action::Ping | Action::Hold | Action::Close => {
                    assert!(!self.waits_for_override || *action == Action::Hold, "{action:?}");
                }
            }
        }
        if matches!(life.phase(), Phase::Ready(_)) {
            assert!(self.verified && self.listens && life.is_open(), "ready without a proof");
        }
    }

    fn hears(&mut self, before: Phase, event: &Event) {
        match (before, event) {
            (Phase::Binding, Event::Bound(Ok(()))) => self.listens = true,
            (Phase::Verifying, Event::Verified(Ok(()))) => self.verified = true,
            (Phase::Restoring, Event::Restored) => self.may_be_overridden = false,
            (Phase::Verifying, Event::Verified(Err(_))) | (_, Event::Lost(_)) => self.verified = false,
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn no_history_breaks_the_rules(events in prop::collection::vec((any_event(), 0..4000_u64), 0..120)) {
        let (mut life, first) = Life::start(true);
        let (mut witness, mut at) = (Witness::default(), Duration::ZERO);
        witness.sees(&life, &Event::Tick, &first);
        let ending = [Event::Stopped, Event::Overridden(Ok(())), Event::Restored, Event::Drained, Event::Closed];
        let ending = ending.into_iter().map(|event| (event, 0));
        for (event, millis) in events.into_iter().chain(ending) {
            at += Duration::from_millis(millis);
            for event in [event, Event::Tick] {
                let before = life.phase();
                witness.hears(before, &event);
                let actions = life.handle(Now { at, chance: 0.5 }, event.clone());
                witness.sees(&life, &event, &actions);
                if before == Phase::Ended {
                    prop_assert_eq!(&actions, &[]);
                }
            }
            prop_assert!(life.next_deadline().is_none_or(|deadline| deadline > at));
        }
        prop_assert_eq!(life.phase(), Phase::Ended);
        prop_assert!(!witness.listens && !witness.may_be_overridden);
    }
}
