//! What a new book changes, in lines for the people who asked for the reread.

use std::collections::BTreeMap;

use licgate_core::id::FeatureName;
use licgate_core::licence::{Book, Seats};

/// One line for each feature that is new, gone, or has another number of seats.
pub(super) fn news(old: &Book, new: &Book) -> Vec<String> {
    let (old, new) = (amounts(old), amounts(new));
    let mut lines = Vec::new();
    for (feature, now) in &new {
        match old.get(feature) {
            None => lines.push(format!("new feature {feature}: {now}")),
            Some(before) if before != now => lines.push(format!("feature {feature}: {before} became {now}")),
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|feature| !new.contains_key(*feature));
    lines.extend(gone.map(|feature| format!("feature {feature} is no longer served")));
    if lines.is_empty() {
        lines.push("no feature changed".to_owned());
    }
    lines
}

/// What there is of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Seats(u64),
    Uncounted,
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seats(1) => f.write_str("1 seat"),
            Self::Seats(count) => write!(f, "{count} seats"),
            Self::Uncounted => f.write_str("uncounted"),
        }
    }
}

impl Amount {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Seats(one), Self::Seats(two)) => Self::Seats(one + two),
            (Self::Uncounted, _) | (_, Self::Uncounted) => Self::Uncounted,
        }
    }
}

fn amounts(book: &Book) -> BTreeMap<&FeatureName, Amount> {
    let mut amounts = BTreeMap::new();
    for pool in book.pools() {
        let seats = match pool.seats {
            Seats::Counted { total, overdraft: _ } => Amount::Seats(total.into()),
            Seats::Uncounted => Amount::Uncounted,
        };
        amounts.entry(&pool.feature).and_modify(|sum: &mut Amount| *sum = sum.and(seats)).or_insert(seats);
    }
    amounts
}
