//! One line of `ssh_config`: its keyword, and its values with their quotes taken off.

/// The keyword in small letters and the rest of the line; `None` for blank lines and comments.
pub(super) fn keyword(line: &str) -> Option<(String, &str)> {
    // A form feed may end a line, as in OpenSSH.
    let line = line.trim_start_matches(is_blank).trim_end_matches(|c| is_blank(c) || c == '\u{c}');
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c| is_blank(c) || c == '=' || c == '"').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix('=').map_or(rest, |rest| rest.trim_start_matches(is_blank));
    Some((keyword.to_ascii_lowercase(), rest))
}

/// The values in `rest`: parted by blanks; quotes, single or double, hold blanks together; a backslash takes the meaning
/// from a quote, a backslash or a blank and is itself elsewhere (`C:\keys`); `#` at the beginning of a value starts a comment.
pub(super) fn values(rest: &str) -> Result<Vec<String>, &'static str> {
    let mut values = Vec::new();
    let mut chars = rest.chars().peekable();
    loop {
        while chars.next_if(|&c| is_blank(c)).is_some() {}
        if chars.peek().is_none_or(|&c| c == '#') {
            return Ok(values);
        }
        let mut value = String::new();
        let mut quote = None;
        while let Some(c) = chars.next_if(|&c| quote.is_some() || !is_blank(c)) {
            let next = chars.peek().copied();
            match c {
                '\\' if matches!(next, Some('\'' | '"' | '\\')) || (quote.is_none() && next == Some(' ')) => {
                    value.extend(chars.next());
                }
                '\'' | '"' if quote.is_none() => quote = Some(c),
                _ if quote == Some(c) => quote = None,
                _ => value.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is left open");
        }
        values.push(value);
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords() {
        let table = [
            ("HostName foo", Some(("hostname", "foo"))),
            (" \tPort=5\r", Some(("port", "5"))),
            ("Port = 5", Some(("port", "5"))),
            ("Port\t==5", Some(("port", "=5"))),
            ("User\"bob\"", Some(("user", "\"bob\""))),
            ("Host", Some(("host", ""))),
            ("# HostName foo", None),
            ("Port 5 \u{c}\r", Some(("port", "5"))),
            ("\u{c}Port 5", Some(("\u{c}port", "5"))),
            ("  ", None),
        ];
        for (line, expected) in table {
            assert_eq!(keyword(line), expected.map(|(word, rest)| (word.to_owned(), rest)), "{line}");
        }
    }

    #[test]
    fn quotes_blanks_and_comments() {
        let table: [(&str, &[&str]); 9] = [
            ("a b\tc", &["a", "b", "c"]),
            ("\"a b\" 'c d'", &["a b", "c d"]),
            ("a\"b c\"d", &["ab cd"]),
            (r"a\ b \'c \\", &["a b", "'c", r"\"]),
            (r"C:\Users\jane\id", &[r"C:\Users\jane\id"]),
            ("a # b", &["a"]),
            ("a#b \"#c\"", &["a#b", "#c"]),
            ("\"\"", &[""]),
            ("", &[]),
        ];
        for (rest, expected) in table {
            assert_eq!(values(rest).unwrap(), expected, "{rest}");
        }
        assert!(values("\"a").is_err());
        assert!(values("it's").is_err());
    }
}
