//! What a server says of its processes, sockets and licence files.

use std::sync::Mutex;
use std::time::Duration;

use lictunnel::discover::{Cause, MOST_PORTS, Remote, Request, Role, Steps, discover};
use tokio::io::DuplexStream;

use crate::{assert_plain, lossy};

/// A server that answers commands with these texts, one after the other, and lets nothing through.
struct Talker(Mutex<std::vec::IntoIter<String>>);

impl Remote for Talker {
    type Stream = DuplexStream;

    async fn exec(&self, command: &str, most: usize, _: Duration) -> Result<Vec<u8>, Cause> {
        let next = self.0.lock().map_err(|_| "poisoned")?.next();
        let text = next.ok_or("it runs no more commands")?;
        // The marker is drawn anew for each look; the inputs have `@@` in its place.
        let marker =
            command.split_once("m=").and_then(|(_, rest)| rest.split_once(';')).map_or("", |(it, _)| it);
        let output = text.replace("@@", marker).into_bytes();
        Ok(output.into_iter().take(most).collect())
    }

    async fn open(&self, _: u16) -> Result<DuplexStream, Cause> {
        Err("it forwards nothing".into())
    }
}

/// Nothing that a server prints leads to more than a bounded number of proper ports and names, or to a note that a terminal
/// would obey. The outputs of its commands are parted by NUL.
pub fn look(data: &[u8]) {
    let (flags, data) = data.split_first().unwrap_or((&0, &[]));
    let outputs: Vec<_> = data.split(|byte| *byte == 0).take(3).map(lossy).collect();
    let steps = Steps { licence: false, master: false, look: true, all_ports: flags & 1 != 0 };
    let request = Request { steps, to_localhost: flags & 2 != 0, ..Request::of("lic1") };
    let talker = Talker(Mutex::new(outputs.into_iter()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let discovery = runtime.block_on(discover(&request, &talker));
    let found = &discovery.found;
    assert!(found.ports().len() <= MOST_PORTS && !found.ports().contains_key(&0), "{found:?}");
    for name in found.names() {
        assert!(
            name.len() <= 253 && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it)),
            "{name:?}"
        );
    }
    for port in found.ports().values() {
        if let Role::Vendor(vendor) = &port.role {
            assert!((1..=64).contains(&vendor.len()), "{vendor:?}");
            assert_plain(vendor);
        }
    }
    assert!(found.missing().count() <= MOST_PORTS);
    discovery.notes.iter().for_each(|note| assert!(!note.text.contains(char::is_control), "{note:?}"));
}
