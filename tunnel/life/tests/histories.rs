//! Random histories, and what no history may come to.

use proptest::prelude::*;

use super::*;

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
        any::<bool>().prop_map(Event::Probed),
        Just(Event::Lost("reset".into())),
        (1715..1718_u16).prop_map(Event::Refused),
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
    may_step_aside: bool,
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
                Action::Probe => assert!(self.may_step_aside && !self.waits_for_override),
                Action::Find | Action::Verify | Action::Ping | Action::Hold | Action::Close => {
                    assert!(!self.waits_for_override || *action == Action::Hold, "{action:?}");
                }
            }
        }
        if let Phase::Aside(_) = life.phase() {
            assert!(
                self.may_step_aside && !self.listens && !self.may_be_overridden,
                "aside with something up"
            );
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
    fn no_history_breaks_the_rules(
        steps_aside: bool,
        events in prop::collection::vec((any_event(), 0..4000_u64, any::<bool>()), 0..120),
    ) {
        let (mut life, first) = Life::start(true, steps_aside);
        let (mut witness, mut at) = (Witness { may_step_aside: steps_aside, ..Witness::default() }, Duration::ZERO);
        witness.sees(&life, &Event::Tick, &first);
        let ending = [Event::Stopped, Event::Overridden(Ok(())), Event::Restored, Event::Drained, Event::Closed];
        let ending = ending.into_iter().map(|event| (event, 0, true));
        for (event, millis, is_idle) in events.into_iter().chain(ending) {
            at += Duration::from_millis(millis);
            for event in [event, Event::Tick] {
                let before = life.phase();
                witness.hears(before, &event);
                let actions = life.handle(Now { at, chance: 0.5, is_idle }, event.clone());
                witness.sees(&life, &event, &actions);
                let leaves = matches!((before, actions.last()), (Phase::Ready(_), Some(Action::Restore)));
                prop_assert!(!leaves || is_idle || event == Event::Stopped, "connections are cut");
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
