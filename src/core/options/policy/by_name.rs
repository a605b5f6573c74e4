//! What a policy keeps for names, found for many names at once in one pass.

use alloc::vec::Vec;

use super::names::NameId;

/// A value for each of some names.
#[derive(Debug)]
pub(super) struct ByName<T>(Vec<(NameId, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByName<T> {
    /// Of several values for a name, each is added to the one before it with `add`.
    pub(super) fn new(mut values: Vec<(NameId, T)>, add: impl Fn(&mut T, &T)) -> Self {
        values.sort_by_key(|(name, _)| *name);
        values.dedup_by(|(name, value), (kept_name, kept)| {
            let is_same = name == kept_name;
            if is_same {
                add(kept, value);
            }
            is_same
        });
        Self(values)
    }

    /// Each of `names`, which are in order, with its value. Together they cost no more than a look at all that is kept,
    /// and O(log n) each when they are few.
    pub(super) fn of<'t>(&'t self, names: &'t [NameId]) -> impl Iterator<Item = (NameId, Option<&'t T>)> {
        let mut rest = self.0.as_slice();
        names.iter().map(move |name| {
            rest = from(rest, *name);
            (*name, rest.first().filter(|(found, _)| found == name).map(|(_, value)| value))
        })
    }
}

/// What is left of `values` from `name` on: looked for in steps that double, since it is mostly near.
fn from<T>(values: &[(NameId, T)], name: NameId) -> &[(NameId, T)] {
    let is_before = |(other, _): &(NameId, T)| *other < name;
    let mut reach = 1;
    while values.get(reach - 1).is_some_and(is_before) {
        reach *= 2;
    }
    let near = values.get(..reach).unwrap_or(values);
    values.get(near.partition_point(is_before)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_name_finds_the_sum_of_its_values(
            values in proptest::collection::vec((0u32..300, 1u32..9), 0..300),
            asked in proptest::collection::btree_set(0u32..310, 0..300),
        ) {
            let by_name = values.iter().map(|(name, value)| (NameId(*name), *value)).collect();
            let by_name = ByName::new(by_name, |sum, value| *sum += value);
            let names: Vec<_> = asked.iter().copied().map(NameId).collect();
            let found: Vec<_> = by_name.of(&names).map(|(name, sum)| (name.0, sum.copied())).collect();
            let sum = |name| values.iter().filter(|it| it.0 == name).map(|it| it.1).reduce(|sum, it| sum + it);
            let expected: Vec<_> = asked.iter().map(|name| (*name, sum(*name))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
