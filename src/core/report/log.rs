//! Lines of a vendor daemon's debug log, as FlexNet's daemons write them, without the time and the daemon's name.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::code::Code;
use crate::id::FeatureName;
use crate::ledger::{End, Holder};
use crate::options::ast::LogClass;

/// `VERB: "feature" user@host  …`: the form that log readers look for. Trailing blanks belong to it.
#[derive(Debug, Clone)]
pub struct EventLine<'a> {
    /// What happened.
    pub verb: Verb,
    /// To which feature.
    pub feature: &'a FeatureName,
    /// To whom.
    pub holder: &'a Holder,
    /// How many seats it was about.
    pub seats: u32,
}

/// What such a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Seats went out.
    Out,
    /// Seats came in.
    In(End),
    /// A request waits.
    Queued,
    /// A request left the queue: it got its seats, or ended.
    Dequeued(Option<End>),
    /// A request got nothing: `DENIED`, or `UNSUPPORTED` when nothing here could ever have served it.
    Refused(Code),
}

impl Verb {
    /// The class by which `NOLOG` leaves such lines out. None is an upgrade: seats keep their version.
    pub fn class(self) -> LogClass {
        match self {
            Self::Out => LogClass::Out,
            Self::In(_) => LogClass::In,
            Self::Queued => LogClass::Queued,
            Self::Dequeued(_) => LogClass::Dequeued,
            Self::Refused(Code::NO_SUCH_FEATURE | Code::UNSUPPORTED) => LogClass::Unsupported,
            Self::Refused(_) => LogClass::Denied,
        }
    }

    /// Why seats or a place in the queue ended, unless the client itself ended it: `SILENT`.
    pub fn why(self) -> Option<&'static str> {
        match self {
            Self::In(end) => word(Some(end)),
            Self::Dequeued(end) => word(end),
            Self::Out | Self::Queued | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for EventLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = Who(self.holder);
        let feature = Printable(self.feature.as_str());
        match self.verb {
            Verb::Out => {
                write!(f, "OUT: \"{feature}\" {who}  ")?;
                self.seats(f)?;
                data(f, &self.holder.data)
            }
            Verb::In(end) => {
                write!(f, "IN: \"{feature}\" {who}  ")?;
                self.seats(f)?;
                reason(f, Some(end))
            }
            Verb::Queued => {
                write!(f, "QUEUED: \"{feature}\" {who}  ")?;
                self.seats(f)
            }
            Verb::Dequeued(end) => {
                write!(f, "DEQUEUED: \"{feature}\" {who}  ")?;
                self.seats(f)?;
                reason(f, end)
            }
            // Between the feature and the user FlexNet shows the client's key; ours have none.
            Verb::Refused(code @ (Code::NO_SUCH_FEATURE | Code::UNSUPPORTED)) => {
                write!(f, "UNSUPPORTED: \"{feature}\" (PORT_AT_HOST_PLUS   ) {who}  ({code})")
            }
            Verb::Refused(code) => write!(f, "DENIED: \"{feature}\" {who}  ({code})"),
        }
    }
}

impl EventLine<'_> {
    fn seats(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seats > 1 { write!(f, "({} licenses) ", self.seats) } else { Ok(()) }
    }
}

fn data(f: &mut fmt::Formatter<'_>, data: &str) -> fmt::Result {
    if data.is_empty() { Ok(()) } else { write!(f, "[{}]  ", Printable(data)) }
}

fn reason(f: &mut fmt::Formatter<'_>, end: Option<End>) -> fmt::Result {
    word(end).map_or(Ok(()), |word| write!(f, "({word})"))
}

/// Why it ended, unless the client itself ended it.
fn word(end: Option<End>) -> Option<&'static str> {
    let word = match end {
        None | Some(End::Returned) => return None,
        Some(End::Silent) => "SILENT",
        Some(End::HungUp) => "DISCONNECTED",
        Some(End::Lingered) => "LINGER",
        Some(End::Expired) => "EXPIRED",
        Some(End::Removed) => "REMOVED",
        Some(End::Excluded) => "EXCLUDED",
        Some(End::NotIncluded) => "NOT INCLUDED",
        Some(End::Limited) => "MAX",
    };
    Some(word)
}

struct Who<'a>(&'a Holder);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", Printable(&self.0.user), Printable(&self.0.host))
    }
}

/// A text from outside on one line: nobody writes a second log line by a user name with a line break in it.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| f.write_char(if char.is_control() { '?' } else { char }))
    }
}

/// How wide a column of the list of features is.
const SLOT: usize = 16;

