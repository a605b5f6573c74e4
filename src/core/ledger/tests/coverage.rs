//! What random histories have to reach, so that they cannot become tame unnoticed.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{Denial, End, Event, Ruling, Why};

/// How often which event met which state, and which changes were made.
pub(super) type Reached = BTreeMap<(&'static str, &'static str), u64>;

pub(super) fn name(event: &Event) -> &'static str {
    match event {
        Event::Queued { .. } => "Queued",
        Event::Granted(_) => "Granted",
        Event::Promoted { .. } => "Promoted",
        Event::Resumed { .. } => "Resumed",
        Event::Lingers { .. } => "Lingers",
        Event::Ended { .. } => "Ended",
        Event::Moved { .. } => "Moved",
        Event::Heard { .. } => "Heard",
        Event::HungUp { .. } => "HungUp",
        Event::Numbered { .. } => "Numbered",
    }
}

pub(super) fn word(denial: &Denial) -> &'static str {
    match &denial.why {
        Why::NoSuchFeature(_) => "no such feature",
        Why::NotServed(_) => "not served",
        Why::VersionTooHigh { .. } => "version",
        Why::WrongHost { .. } => "host",
        Why::WrongPlatform { .. } => "platform",
        Why::NeverEnough { .. } => "never enough",
        Why::Ruled { ruling, .. } => match ruling {
            Ruling::Excluded => "excluded",
            Ruling::NotIncluded => "not included",
            Ruling::Limited { asked, cap, .. } if asked > cap => "above max",
            Ruling::Limited { .. } => "max reached",
        },
        Why::AllInUse(_) => "all in use",
        Why::TooManyWait { .. } => "too many wait",
        Why::Unknown => "unknown",
        Why::Stale => "stale",
        Why::Bad(_) => "bad",
    }
}

pub(super) fn reason(why: End) -> &'static str {
    match why {
        End::Returned => "returned",
        End::Silent => "silence over",
        End::HungUp => "grace over",
        End::Lingered => "linger over",
        End::Expired => "pool expired",
        End::Removed => "pool removed",
        End::Excluded => "excluded",
        End::NotIncluded => "not included",
        End::Limited => "above max",
    }
}

/// Every cell of the table in the ledger's documentation, every answer and every change.
pub(super) fn all_cells() -> BTreeSet<(&'static str, &'static str)> {
    let mut cells = BTreeSet::new();
    for what in ["Checkout", "Resume", "Heartbeat", "Checkin", "Hangup"] {
        cells.extend(["unknown", "waiting", "held", "lingering"].map(|state| (state, what)));
    }
    for what in ["stale Heartbeat", "stale Checkin", "stale Hangup", "pool expired", "pool removed"] {
        cells.extend(["waiting", "held", "lingering"].map(|state| (state, what)));
    }
    for what in ["silence over", "grace over"] {
        cells.extend(["waiting", "held"].map(|state| (state, what)));
    }
    cells.insert(("lingering", "linger over"));
    cells.extend(["seats free", "excluded", "not included", "above max"].map(|what| ("waiting", what)));
    cells.extend([("held", "other pool"), ("lingering", "other pool")]);
    let changes =
        ["Queued", "Granted", "Promoted", "Resumed", "Lingers", "Ended", "Moved", "Heard", "HungUp"];
    cells.extend(changes.map(|change| ("", change)));
    cells.extend([
        ("shares", "Granted"),
        ("shares", "Promoted"),
        ("passes by", "Granted"),
        ("passes by", "Promoted"),
        ("passes the blocked", "Granted"),
        ("passes the blocked", "Promoted"),
    ]);
    let answers = ["Queued", "Granted", "Resumed", "Lingers", "Ended", "Heard", "HungUp"];
    cells.extend(answers.map(|answer| ("answer", answer)));
    let denials =
        ["no such feature", "not served", "version", "host", "platform", "never enough", "all in use"];
    cells.extend(denials.map(|denial| ("answer", denial)));
    cells.extend(
        ["excluded", "not included", "above max", "max reached", "too many wait", "unknown", "stale", "bad"]
            .map(|denial| ("answer", denial)),
    );
    cells
}
