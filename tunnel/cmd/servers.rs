//! The servers of a command line: as one types them after ssh, and in lists as licence variables hold them.

use licgate_core::path::{Element, PathList, PortAtHost, Separator};

use crate::failure::{Exit, Failure};
use crate::ssh::config::Destination;

const SEPARATOR: Separator = if cfg!(windows) { Separator::Semicolon } else { Separator::Colon };

/// A server, and the ports of its master daemons as far as lists name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// What one types after ssh, or the name of a profile.
    pub(super) server: String,
    /// In the order in which they are named.
    pub(super) masters: Vec<u16>,
}

/// The servers of these words, each once, in the order in which they are named. A host that lists name several times has so
/// many master daemons.
pub(super) fn named<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Vec<Named>, Failure> {
    let mut named = Vec::new();
    for word in words {
        if is_list(word) {
            for PortAtHost { host, port } in listed(word)? {
                add(&mut named, Named { server: host, masters: port.into_iter().collect() })?;
            }
        } else {
            add(&mut named, Named { server: word.to_owned(), masters: Vec::new() })?;
        }
    }
    Ok(named)
}

/// The server of this word, which may name one only.
pub(super) fn one(word: &str) -> Result<Named, Failure> {
    let mut all = named([word])?;
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Failure::new(Exit::Usage, format!("{word} names several servers"))
            .with_hint("name one; `up` and `run` take several")),
    }
}

/// Whether a word has a `port@host` or `@host` in it. An account of digits alone is taken for a port; `ssh://4711@lic1` is not.
fn is_list(word: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut elements = word.split([':', ';', ',']).filter_map(|element| element.split_once('@'));
    elements.any(|(before, _)| is_port(before))
}

fn listed(word: &str) -> Result<Vec<PortAtHost>, Failure> {
    let wrong = |message: String| Failure::new(Exit::Usage, message);
    let list = PathList::parse(word, SEPARATOR).map_err(|error| wrong(error.to_string()))?;
    let mut servers = Vec::new();
    for element in list.elements() {
        match element {
            Element::Server(server) => servers.push(server.clone()),
            Element::Triad(triad) => servers.extend(triad.iter().cloned()),
            Element::Path(path) => {
                return Err(wrong(format!("{path:?} in the list is a file, to which no tunnel leads"))
                    .with_hint("leave it out, or give it with -c where it is a server's licence file"));
            }
        }
    }
    Ok(servers)
}

/// Adds a server, or what is new about one that is there already. A plain name and `account@name` are one server.
fn add(all: &mut Vec<Named>, new: Named) -> Result<(), Failure> {
    let name = name(&new.server);
    let Some(old) = all.iter_mut().find(|old| self::name(&old.server).eq_ignore_ascii_case(&name)) else {
        all.push(new);
        return Ok(());
    };
    let is_plain = |server: &str| server.eq_ignore_ascii_case(&name);
    match (is_plain(&old.server), is_plain(&new.server)) {
        (_, true) => {}
        (true, false) => old.server = new.server,
        (false, false) if old.server == new.server => {}
        (false, false) => {
            let message = format!("{} and {} are one server", old.server, new.server);
            return Err(Failure::new(Exit::Usage, message).with_hint("name it once"));
        }
    }
    let masters: Vec<_> = new.masters.into_iter().filter(|port| !old.masters.contains(port)).collect();
    old.masters.extend(masters);
    Ok(())
}

fn name(server: &str) -> String {
    server.parse::<Destination>().map_or_else(|_| server.to_owned(), |typed| typed.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> String {
        // As on this system.
        let words = words.replace('|', if cfg!(windows) { ";" } else { ":" });
        let named = named(words.split_whitespace()).unwrap_or_else(|failure| panic!("{words}: {failure}"));
        let shown = named.iter().map(|one| format!("{} {:?}", one.server, one.masters));
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_people_type_and_what_licence_variables_hold() {
        let table = [
            ("lic1", "lic1 []"),
            ("lic1 ada@lic2:2222 ssh://4711@lic3", "lic1 [], ada@lic2:2222 [], ssh://4711@lic3 []"),
            ("27000@lic1", "lic1 [27000]"),
            ("@lic1", "lic1 []"),
            ("27000@a|27001@b||@c|", "a [27000], b [27001], c []"),
            ("27000@a,27000@b,27000@c|1717@d", "a [27000], b [27000], c [27000], d [1717]"),
            ("27000@a|1717@A|27000@a", "a [27000, 1717]"),
            ("27000@[2001:db8::7]", "2001:db8::7 [27000]"),
            ("ada@a 27000@a", "ada@a [27000]"),
            ("27000@a ada@a", "ada@a [27000]"),
            ("a a A", "a []"),
            ("bob@corp.example@a CORP\\bob@b fe80::1", "bob@corp.example@a [], CORP\\bob@b [], fe80::1 []"),
        ];
        for (words, expected) in table {
            assert_eq!(read(words), expected, "{words}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_with_the_reason() {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let table = [
            (format!("/opt/acme.lic{separator}27000@a"), "is a file"),
            ("27000@a,27000@b".to_owned(), "three servers"),
            ("0@a".to_owned(), "a port from 1"),
            ("27000@".to_owned(), "goes a host"),
            ("ada@a bob@a".to_owned(), "are one server"),
        ];
        for (words, why) in table {
            let failure = named(words.split_whitespace()).unwrap_err();
            assert!(failure.exit == Exit::Usage && failure.message.contains(why), "{words}: {failure}");
        }
    }
}
