//! The word that was probably meant.

use alloc::vec;
use alloc::vec::Vec;

/// Words longer than this are nobody's misspelling of a keyword.
const LONGEST: usize = 40;

/// The candidate that `word` is most probably a misspelling of, without regard to case: at most a third of its letters
/// (but at least one) wrong, missing, too many, or swapped with their neighbour. `None`: it resembles none of them.
/// Candidates are ASCII.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = lower(word);
    let good_enough = (word.len() / 3).max(1);
    // As many letters as the lengths differ by are wrong at least: most candidates need no table.
    let near = candidates.into_iter().filter(|candidate| candidate.len().abs_diff(word.len()) <= good_enough);
    let rated = near.map(|candidate| (distance(&word, &lower(candidate)), candidate));
    let (mistakes, best) = rated.min_by_key(|(mistakes, _)| *mistakes)?;
    (mistakes <= good_enough && mistakes < word.len()).then_some(best)
}

fn lower(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).collect()
}

/// How many letters have to be changed, put in, taken out, or swapped with their neighbour ("optimal string
/// alignment"), row by row of the usual table.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let changed = at(&last, column) + usize::from(letter != other);
            let removed = at(&last, column + 1) + 1;
            let added = at(&current, column) + 1;
            let swaps = row > 0
                && column > 0
                && from.get(row - 1) == Some(other)
                && to.get(column - 1) == Some(letter);
            let swapped = if swaps { at(&before_last, column - 1) + 1 } else { usize::MAX };
            current.push(changed.min(removed).min(added).min(swapped));
        }
        before_last = core::mem::replace(&mut last, current);
    }
    at(&last, to.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 5] = ["FEATURE", "INCREMENT", "SERVER", "USE_SERVER", "SN"];

    #[test]
    fn misspellings_find_their_word() {
        for (word, meant) in [
            ("FEATRUE", "FEATURE"),
            ("feature", "FEATURE"),
            ("FEATURES", "FEATURE"),
            ("INCRMENT", "INCREMENT"),
            ("SEVER", "SERVER"),
            ("USESERVER", "USE_SERVER"),
            ("SM", "SN"),
        ] {
            assert_eq!(closest(word, WORDS), Some(meant), "{word}");
        }
    }

    #[test]
    fn other_words_find_none() {
        for word in ["", "x", "licence", "XY", "permanent", &"FEATURE".repeat(1000)] {
            assert_eq!(closest(word, WORDS), None, "{word}");
        }
    }

    #[test]
    fn a_swap_is_one_mistake() {
        for (from, to, mistakes) in
            [("ab", "ba", 1), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ca", "abc", 3)]
        {
            assert_eq!(distance(&lower(from), &lower(to)), mistakes, "{from} {to}");
        }
    }
}
