//! An application with a hosts file of its own, in a user and mount namespace, without any privilege (Linux).
//!
//! `lictunnel run` starts this same program with the hidden sub-command [`SUBCOMMAND`]; [`inside`] goes into the
//! namespaces, mounts a private hosts file over the system's, starts the application and stays beside it.
//!
//! | | |
//! |---|---|
//! | user and group | stay what they are: licence rules go by user names |
//! | capabilities | the application has none that its user would not have |
//! | setuid programs (`sudo`, `su`, `ping`) | do not work in there |
//! | supplementary groups | still open files, and are shown as `nogroup` |
//! | signals | those sent to us are sent on; those of the terminal reach the application by themselves |
//! | exit code | the application's, 128 + n when signal n ended it; see [`FAILED`] and its neighbours for ours |
//! | the hosts file outside | is never touched; when it changes or is replaced, the private one follows |
//! | the tunnel ends before the application | the application goes on and a line says so: hours of work may hang on it, and licence clients know how to wait; its exit code is the one that counts |

#[cfg(target_os = "linux")]
mod forbidden;
#[cfg(target_os = "linux")]
pub mod inside;
#[cfg(target_os = "linux")]
mod mounted;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
pub(crate) mod relay;

use std::ffi::OsString;
use std::io;
#[cfg(any(test, target_os = "linux"))]
use std::path::Path;

use crate::hosts::protocol::Wish;

/// The hidden sub-command that is the process inside.
pub const SUBCOMMAND: &str = "run-inside";

/// Exit code: the application was not started, and standard error says why (as `env` and `timeout` have it).
pub const FAILED: u8 = 125;
/// Exit code: the application's file is there and cannot be run.
pub const CANNOT_RUN: u8 = 126;
/// Exit code: there is no such application.
pub const NOT_FOUND: u8 = 127;

/// The arguments that start `application` (the program and its arguments) with these wishes, one at least, fulfilled in its hosts
/// file. The process that starts it has to be the one that the wishes name.
pub fn arguments(wishes: &[Wish], application: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut words = vec![SUBCOMMAND.into(), serde_json::to_string(wishes)?.into(), "--".into()];
    words.extend_from_slice(application);
    Ok(words)
}

/// What [`arguments`] and tests write: `[--hosts FILE] WISHES -- APPLICATION ARGUMENTS`, without the sub-command.
#[cfg(any(test, target_os = "linux"))]
#[derive(Debug, PartialEq, Eq)]
struct Order<'a> {
    hosts: Option<&'a Path>,
    wishes: Vec<Wish>,
    application: &'a [OsString],
}

#[cfg(any(test, target_os = "linux"))]
impl<'a> Order<'a> {
    fn parse(words: &'a [OsString]) -> Option<Self> {
        let (hosts, words) = match words {
            [option, hosts, rest @ ..] if option == "--hosts" => (Some(Path::new(hosts)), rest),
            words => (None, words),
        };
        let [wishes, dashes, application @ ..] = words else { return None };
        let wishes = serde_json::from_str(wishes.to_str()?).ok()?;
        let is_whole = dashes == "--" && !application.is_empty();
        is_whole.then_some(Self { hosts, wishes, application })
    }
}

#[cfg(not(target_os = "linux"))]
pub mod inside {
    //! There are no mount namespaces on this system.

    use std::ffi::OsString;
    use std::process::ExitCode;

    /// Says so.
    pub fn main(_args: impl IntoIterator<Item = OsString>) -> ExitCode {
        eprintln!("lictunnel run: this system has no private hosts files; use `lictunnel up`");
        ExitCode::from(super::FAILED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_it_is_what_it_reads() {
        let wish = r#"{"id":"0a1b2c3d","pid":7,"address":"127.77.3.1","names":["lic1"]}"#;
        let wishes: Vec<Wish> = serde_json::from_str(&format!("[{wish},{wish}]")).unwrap();
        let application = ["matlab", "--", "-nodesktop"].map(OsString::from);
        let words = arguments(&wishes, &application).unwrap();
        assert_eq!(words[0], SUBCOMMAND);
        let order = Order::parse(&words[1..]).unwrap();
        assert_eq!(order, Order { hosts: None, wishes, application: &application });
        let with = [&["--hosts".into(), "/tmp/h".into()], &words[1..]].concat();
        assert_eq!(Order::parse(&with).unwrap().hosts, Some(Path::new("/tmp/h")));
        for cut in [&words[1..3], &words[1..2], &words[2..], &words[..], &[]] {
            assert_eq!(Order::parse(cut), None);
        }
    }
}
