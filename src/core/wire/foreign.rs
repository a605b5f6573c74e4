//! Who answered when it was no licgate server: a guess from the first bytes.

/// What kind of server began to talk, or answered a TLS ClientHello, with these bytes. `None` when they could be ours (a TLS
/// handshake) and when there are none: a server that closes without a word may be anything.
///
/// ```
/// assert_eq!(licgate_core::wire::foreign(b"SSH-2.0-OpenSSH_9.2\r\n"), Some("an ssh server"));
/// ```
pub fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| bytes.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    match bytes {
        [] => None,
        [HANDSHAKE, 3, ..] | [HANDSHAKE] => None,
        [ALERT, 3, ..] => Some("a TLS server of another kind"),
        _ if begins(b"SSH-") => Some("an ssh server"),
        _ if begins(b"HTTP/") || begins(b"<!DOCTYPE") || begins(b"<html") => Some("a web server"),
        _ if begins(b"220") => Some("a mail or ftp server"),
        // "W", a checksum, then "-60": what lmgrd tells whoever does not speak its language.
        [b'W', _, b'-', b'6', b'0', ..] | [b'W', _, 0, 0, 0, 0, ..] => Some("a FlexNet licence server"),
        _ if bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => {
            Some("a server that speaks plain text")
        }
        _ => Some("a server that speaks no TLS, such as a FlexNet licence server"),
    }
}

/// TLS record types (RFC 8446 section 5.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_their_first_bytes() {
        let cases: [(&[u8], Option<&str>); 14] = [
            (b"", None),
            (b"\x16\x03\x03\x00\x7a\x02", None),
            (b"\x16", None),
            (b"\x15\x03\x03\x00\x02\x02\x28", Some("a TLS server of another kind")),
            (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", Some("an ssh server")),
            (b"HTTP/1.1 400 Bad Request\r\n", Some("a web server")),
            (b"<!doctype html>", Some("a web server")),
            (b"<html><head>", Some("a web server")),
            (b"220 mail.example.com ESMTP\r\n", Some("a mail or ftp server")),
            (b"W\x8f-60\0\0\0", Some("a FlexNet licence server")),
            (b"W\x0a\0\0\0\0\0", Some("a FlexNet licence server")),
            (b"ERR unknown command\r\n", Some("a server that speaks plain text")),
            (b"\x16\x15", Some("a server that speaks no TLS, such as a FlexNet licence server")),
            (b"\x2f\x9c\0\x01", Some("a server that speaks no TLS, such as a FlexNet licence server")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(foreign(bytes), expected, "{bytes:02x?}");
        }
    }
}
