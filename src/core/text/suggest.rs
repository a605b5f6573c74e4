//! The word that was probably meant.

use alloc::vec::Vec;

/// Words longer than this are nobody's misspelling of a keyword.
const LONGEST: usize = 40;

/// The candidate that `word` is most probably a misspelling of, without regard to case: at most a third of its letters
/// (but at least one) wrong, missing, too many, or swapped with their neighbour. `None`: it resembles none of them.
/// Candidates are ASCII.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = lower(word);
    let mut most = (word.len() / 3).max(1).min(word.len() - 1);
    let mut best = None;
    let mut rows = Rows::default();
    for candidate in candidates {
        if let Some(mistakes) = rows.distance(&word, candidate.as_bytes(), most) {
            best = Some(candidate);
            match mistakes.checked_sub(1) {
                Some(fewer) => most = fewer,
                None => break,
            }
        }
    }
    best
}

fn lower(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).collect()
}

/// The rows of the table that are at hand, kept from one candidate to the next.
#[derive(Default)]
struct Rows {
    before_last: Vec<usize>,
    last: Vec<usize>,
    current: Vec<usize>,
}

impl Rows {
    /// How many letters have to be changed, put in, taken out, or swapped with their neighbour ("optimal string
    /// alignment"), row by row of the usual table. `None`: more than `most`.
    fn distance(&mut self, from: &[char], to: &[u8], most: usize) -> Option<usize> {
        // As many letters as the lengths differ by are wrong at least: most candidates need no table.
        if to.len().abs_diff(from.len()) > most {
            return None;
        }
        self.last.clear();
        self.last.extend(0..=to.len());
        for row in 0..from.len() {
            self.add(row, from, to);
            // From a row to the next the fewest mistakes never become fewer.
            if self.last.iter().all(|mistakes| *mistakes > most) {
                return None;
            }
        }
        self.last.last().copied().filter(|mistakes| *mistakes <= most)
    }

    fn add(&mut self, row: usize, from: &[char], to: &[u8]) {
        let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
        let other = |column: usize| to.get(column).map(|byte| char::from(byte.to_ascii_lowercase()));
        let letter = |row: usize| from.get(row).copied();
        self.current.clear();
        self.current.push(row + 1);
        for column in 0..to.len() {
            let changed = at(&self.last, column) + usize::from(letter(row) != other(column));
            let removed = at(&self.last, column + 1) + 1;
            let added = at(&self.current, column) + 1;
            let swaps =
                row > 0 && column > 0 && letter(row - 1) == other(column) && other(column - 1) == letter(row);
            let swapped = if swaps { at(&self.before_last, column - 1) + 1 } else { usize::MAX };
            self.current.push(changed.min(removed).min(added).min(swapped));
        }
        core::mem::swap(&mut self.before_last, &mut self.last);
        core::mem::swap(&mut self.last, &mut self.current);
    }
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
            let distance = |most| Rows::default().distance(&lower(from), to.as_bytes(), most);
            assert_eq!((distance(mistakes), distance(mistakes - 1)), (Some(mistakes), None), "{from} {to}");
        }
    }
}
