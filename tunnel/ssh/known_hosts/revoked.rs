//! A list of revoked keys (`RevokedHostKeys`): plain text, one public key on a line, as ssh(1) takes it beside its binary lists.

use std::path::Path;

use super::{Entry, line};

/// The first bytes of OpenSSH's binary lists (PROTOCOL.krl).
const BINARY: &str = "SSHKRL\n\0";

/// The keys in the list, each revoked for all hosts; or why they cannot be told. As for OpenSSH, every line has to be right.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let about = |why: &str| format!("RevokedHostKeys {}: {why}", path.display());
    let (text, _) = super::read(path).map_err(|error| about(&error.to_string()))?;
    if text.starts_with(BINARY) {
        return Err(about(
            "a binary list (KRL) cannot be read here; name a file with one public key on each line instead",
        ));
    }
    let mut entries = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let line = line::parse(&format!("@revoked * {text}"))
            .map_err(|why| about(&format!("line {number}: {why}")))?;
        entries.extend(line.map(|line| Entry { file: path.to_owned(), number, line }));
    }
    Ok(entries)
}
