//! Every event in every phase.

use super::*;

/// A tunnel in each phase, and one that is ready and waits for an answer. It steps aside on site.
fn in_each_phase() -> Vec<Life> {
    let mut driven = Driven::on_site();
    let mut lives = vec![Life::start(true, true).0, driven.life.clone()];
    driven.after(Event::Woke);
    let way_up = [
        Event::Probed(false),
        Event::Connected(Ok(())),
        Event::Planned(Ok(plan(&[1715]))),
        Event::Bound(Ok(())),
        Event::Verified(Ok(())),
        Event::Overridden(Ok(())),
        Event::Woke,
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
        ("direct", Event::Probed(true)),
        ("not direct", Event::Probed(false)),
        ("lost", Event::Lost("reset".into())),
        ("refused", Event::Refused(1716)),
        ("left", Event::Left(1716)),
        ("kicked", Event::Kicked),
        ("woke", Event::Woke),
        ("stopped", Event::Stopped),
        ("drained", Event::Drained),
        ("closed", Event::Closed),
        ("tick", Event::Tick),
    ];
    let now = Now { at: Duration::from_secs(60), chance: 1.0, is_idle: true };
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
