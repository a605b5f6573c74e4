//! One licence host, as commands take it: `HOST:PORT`, `PORT@HOST`, `@HOST` or `HOST`.

use licgate_core::path::PortAtHost;

/// Reads the address of a licence host.
pub(super) fn parse(text: &str) -> Result<PortAtHost, String> {
    let flexnets = if text.contains('@') {
        text.into()
    } else {
        match text
            .rsplit_once(':')
            .filter(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        {
            // `::1` alone is an address; with a port it needs brackets.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => format!("{port}@{host}"),
            Some(_) | None => format!("@{text}"),
        }
    };
    flexnets.parse().map_err(|error: licgate_core::path::PathError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_an_address_are_read() {
        let table = [
            ("lic1:27000", "27000@lic1"),
            ("27000@lic1", "27000@lic1"),
            ("@lic1", "@lic1"),
            ("lic1", "@lic1"),
            ("[::1]:27000", "27000@[::1]"),
            ("27000@[::1]", "27000@[::1]"),
            ("127.0.0.1:27000", "27000@127.0.0.1"),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(expected.into()), "{text}");
        }
        for text in ["", "lic1:70000", "x@lic1", "lic 1:27000"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
