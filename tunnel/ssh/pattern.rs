//! Wildcard patterns as ssh has them: `*` any run of characters, `?` any one, and `!` before a pattern to shut out.

/// What a list of patterns says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// A pattern matches and no negated one does.
    Yes,
    /// No pattern matches.
    No,
    /// A negated pattern matches, which outweighs all others.
    ShutOut,
}

/// What `patterns` says of `text`. Capitals count: callers fold them where ssh does.
pub(super) fn listed<'p>(patterns: impl IntoIterator<Item = &'p str>, text: &str) -> Listed {
    let mut found = Listed::No;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, text) => return Listed::ShutOut,
            None if matches(pattern, text) => found = Listed::Yes,
            _ => {}
        }
    }
    found
}

/// Whether all of `text` matches `pattern`, in time bounded by the product of their lengths: both come from outside.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // The last star, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&byte) if byte == b'?' || Some(&byte) == text.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                seen = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let table = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "lic1", true),
            ("lic?", "lic1", true),
            ("lic?", "lic", false),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXbYb", false),
            ("10.0.?.*", "10.0.3.17", true),
            ("LIC1", "lic1", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_negated_pattern_outweighs_the_others_wherever_it_stands() {
        let table: [(&[&str], Listed); 5] = [
            (&["*", "!lic1"], Listed::ShutOut),
            (&["!lic1", "*"], Listed::ShutOut),
            (&["!lic2", "*"], Listed::Yes),
            (&["!lic2"], Listed::No),
            (&[], Listed::No),
        ];
        for (patterns, expected) in table {
            assert_eq!(listed(patterns.iter().copied(), "lic1"), expected, "{patterns:?}");
        }
    }

    /// The rule in its plainest form, whose time knows no bound.
    fn by_definition(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| by_definition(rest, &text[taken..])),
            ([b'?', rest @ ..], [_, others @ ..]) => by_definition(rest, others),
            ([a, rest @ ..], [b, others @ ..]) => a == b && by_definition(rest, others),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &text), by_definition(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
