//! What the bytes of a hosts file become when a block is put in or taken out.
//!
//! Our lines stand at the top, behind a byte order mark: there the first match of the system finds them whatever follows,
//! and nothing depends on how the file ends. All other bytes stay as they are, whatever they are.

use std::fmt;
use std::net::IpAddr;

use super::line::{Line, Override, OwnerId, Process};
use super::name::Names;

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a block cannot be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Another tunnel that runs has these names, or the same server.
    Held {
        /// The line, counted from 1.
        line: usize,
        /// The process of that tunnel.
        pid: u32,
    },
    /// The file is written in UTF-16: no system reads that, so nothing put into it would do anything.
    Utf16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { line, pid } => write!(
                f,
                "line {line} of the hosts file holds this name for another tunnel, process {pid}; stop that first"
            ),
            Self::Utf16 => {
                f.write_str("the hosts file is written in UTF-16; save it as plain text (ANSI or UTF-8)")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// A line of somebody else's that leads one of the names elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Conflict {
    /// The line, counted from 1.
    pub line: usize,
    /// Where it leads.
    pub address: IpAddr,
    /// The name as it stands there.
    pub name: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, address, name } = self;
        write!(
            f,
            "line {line} of the hosts file leads {name} to {address}; some systems answer with both addresses: take it out"
        )
    }
}

/// A line with our mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line, counted from 1.
    pub line: usize,
    /// What it overrides; `None` when it was changed by somebody else (see [`Line::Damaged`]).
    pub block: Option<Override>,
}

/// All lines with our mark.
pub fn entries(file: &[u8]) -> Vec<Entry> {
    let read = numbered(file).filter_map(|(line, bytes)| match Line::read(bytes) {
        Line::Foreign => None,
        Line::Ours(block) => Some(Entry { line, block: Some(block) }),
        Line::Damaged => Some(Entry { line, block: None }),
    });
    read.collect()
}

/// Puts the block in, in place of an older one of the same owner.
pub fn put(file: &[u8], block: &Override, is_alive: &dyn Fn(&Process) -> bool) -> Result<Vec<u8>, Refusal> {
    if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        return Err(Refusal::Utf16);
    }
    for Entry { line, block: other } in entries(file) {
        let Some(other) = other.filter(|other| other.tunnel != block.tunnel) else { continue };
        let is_rival = other.id == block.id
            || other.names.iter().any(|name| block.names.contain(name.as_str().as_bytes()));
        if is_rival && !other.is_stale(is_alive) {
            return Err(Refusal::Held { line, pid: other.tunnel.pid });
        }
    }
    let without = keep(file, |line| !matches!(line, Line::Ours(other) if other.id == block.id));
    let (mark, rest) = split_mark(&without);
    let end = line_end(rest);
    let lines: String = block.lines().into_iter().map(|line| line + end).collect();
    Ok([mark, lines.as_bytes(), rest].concat())
}

/// Takes out what [`put`] put in for this owner and tunnel, and nothing else.
pub fn take(file: &[u8], id: OwnerId, tunnel: &Process) -> Vec<u8> {
    keep(file, |line| !matches!(line, Line::Ours(block) if block.id == id && block.tunnel == *tunnel))
}

/// Takes out all blocks whose tunnel has ended: what a power cut left behind.
pub fn repair(file: &[u8], is_alive: &dyn Fn(&Process) -> bool) -> Vec<u8> {
    keep(file, |line| !matches!(line, Line::Ours(block) if block.is_stale(is_alive)))
}

/// The lines that lead one of the block's names elsewhere, and are not ours.
pub fn conflicts(file: &[u8], block: &Override) -> Vec<Conflict> {
    let foreign = numbered(file).filter(|(_, bytes)| !matches!(Line::read(bytes), Line::Ours(_)));
    foreign.filter_map(|(line, bytes)| conflict(line, bytes, block)).collect()
}

fn conflict(line: usize, bytes: &[u8], block: &Override) -> Option<Conflict> {
    let entry = bytes.split(|byte| *byte == b'#').next()?;
    let mut words = entry.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let address = std::str::from_utf8(words.next()?).ok()?;
    // `fe80::1%lo0` has a zone.
    let address: IpAddr = address.split('%').next()?.parse().ok()?;
    let name =
        words.find(|word| is_among(&block.names, word)).filter(|_| address != block.address.address())?;
    Some(Conflict { line, address, name: String::from_utf8_lossy(name).into_owned() })
}

fn is_among(names: &Names, word: &[u8]) -> bool {
    names.contain(word.strip_suffix(b".").unwrap_or(word))
}

/// The file without the lines that are not to be kept.
fn keep(file: &[u8], is_kept: impl Fn(&Line) -> bool) -> Vec<u8> {
    let (mark, rest) = split_mark(file);
    let kept = rest.split_inclusive(|byte| *byte == b'\n').filter(|bytes| is_kept(&Line::read(bytes)));
    let mut out = mark.to_vec();
    kept.for_each(|bytes| out.extend_from_slice(bytes));
    out
}

fn numbered(file: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    (1..).zip(split_mark(file).1.split(|byte| *byte == b'\n'))
}

fn split_mark(file: &[u8]) -> (&[u8], &[u8]) {
    file.split_at(if file.starts_with(UTF_8_MARK) { UTF_8_MARK.len() } else { 0 })
}

/// How most lines of the file end.
fn line_end(file: &[u8]) -> &'static str {
    let all = file.iter().filter(|byte| **byte == b'\n').count();
    let windows = file.windows(2).filter(|pair| pair == b"\r\n").count();
    if windows * 2 > all { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests;
