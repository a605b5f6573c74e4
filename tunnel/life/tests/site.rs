//! Stepping aside where the server answers directly.

use super::*;

impl Driven {
    /// A tunnel that steps aside, and has just done so.
    pub(super) fn on_site() -> Self {
        let (life, first) = Life::start(true, true);
        assert_eq!(first, [Action::Probe], "not even a login comes before it");
        let mut driven = Self { life, at: Duration::ZERO, is_idle: true };
        assert_eq!(driven.after(Event::Probed(true)), [Action::Close]);
        driven.after(Event::Closed);
        assert_eq!(driven.life.phase(), Phase::Aside(Some(PROBE_EVERY)));
        driven
    }

    /// The same after the laptop was carried home.
    fn at_home() -> Self {
        let mut driven = Self::on_site();
        driven.at += Duration::from_secs(7);
        assert_eq!(driven.after(Event::Woke), [Action::Probe]);
        assert_eq!(driven.after(Event::Probed(false)), [Action::Connect]);
        driven.come_up(&[1715, 1716]);
        driven
    }

    fn goes_aside(&mut self, actions: &[Action]) {
        assert_eq!(actions, [Action::Restore]);
        assert_eq!(self.after(Event::Restored), [Action::StopListening]);
        assert_eq!(self.after(Event::Drained), [Action::Close]);
        assert_eq!(self.after(Event::Closed), []);
        assert!(matches!(self.life.phase(), Phase::Aside(Some(_))));
        assert_eq!((self.life.plan(), self.life.override_outcome()), (None, None));
    }
}

#[test]
fn on_site_it_keeps_watching_and_does_nothing_else() {
    let mut driven = Driven::on_site();
    for _ in 0..3 {
        let before = driven.at;
        assert_eq!(driven.tick(), [Action::Probe]);
        assert_eq!(driven.at - before, PROBE_EVERY);
        assert_eq!(driven.life.next_deadline(), None, "one at a time");
        assert_eq!(driven.after(Event::Probed(true)), []);
    }
    assert_eq!(driven.after(Event::Kicked), [Action::Probe]);
    assert_eq!(driven.after(Event::Woke), [Action::Probe], "the one before set out in another network");
    assert_eq!(driven.after(Event::Stopped), [Action::Close]);
    driven.after(Event::Closed);
    assert_eq!((driven.life.phase(), driven.life.outcome()), (Phase::Ended, &Ok(())));
}

#[test]
fn a_tunnel_comes_up_when_the_server_answers_no_more_however_long_that_takes() {
    let mut driven = Driven::on_site();
    assert_eq!(driven.tick(), [Action::Probe]);
    assert_eq!(driven.after(Event::Probed(false)), [Action::Connect]);
    for exit in [Exit::Unreachable, Exit::Unreachable, Exit::NoPorts] {
        assert_eq!(driven.after(Event::Connected(Err(failure(exit)))), []);
        assert_eq!(driven.tick(), [Action::Connect], "there may be no network on the way home");
    }
    driven.after(Event::Connected(Ok(())));
    driven.after(Event::Planned(Ok(plan(&[1715]))));
    driven.after(Event::Bound(Err(failure(Exit::PortTaken))));
    assert_eq!(driven.life.trouble(), Some(&failure(Exit::PortTaken)), "it waits for the port");
    assert_eq!(driven.tick(), [Action::Find]);
}

#[test]
fn back_on_site_a_tunnel_without_connections_steps_aside() {
    let mut driven = Driven::at_home();
    driven.at += Duration::from_secs(1);
    assert_eq!(driven.after(Event::Woke), [Action::Ping]);
    driven.after(Event::Pinged(Some(Duration::ZERO)));
    assert_eq!(driven.after(Event::Tick), [Action::Probe], "at once, not when it is due");
    let actions = driven.after(Event::Probed(true));
    driven.goes_aside(&actions);
    driven.tick();
    driven.after(Event::Probed(false));
    driven.after(Event::Connected(Err(failure(Exit::NotAllowed))));
    assert_eq!(driven.tick(), [Action::Connect], "the session of before is no more");
    driven.come_up(&[1715, 1716]);
    assert!(driven.life.override_outcome().is_some(), "the names lead here again");
    let stopping = driven.after(Event::Stopped);
    assert_eq!(driven.ends(&stopping), None);
}

#[test]
fn a_tunnel_in_use_stays_until_it_is_idle() {
    let mut driven = Driven::at_home();
    driven.is_idle = false;
    for _ in 0..3 {
        let before = driven.at;
        while driven.tick() != [Action::Probe] {
            driven.after(Event::Pinged(Some(Duration::ZERO)));
        }
        assert!(driven.at - before <= PROBE_EVERY);
        assert_eq!(driven.after(Event::Probed(true)), [Action::Ping], "which waited for this answer");
        driven.after(Event::Pinged(Some(Duration::ZERO)));
        assert!(driven.life.is_open());
    }
    driven.is_idle = true;
    while driven.tick() != [Action::Probe] {
        driven.after(Event::Pinged(Some(Duration::ZERO)));
    }
    let actions = driven.after(Event::Probed(true));
    driven.goes_aside(&actions);
}

#[test]
fn a_lost_session_is_not_opened_anew_where_none_is_needed() {
    let mut driven = Driven::at_home();
    driven.after(Event::Lost("reset".into()));
    assert_eq!(driven.after(Event::Woke), [Action::Probe]);
    driven.is_idle = false;
    let actions = driven.after(Event::Probed(true));
    driven.goes_aside(&actions);

    let mut driven = Driven::at_home();
    driven.after(Event::Lost("reset".into()));
    assert_eq!(driven.tick(), [Action::Connect], "nothing says that the laptop has moved");
}

#[test]
fn whoever_stops_it_while_it_steps_aside_ends_it() {
    for stop_after in 0..3 {
        let mut driven = Driven::at_home();
        driven.after(Event::Lost("reset".into()));
        driven.after(Event::Woke);
        driven.after(Event::Probed(true));
        let events = [Event::Restored, Event::Drained, Event::Closed];
        for (index, event) in (0..).zip(events) {
            if index == stop_after {
                driven.after(Event::Stopped);
            }
            driven.after(event);
        }
        driven.after(Event::Closed);
        assert_eq!(driven.life.phase(), Phase::Ended, "stopped after {stop_after}");
    }
}

#[test]
fn without_leave_to_step_aside_nothing_is_tried() {
    let mut driven = Driven::ready();
    for _ in 0..20 {
        assert_eq!(driven.tick(), [Action::Ping]);
        assert_eq!(driven.after(Event::Woke), []);
        assert_eq!(driven.after(Event::Pinged(Some(Duration::ZERO))), []);
    }
    assert_eq!(driven.after(Event::Kicked), [Action::Hold, Action::HangUp, Action::Connect]);
}