/// `Server started on HOST for:` and the features: one on the first line, three on each further one, as FlexNet sets
/// them with tabs.
pub fn started<'a>(host: &str, features: impl IntoIterator<Item = &'a FeatureName>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = alloc::format!("Server started on {host} for:\t");
    let mut free = 1;
    for feature in features {
        if free == 0 {
            lines.push(core::mem::take(&mut line));
            free = 3;
        }
        line.push_str(feature.as_str());
        line.push_str(padding(feature.as_str()));
        free -= 1;
    }
    lines.push(line);
    lines
}

fn padding(name: &str) -> &'static str {
    match name.chars().count() {
        0..8 => "\t\t",
        8..SLOT => "\t",
        _ => " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn holder(user: &str, host: &str, data: &str) -> Holder {
        Holder {
            user: user.into(),
            host: host.into(),
            display: "/dev/tty".into(),
            pid: 42,
            data: data.into(),
            ..Holder::default()
        }
    }

    #[test]
    fn events_read_as_flexnets() {
        let rows = [
            (Verb::Out, 1, "", "OUT: \"hfss\" user@nyx7005  "),
            (Verb::Out, 20, "", "OUT: \"hfss\" user@nyx7005  (20 licenses) "),
            (Verb::Out, 1, "J3_7f", "OUT: \"hfss\" user@nyx7005  [J3_7f]  "),
            (Verb::In(End::Returned), 1, "J3_7f", "IN: \"hfss\" user@nyx7005  "),
            (Verb::In(End::Returned), 20, "", "IN: \"hfss\" user@nyx7005  (20 licenses) "),
            (Verb::In(End::Silent), 1, "", "IN: \"hfss\" user@nyx7005  (SILENT)"),
            (Verb::In(End::HungUp), 2, "", "IN: \"hfss\" user@nyx7005  (2 licenses) (DISCONNECTED)"),
            (Verb::In(End::Lingered), 1, "", "IN: \"hfss\" user@nyx7005  (LINGER)"),
            (Verb::In(End::Expired), 1, "", "IN: \"hfss\" user@nyx7005  (EXPIRED)"),
            (Verb::In(End::Removed), 1, "", "IN: \"hfss\" user@nyx7005  (REMOVED)"),
            (Verb::Queued, 1, "", "QUEUED: \"hfss\" user@nyx7005  "),
            (Verb::Dequeued(None), 1, "", "DEQUEUED: \"hfss\" user@nyx7005  "),
            (Verb::Dequeued(Some(End::HungUp)), 1, "", "DEQUEUED: \"hfss\" user@nyx7005  (DISCONNECTED)"),
            (
                Verb::Refused(Code::ALL_IN_USE),
                20,
                "",
                "DENIED: \"hfss\" user@nyx7005  (Licensed number of users already reached. (-4,342))",
            ),
            (
                Verb::Refused(Code::NO_SUCH_FEATURE),
                1,
                "",
                "UNSUPPORTED: \"hfss\" (PORT_AT_HOST_PLUS   ) user@nyx7005  (No such feature exists. (-5,222))",
            ),
        ];
        let feature = FeatureName::from("hfss");
        for (verb, seats, data, line) in rows {
            let class = verb.class();
            assert!(line.starts_with(class.word()), "NOLOG {} leaves out {line}", class.word());
            let holder = holder("user", "nyx7005", data);
            assert_eq!(EventLine { verb, feature: &feature, holder: &holder, seats }.to_string(), line);
        }
    }

    #[test]
    fn nobody_writes_a_second_line() {
        let feature = FeatureName::from("a\r\nb");
        let holder = holder("Jane Røe\n", "x\u{1b}[2J\u{85}", "\n");
        let line = EventLine { verb: Verb::Out, feature: &feature, holder: &holder, seats: 1 }.to_string();
        assert_eq!(line, "OUT: \"a??b\" Jane Røe?@x?[2J?  [?]  ");
    }

    #[test]
    fn the_list_of_features_is_set_with_tabs() {
        let names = [
            "MATLAB",
            "SIMULINK",
            "MATLAB_5G_Toolbox",
            "AUTOSAR_Blockset",
            "Aerospace_Blockset",
            "post",
            "m",
        ];
        let names = names.map(FeatureName::from);
        assert_eq!(
            started("flexlm01", &names),
            [
                "Server started on flexlm01 for:\tMATLAB\t\t",
                "SIMULINK\tMATLAB_5G_Toolbox AUTOSAR_Blockset ",
                "Aerospace_Blockset post\t\tm\t\t",
            ]
        );
        assert_eq!(started("lic1", []), ["Server started on lic1 for:\t"]);
    }
}
