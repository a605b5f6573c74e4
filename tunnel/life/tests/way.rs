//! The way step by step.

use super::*;

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
    driven.after(Event::Lost("reset".into()));
    assert_eq!(driven.life.next_deadline(), Some(driven.at + FIRST_WAIT), "it counts anew");
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
fn a_login_that_succeeds_makes_good_a_refused_one() {
    let mut driven = Driven::ready();
    for _ in 0..3 {
        driven.after(Event::Lost("reset".into()));
        driven.tick();
        assert_eq!(driven.after(Event::Connected(Err(failure(Exit::NotAllowed)))), []);
        driven.tick();
        driven.come_up(&[1715, 1716]);
    }
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
    assert_eq!(driven.after(Event::Refused(1716)), [], "it has just looked");
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Refused(1716)), [Action::Find]);
    let changes = Changes { add: vec![1717], drop: vec![1716] };
    let new = plan(&[1715, 1717]);
    assert_eq!(driven.after(Event::Planned(Ok(new.clone()))), [Action::Bind(new, changes)]);
    assert_eq!(driven.after(Event::Bound(Ok(()))), [Action::Verify]);
    assert_eq!(driven.after(Event::Verified(Ok(()))), [Action::Admit]);
    assert!(matches!(driven.life.phase(), Phase::Ready(_)));
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

    /// Time passes until the next look begins; how much.
    fn until_look(&mut self) -> Duration {
        let before = self.at;
        let mut actions = self.tick();
        while actions == [Action::Ping] {
            self.after(Event::Pinged(Some(Duration::ZERO)));
            actions = self.tick();
        }
        assert_eq!(actions, [Action::Find]);
        self.at - before
    }
}

#[test]
fn a_vendor_daemon_that_left_is_looked_for_until_it_is_back() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused(1716));
    driven.finds(vendor_at(Some(1716)));
    assert_eq!(driven.after(Event::Left(1715)), [], "a master daemon may end connections as it likes");
    assert_eq!(driven.after(Event::Left(1716)), [], "it has just looked");
    let mut waits = vec![];
    for _ in 0..9 {
        waits.push(driven.until_look().as_secs());
        driven.finds(vendor_at(None));
    }
    assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 300, 300]);
    let ports =
        |life: &Life| life.plan().unwrap().forwards.iter().map(|port| port.number).collect::<Vec<_>>();
    assert_eq!(ports(&driven.life), [1715, 1716], "the listener stays for clients that try again");
    driven.until_look();
    driven.finds(vendor_at(Some(1717)));
    assert_eq!(ports(&driven.life), [1715, 1717]);
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Left(1716)), [], "nobody is there any more");
    assert_eq!(driven.after(Event::Left(1717)), [Action::Find]);
}

#[test]
fn when_adapting_fails_the_old_ports_stay() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused(1716));
    assert_eq!(driven.after(Event::Planned(Err(failure(Exit::NoPorts)))), [Action::Verify]);
    driven.after(Event::Verified(Ok(())));
    assert_eq!(driven.life.trouble(), Some(&failure(Exit::NoPorts)), "it stays visible until it is mended");
    let mut waits = vec![];
    for _ in 0..4 {
        waits.push(driven.until_look().as_secs());
        let new = plan(&[1715, 1717]);
        assert!(matches!(driven.after(Event::Planned(Ok(new)))[..], [Action::Bind(..)]), "it is tried again");
        assert_eq!(driven.after(Event::Bound(Err(failure(Exit::PortTaken)))), [Action::Verify]);
        assert_eq!(driven.after(Event::Verified(Ok(()))), [Action::Admit]);
        assert_eq!(driven.life.plan(), Some(&plan(&[1715, 1716])));
        assert_eq!(driven.life.trouble(), Some(&failure(Exit::PortTaken)));
    }
    assert_eq!(waits, [5, 10, 20, 40]);
    driven.until_look();
    driven.finds(plan(&[1715, 1716]));
    driven.after(Event::Refused(1715));
    driven.until_look();
    driven.after(Event::Planned(Err(failure(Exit::NoPorts))));
    driven.after(Event::Verified(Ok(())));
    assert_eq!(driven.until_look().as_secs(), 5, "it counts anew after a look that was all right");
    driven.finds(plan(&[1715, 1717]));
    assert_eq!(driven.life.plan(), Some(&plan(&[1715, 1717])));
    assert_eq!(driven.life.trouble(), None);
    assert_eq!(driven.tick(), [Action::Ping], "there is nothing more to look for");
}

#[test]
fn a_client_that_insists_on_a_closed_port_is_listened_to_less_and_less() {
    let mut driven = Driven::ready();
    let insist = |driven: &mut Driven, looks: usize| {
        let mut waits = vec![];
        for _ in 0..looks {
            driven.after(Event::Refused(1716));
            waits.push(driven.until_look().as_secs());
            driven.finds(plan(&[1715, 1716]));
        }
        waits
    };
    assert_eq!(insist(&mut driven, 8), [5, 10, 20, 40, 80, 160, 300, 300]);
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Refused(1715)), [Action::Find], "another port is another matter");
    driven.finds(plan(&[1715, 1716]));
    assert_eq!(insist(&mut driven, 1), [300]);
    driven.at += FIND_EVERY;
    assert_eq!(driven.after(Event::Refused(1717)), [Action::Find]);
    driven.finds(plan(&[1715, 1718]));
    assert_eq!(insist(&mut driven, 2), [5, 5], "the server has changed, and changed back");
    assert_eq!(insist(&mut driven, 2), [10, 20]);
    driven.after(Event::Kicked);
    driven.come_up(&[1715, 1716]);
    assert_eq!(insist(&mut driven, 2), [5, 10], "a new session is new hope");
}

#[test]
fn a_licence_server_that_is_down_is_waited_for_over_the_same_session() {
    let mut driven = Driven::ready();
    driven.at += FIND_EVERY;
    driven.after(Event::Refused(1716));
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
