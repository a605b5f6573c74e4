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
    /// lictunnel to what it is held against, else to `ssh`: the median of the rounds' ratios.
    ratio: Option<f64>,
    /// The target, in words.
    target: Option<String>,
    /// Whether it is met.
    met: Option<bool>,
}

impl Row {
    fn new(figure: Figure, values: &BTreeMap<Carrier, Vec<f64>>) -> Self {
        let words = figure.words();
        let of = |carrier| values.get(&carrier).and_then(|values| median(values.clone()));
        let against = match words.goal {
            Some(Goal::AtLeast(_, other) | Goal::AtMost(_, other)) => Some(other),
            // What is lost may be nothing, or less.
            Some(Goal::Within(_)) => None,
            None => Some(Carrier::Ssh),
        };
        let ratio = match (values.get(&Carrier::Lictunnel), against.and_then(|other| values.get(&other))) {
            // Rounds are pairs: what else the machine did meanwhile, it did to both.
            (Some(ours), Some(theirs)) => {
                median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
            }
            _ => None,
        };
        let ours = of(Carrier::Lictunnel);
        let met = words.goal.and_then(|goal| match goal {
            Goal::AtLeast(least, _) => Some(ratio? >= least),
            Goal::AtMost(most, _) => Some(ratio? <= most),
            Goal::Within(most) => Some(ours? <= most),
        });
        Self {
            work: words.name,
            unit: words.unit,
            digits: words.digits,
            ssh: of(Carrier::Ssh),
            lictunnel: ours,
            plain: of(Carrier::Plain),
            ratio,
            target: words.goal.map(|goal| goal.to_string()),
            met,
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
        "{:<42} {:>6} {:>10} {:>10} {:>10} {:>8}  target\n",
        "", "", "ssh -N -L", "lictunnel", "plain TCP", "ratio"
    );
    for row in rows {
        let cell =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.*}", row.digits));
        let ratio = row.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2} x"));
        let target = match (&row.target, row.met) {
            (Some(target), Some(true)) => format!("{target}: met"),
            (Some(target), Some(false)) => format!("{target}: MISSED"),
            (target, _) => target.clone().unwrap_or_default(),
        };
        let line = format!(
            "{:<42} {:>6} {:>10} {:>10} {:>10} {ratio:>8}  {target}",
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

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_rounds() {
        let mut values = Values::default();
        // The machine was half as fast in the second round.
        for (ssh, ours) in [(100.0, 120.0), (50.0, 60.0), (100.0, 130.0), (100.0, 90.0)] {
            values.note(Carrier::Ssh, Figure::Down, ssh);
            values.note(Carrier::Lictunnel, Figure::Down, ours);
        }
        let rows = values.rows();
        assert_eq!((rows[0].ssh, rows[0].lictunnel, rows[0].plain), (Some(100.0), Some(105.0), None));
        assert_eq!((rows[0].ratio, rows[0].met), (Some(1.2), Some(true)));
        assert!(table(&rows).contains("1.20 x  >= 1.05 x: met"), "{}", table(&rows));
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
