//! What was measured, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;

use super::figure::{Carrier, Figure, Goal};

/// All values of a run: of each figure and carrier, one for each round.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<Figure, BTreeMap<Carrier, Vec<f64>>>);

impl Values {
    /// Notes a value of the round that runs.
    pub(super) fn note(&mut self, carrier: Carrier, figure: Figure, value: f64) {
        self.0.entry(figure).or_default().entry(carrier).or_default().push(value);
    }

    /// The rows of the table.
    pub(super) fn rows(&self) -> Vec<Row> {
        self.0.iter().map(|(&figure, values)| Row::new(figure, values)).collect()
    }
}

/// One figure, medians of all rounds.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    work: &'static str,
    unit: &'static str,
    #[serde(skip)]
    digits: usize,
    ssh: Option<f64>,
    lictunnel: Option<f64>,
    plain: Option<f64>,
    /// lictunnel to what it is held against, else to `ssh`: quartiles of the rounds' ratios.
    ratio: Option<Quartiles>,
    /// The target, in words.
    target: Option<String>,
    /// Whether it is met.
    verdict: Option<Verdict>,
}

/// Where the middle half of some values lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Quartiles {
    low: f64,
    median: f64,
    high: f64,
}

/// What the rounds say of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Met,
    Missed,
    /// The target lies within the spread of the rounds: the machine was too busy, or the target is just reached.
    Unclear,
}

impl Row {
    fn new(figure: Figure, values: &BTreeMap<Carrier, Vec<f64>>) -> Self {
        let words = figure.words();
        let of = |carrier| values.get(&carrier).and_then(|values| quartiles(values.clone()));
        let against = match words.goal {
            Some(Goal::AtLeast(_, other) | Goal::AtMost(_, other)) => Some(other),
            // What is lost may be nothing, or less.
            Some(Goal::Within(_)) => None,
            None => Some(Carrier::Ssh),
        };
        let ratio = match (values.get(&Carrier::Lictunnel), against.and_then(|other| values.get(&other))) {
            // Rounds are pairs: what else the machine did meanwhile, it did to both.
            (Some(ours), Some(theirs)) => {
                quartiles(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
            }
            _ => None,
        };
        let ours = of(Carrier::Lictunnel);
        let verdict = words.goal.and_then(|goal| {
            Some(match goal {
                Goal::AtLeast(least, _) => ratio?.verdict(|ratio| ratio >= least),
                Goal::AtMost(most, _) => ratio?.verdict(|ratio| ratio <= most),
                Goal::Within(most) => ours?.verdict(|value| value <= most),
            })
        });
        let median = |quartiles: Option<Quartiles>| quartiles.map(|quartiles| quartiles.median);
        Self {
            work: words.name,
            unit: words.unit,
            digits: words.digits,
            ssh: median(of(Carrier::Ssh)),
            lictunnel: median(ours),
            plain: median(of(Carrier::Plain)),
            ratio,
            target: words.goal.map(|goal| goal.to_string()),
            verdict,
        }
    }
}

impl Quartiles {
    /// Whether something holds of the whole middle half, of none of it, or who knows.
    fn verdict(self, holds: impl Fn(f64) -> bool) -> Verdict {
        match (holds(self.low), holds(self.high)) {
            (true, true) => Verdict::Met,
            (false, false) => Verdict::Missed,
            _ => Verdict::Unclear,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |carrier: &Carrier| if *carrier == Carrier::Plain { " plain" } else { "" };
        match self {
            Self::AtLeast(times, other) => write!(f, ">= {times} x{}", name(other)),
            Self::AtMost(times, other) => write!(f, "<= {times} x{}", name(other)),
            Self::Within(most) => write!(f, "<= {most}"),
        }
    }
}

/// The rows as text.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<42} {:>6} {:>10} {:>10} {:>10} {:>22}  target\n",
        "", "", "ssh -N -L", "lictunnel", "plain TCP", "ratio"
    );
    for row in rows {
        let cell =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.*}", row.digits));
        let ratio = row.ratio.map_or("-".to_owned(), |Quartiles { low, median, high }| {
            format!("{median:.2} x ({low:.2}-{high:.2})")
        });
        let target = match (&row.target, row.verdict) {
            (Some(target), Some(Verdict::Met)) => format!("{target}: met"),
            (Some(target), Some(Verdict::Missed)) => format!("{target}: MISSED"),
            (Some(target), Some(Verdict::Unclear)) => format!("{target}: UNCLEAR, the rounds differ"),
            (target, _) => target.clone().unwrap_or_default(),
        };
        let line = format!(
            "{:<42} {:>6} {:>10} {:>10} {:>10} {ratio:>22}  {target}",
            row.work,
            row.unit,
            cell(row.ssh),
            cell(row.lictunnel),
            cell(row.plain),
        );
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn quartiles(mut values: Vec<f64>) -> Option<Quartiles> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at =
        |quarters: usize| f64::midpoint(values[last * quarters / 4], values[(last * quarters).div_ceil(4)]);
    Some(Quartiles { low: at(1), median: at(2), high: at(3) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_rounds() {
        let mut values = Values::default();
        let mut note = |ssh, ours| {
            values.note(Carrier::Ssh, Figure::Down, ssh);
            values.note(Carrier::Lictunnel, Figure::Down, ours);
            values.rows().remove(0)
        };
        note(100.0, 120.0);
        // The machine was half as fast in this round.
        note(50.0, 60.0);
        let row = note(100.0, 130.0);
        assert_eq!((row.ssh, row.lictunnel, row.plain), (Some(100.0), Some(120.0), None));
        assert!(table(&[row]).contains("1.20 x (1.20-1.25)  >= 1.05 x: met"));
        note(100.0, 100.0);
        let row = note(100.0, 90.0);
        assert!(table(&[row]).contains("1.20 x (1.00-1.20)  >= 1.05 x: UNCLEAR"));
    }

    #[test]
    fn a_target_that_is_missed_is_told() {
        let mut values = Values::default();
        values.note(Carrier::Plain, Figure::FarConnection, 40.0);
        values.note(Carrier::Lictunnel, Figure::FarConnection, 44.0);
        values.note(Carrier::Lictunnel, Figure::Growth, 3300.0);
        let text = table(&values.rows());
        assert!(text.contains("<= 1.05 x plain: MISSED") && text.contains("<= 10: MISSED"), "{text}");
    }
}
