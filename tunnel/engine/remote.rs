//! The server as discovery sees it.

use std::time::Duration;

use crate::discover::{Cause, Remote};
use crate::ssh::session::{Limits, Refused, Session};

/// A server through a session, for discovery.
pub(super) struct Over<'a> {
    pub(super) session: &'a Session,
    /// Where the licence server may be in the eyes of the ssh server, best first.
    pub(super) hosts: &'a [String],
}

impl Remote for Over<'_> {
    type Stream = tokio::io::DuplexStream;

    async fn exec(&self, command: &str, most: usize, within: Duration) -> Result<Vec<u8>, Cause> {
        let output = self.session.exec(command, Limits { bytes: most, time: within }).await?;
        Ok(output.stdout)
    }

    async fn open(&self, port: u16) -> Result<Self::Stream, Cause> {
        let mut last = Refused::Ended;
        for host in self.hosts {
            match self.session.connect(host, port).await {
                Ok(stream) => return Ok(stream),
                Err(why) => last = why,
            }
        }
        Err(last.into())
    }
}
