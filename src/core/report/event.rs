//! An event as other programs read it: one JSON object a line.
//!
//! | field | |
//! |---|---|
//! | `time` | seconds since 1970-01-01 UTC |
//! | `event` | `checkout`, `checkin`, `queued`, `dequeued`, `denied`, or `unsupported` (no such feature here) |
//! | `feature`, `seats` | what it was about |
//! | `lease` | the number of the lease or request, by which a `checkin` finds its `checkout`; refusals have none |
//! | `user`, `host`, `display`, `pid`, `data` | who, in the client's own words; left out by `HIDE_USER`, and where empty |
//! | `project` | the client's `LM_PROJECT`, if it has one |
//! | `code`, `why` | of refusals: FlexNet's code and its sentence |
//! | `why` | of `checkin` and `dequeued`: the word of the debug log (`SILENT`), unless the client ended it or got its seats |
//!
//! A request that waited and got its seats is `dequeued`, then a `checkout`. New fields and events may be added.

use alloc::string::{String, ToString};

use serde::Serialize;

use super::log::{EventLine, Verb};
use crate::id::LeaseNumber;
use crate::options::ast::LogClass;
use crate::time::WallTime;

/// The object.
#[derive(Debug, Clone, Serialize)]
pub struct EventRecord<'a> {
    time: i64,
    event: &'static str,
    feature: &'a str,
    seats: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<u64>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    who: Option<Who<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    project: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Who<'a> {
    user: &'a str,
    host: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    display: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    pid: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    data: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl<'a> EventRecord<'a> {
    /// The object for an event at `time`. `hides_users` leaves out who it was.
    pub fn new(
        time: WallTime,
        EventLine { verb, feature, holder, seats }: &EventLine<'a>,
        lease: Option<LeaseNumber>,
        hides_users: bool,
    ) -> Self {
        let who = Who {
            user: &holder.user,
            host: &holder.host,
            display: &holder.display,
            pid: holder.pid,
            data: &holder.data,
        };
        let (code, why) = match verb {
            Verb::Refused(code) => (Some(code.major()), Some(code.to_string())),
            Verb::Out | Verb::In(_) | Verb::Queued | Verb::Dequeued(_) => {
                (None, verb.why().map(ToString::to_string))
            }
        };
        Self {
            time: time.0,
            event: word(verb.class()),
            feature: feature.as_str(),
            seats: *seats,
            lease: lease.map(|lease| lease.0),
            who: (!hides_users).then_some(who),
            project: &holder.project,
            code,
            why,
        }
    }
}

fn word(class: LogClass) -> &'static str {
    match class {
        LogClass::In => "checkin",
        LogClass::Out => "checkout",
        LogClass::Denied => "denied",
        LogClass::Queued => "queued",
        LogClass::Dequeued => "dequeued",
        LogClass::Unsupported => "unsupported",
        LogClass::Upgrade => "upgrade",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::id::FeatureName;
    use crate::ledger::{End, Holder};

    #[test]
    fn an_event_is_one_object() {
        let feature = FeatureName::from("hfss");
        let full = Holder {
            user: "ann\n\"".into(),
            host: "ws1".into(),
            display: ":0".into(),
            pid: 42,
            data: "J3".into(),
            project: "wing".into(),
        };
        let bare = Holder { user: "bob".into(), host: "ws2".into(), ..Holder::default() };
        let show = |verb, holder: &Holder, lease: Option<u64>, hides| {
            let line = EventLine { verb, feature: &feature, holder, seats: 2 };
            let record = EventRecord::new(WallTime(1_700_000_000), &line, lease.map(LeaseNumber), hides);
            serde_json::to_string(&record).unwrap()
        };
        let rows = [
            (
                show(Verb::Out, &full, Some(7), false),
                r#""event":"checkout","feature":"hfss","seats":2,"lease":7,"user":"ann\n\"","host":"ws1","display":":0","pid":42,"data":"J3","project":"wing"}"#,
            ),
            (
                show(Verb::In(End::Silent), &full, Some(7), true),
                r#""event":"checkin","feature":"hfss","seats":2,"lease":7,"project":"wing","why":"SILENT"}"#,
            ),
            (
                show(Verb::In(End::Returned), &bare, Some(7), false),
                r#""event":"checkin","feature":"hfss","seats":2,"lease":7,"user":"bob","host":"ws2"}"#,
            ),
            (
                show(Verb::Dequeued(None), &bare, Some(8), true),
                r#""event":"dequeued","feature":"hfss","seats":2,"lease":8}"#,
            ),
            (
                show(Verb::Queued, &bare, Some(8), true),
                r#""event":"queued","feature":"hfss","seats":2,"lease":8}"#,
            ),
            (
                show(Verb::Refused(Code::ALL_IN_USE), &bare, None, true),
                r#""event":"denied","feature":"hfss","seats":2,"code":-4,"why":"Licensed number of users already reached. (-4,342)"}"#,
            ),
            (
                show(Verb::Refused(Code::NO_SUCH_FEATURE), &bare, None, true),
                r#""event":"unsupported","feature":"hfss","seats":2,"code":-5,"why":"No such feature exists. (-5,222)"}"#,
            ),
        ];
        for (shown, rest) in rows {
            assert_eq!(shown, std::format!("{{\"time\":1700000000,{rest}"));
        }
    }
}
