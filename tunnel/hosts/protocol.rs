//! What the helper and the program that started it say to each other: one JSON value a line.

use std::io::{self, BufRead, Read as _};

use serde::{Deserialize, Serialize};

use super::edit::Conflict;
use super::line::OwnerId;
use super::name::Names;
use crate::loopback::Loopback;

/// The longest line, in bytes: 32 names of 253 bytes fit in.
pub const LONGEST: u64 = 16 << 10;
/// So many conflicts are told at most.
pub(super) const CONFLICTS: usize = 16;

/// What the helper can be asked for; it does nothing else. The types admit only loopback addresses of servers and proper
/// names, so that a helper with the administrator's rights cannot be asked for anything worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Make this address usable, before a listener is bound to it. Only macOS needs that.
    Alias(Loopback),
    /// Put these names at this address, in place of what stands there for this owner.
    Put(Wish),
    /// Take the block of this owner out.
    Take(OwnerId),
}

/// A block as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Whose it is.
    pub id: OwnerId,
    /// The process of the tunnel; the helper itself looks when that started.
    pub pid: u32,
    /// Where the names lead.
    pub address: Loopback,
    /// The names.
    pub names: Names,
}

/// What the helper says: once that it is ready, then an answer to each request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// It runs, and will take back what it is asked to put in.
    Ready,
    /// The address is usable.
    Aliased,
    /// The block stands, and these lines of others contradict it.
    Put(Vec<Conflict>),
    /// The block is out.
    Taken,
    /// Nothing was changed.
    Refused {
        /// Why, and what to do.
        why: String,
        /// Whether the administrator's rights would have helped.
        wants_privilege: bool,
    },
}

/// The next line, without its end; `None` at the end of the input. A line that is too long is an error, and the input
/// is then of no more use.
pub fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    input.take(LONGEST).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        // The other side ended in the middle of a line: that was not meant to be acted on.
        Some(_) if (line.len() as u64) + 1 < LONGEST => Ok(None),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long")),
    }
}

/// A value as a line.
pub fn line_of(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_helper_does_can_be_asked_for() {
        let read = |text: &str| serde_json::from_str::<Request>(text);
        let good = r#"{"put":{"id":"0a1b2c3d","pid":1,"address":"127.77.3.1","names":["LIC1","lic1.x"]}}"#;
        let Request::Put(wish) = read(good).unwrap() else { panic!() };
        let names: Vec<_> = wish.names.iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["lic1.x", "lic1"]);
        assert!(matches!(read(r#"{"take":"0a1b2c3d"}"#), Ok(Request::Take(_))));
        let table = [
            ("127.77.3.1", "10.0.0.1"),
            ("127.77.3.1", "127.0.0.1"),
            ("\"LIC1\"", "\"localhost\""),
            ("\"LIC1\"", "\"a\\nb\""),
            ("[\"LIC1\",\"lic1.x\"]", "[]"),
            ("0a1b2c3d", "../x"),
            ("\"pid\":1", "\"pid\":-1"),
            ("\"pid\":1", "\"pid\":1,\"path\":\"/etc/passwd\""),
            ("put", "write"),
        ];
        for (from, to) in table {
            assert!(read(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
    }

    #[test]
    fn lines_are_bounded_and_whole() {
        let whole = [vec![b'x'; 16383], b"\nnext\nhalf".to_vec()].concat();
        let mut input = &whole[..];
        assert_eq!(read_line(&mut input).unwrap().map(|line| line.len()), Some(16383));
        assert_eq!(read_line(&mut input).unwrap().as_deref(), Some(&b"next"[..]));
        assert_eq!(read_line(&mut input).unwrap(), None);
        assert!(read_line(&mut &vec![b'x'; 20000][..]).is_err());
    }
}
