//! A name in the hosts file: what the user wrote there about it.
//!
//! Our own lines are in the same file. They need no special care: they hold loopback addresses, which no way may answer with.

use std::net::IpAddr;
use std::path::Path;

use tokio::io::AsyncReadExt as _;

use crate::hosts::file::MOST;

/// The addresses of `name` in the file, in its order.
pub(super) async fn find(path: &Path, name: &str) -> Result<Vec<IpAddr>, String> {
    let cannot_read = |error| format!("{} cannot be read: {error}", path.display());
    let mut text = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(cannot_read)?;
    file.take(MOST).read_to_end(&mut text).await.map_err(cannot_read)?;
    Ok(addresses(&String::from_utf8_lossy(&text), name))
}

fn addresses(text: &str, name: &str) -> Vec<IpAddr> {
    let name = name.trim_end_matches('.');
    let address = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name)).then_some(address)
    };
    text.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_the_system_finds_them() {
        let text = "\u{feff}# lab\n127.0.0.1 localhost\n127.77.3.1 lic1 # lictunnel\n10.0.0.7\tlic1.lab LIC1 # the old one\n\
            10.0.0.8 lic11\n#10.0.0.9 lic1\n2001:db8::7 lic1\r\nnonsense lic1\n10.0.0.10\n\n";
        let found: Vec<String> = addresses(text, "lic1.").iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.77.3.1", "10.0.0.7", "2001:db8::7"]);
        assert!(addresses(text, "the").is_empty() && addresses("", "lic1").is_empty());
    }
}
