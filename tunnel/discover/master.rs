//! Asking licgate's master daemon which vendor daemons it has and where.
//!
//! A foreign licence server gets to hear the first words of a TLS handshake, once, which make no sense to it; then the
//! connection is closed.

use std::sync::Arc;
use std::time::Duration;

use licgate_core::host::HostFacts;
use licgate_core::ledger::Holder;
use licgate_core::wire::{
    ClientMsg, Dialogue, DialogueError, Hello, PROTOCOL, ServerMsg, ServerStatus, VendorState, foreign,
};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use self::heard::Heard;
use super::Step;
use super::found::{Found, Role};
use super::system::System;
use super::{name, printable};

mod heard;

/// How long the whole conversation may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(3);
/// How long it may take to find somebody at one of several ports, and to ask.
pub(super) const IN_ALL: Duration = Duration::from_secs(10);

/// Who is at a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Licgate's master daemon, and what it says.
    Master(Found),
    /// Something else: what it seems to be.
    Foreign(&'static str),
    /// Something that says nothing, or hangs up without a word.
    Silent,
    /// Licgate, but no master daemon that answers: why not.
    Refused(String),
}

/// Asks whoever is at the other end of `stream`, which leads to `port` of the server.
pub(super) async fn ask<S>(stream: S, port: u16) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match licgate_tls::client_config() {
        Ok(config) => timeout(DEADLINE, talk(stream, config, port)).await.unwrap_or(Answer::Silent),
        Err(error) => Answer::Refused(error.to_string()),
    }
}

async fn talk<S>(stream: S, config: Arc<ClientConfig>, port: u16) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connecting = TlsConnector::from(config).connect(licgate_tls::server_name(), Heard::new(stream));
    let mut tls = match connecting.into_fallible().await {
        Ok(tls) => tls,
        Err((_, stream)) => return stranger(stream.first()),
    };
    match status(&mut tls).await {
        Ok(status) => Answer::Master(found(&status, port)),
        Err(why) => Answer::Refused(why),
    }
}

/// Who said these first bytes and did not shake hands.
fn stranger(first: &[u8]) -> Answer {
    match foreign(first) {
        Some(kind) => Answer::Foreign(kind),
        None if first.is_empty() => Answer::Silent,
        None => Answer::Foreign("a TLS server of another kind"),
    }
}

async fn status<S>(stream: &mut S) -> Result<ServerStatus, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let words = |error: DialogueError| printable(&error.to_string());
    let hello = Hello {
        protocol: PROTOCOL,
        program: concat!("lictunnel ", env!("CARGO_PKG_VERSION")).into(),
        holder: Holder::default(),
        machine: HostFacts::default(),
        platform: String::new(),
    };
    let mut dialogue = Dialogue::new(hello).map_err(|error| words(error.into()))?;
    dialogue.say(&ClientMsg::ServerStatus).map_err(|error| words(error.into()))?;
    let broken = |error: std::io::Error| format!("the connection broke: {error}");
    stream.write_all(&dialogue.output()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut bytes = vec![0; 16 * 1024];
    loop {
        match dialogue.next().map_err(words)? {
            Some(ServerMsg::ServerStatus(status)) => return Ok(status),
            Some(ServerMsg::Refused { code, lines }) => {
                return Err(words(DialogueError::Refused { code, lines }));
            }
            Some(_) => return Err("it answered something else".to_owned()),
            None => {}
        }
        let count = stream.read(&mut bytes).await.map_err(broken)?;
        match bytes.get(..count) {
            Some([]) | None => return Err("it hung up".to_owned()),
            Some(heard) => dialogue.hear(heard),
        }
    }
}

fn found(status: &ServerStatus, port: u16) -> Found {
    let mut found = Found::default();
    found.recognise(System::Licgate);
    found.add(port, Role::Master, Step::Master);
    name::host(&status.host).into_iter().for_each(|name| found.call(name, Step::Master));
    for vendor in &status.vendors {
        let Some(name) = name::vendor(vendor.name.as_str()) else { continue };
        match &vendor.state {
            VendorState::Up { port } => found.add(*port, Role::Vendor(name), Step::Master),
            VendorState::Down { .. } => found.expect(name),
        }
    }
    found
}

#[cfg(test)]
pub(super) mod tests;
