//! What the server tells us unasked: its key, its banner, its end; and what it asks of us, which is nothing.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use russh::client::{DisconnectReason, Handler, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Names, kex};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Means;
use crate::ssh::error::{Cause, Ended};
use crate::ssh::grace::Pause;
use crate::ssh::prompt::printable;
use crate::ssh::target::Target;

/// What the session and its watcher have in common.
#[derive(Debug, Default)]
pub(in crate::ssh) struct Shared {
    refusal: Mutex<Option<Cause>>,
    ending: OnceLock<Ended>,
}

impl Shared {
    /// The judgement on the host key, if it was refused.
    pub(super) fn take_refusal(&self) -> Option<Cause> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Says that the end is our doing. The first to say so is right.
    pub(super) fn ending(&self, why: Ended) {
        // An end that was announced already stays as it was.
        drop(self.ending.set(why));
    }
}

/// Listens to one server.
pub(in crate::ssh) struct Watcher {
    pub(super) target: Target,
    pub(super) means: Means,
    /// Stops the server's time while its key is judged.
    pub(super) pause: Pause,
    /// Cancelled when nobody wants the session any more.
    pub(super) abandoned: CancellationToken,
    pub(super) shared: Arc<Shared>,
    pub(super) ended: watch::Sender<Option<Ended>>,
}

impl Handler for Watcher {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let judged = tokio::select! {
            judged = self.pause.during(self.means.host_keys.judge(&self.target, key)) => judged,
            () = self.abandoned.cancelled() => Err("nobody wants the session any more".into()),
        };
        Ok(match judged {
            Ok(()) => true,
            Err(why) => {
                *self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                false
            }
        })
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut Session) -> Result<(), Self::Error> {
        self.means.prompt.show(banner);
        Ok(())
    }

    async fn kex_done(
        &mut self,
        _: Option<&[u8]>,
        names: &Names,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let (kex, cipher) = (names.kex.as_ref(), names.cipher.as_ref());
        let quantum = names.kex == kex::MLKEM768X25519_SHA256;
        tracing::debug!(host = self.target.host, kex, cipher, key = %names.key, quantum, "keys are exchanged");
        Ok(())
    }

    async fn channel_open_failure(
        &mut self,
        _: russh::ChannelId,
        reason: russh::ChannelOpenFailure,
        description: &str,
        _: &str,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        tracing::debug!(?reason, description = printable(description), "the server opens no channel");
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Self::Error>) -> Result<(), Self::Error> {
        let why = self.shared.ending.get().cloned().unwrap_or_else(|| match reason {
            DisconnectReason::ReceivedDisconnect(info) => Ended::ByServer(match info.message.as_str() {
                "" => format!("{:?}", info.reason_code),
                message => printable(message),
            }),
            DisconnectReason::Error(russh::Error::InactivityTimeout) => Ended::Silent,
            DisconnectReason::Error(russh::Error::HUP) => Ended::Lost("the other side hung up".to_owned()),
            DisconnectReason::Error(russh::Error::IO(error))
                if error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                Ended::Lost("the other side hung up".to_owned())
            }
            DisconnectReason::Error(error) => Ended::Lost(printable(&error.to_string())),
        });
        self.ended.send_replace(Some(why));
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        _: &str,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_session(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        _: &str,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }

    async fn server_channel_open_x11(
        &mut self,
        _: russh::Channel<russh::client::Msg>,
        _: &str,
        _: u32,
        reply: russh::client::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        refuse(reply)
    }
}

/// A channel that the server wants to open is refused, as we asked for none: the library says so when its handle drops,
/// and would accept it if we did not take the handle.
#[expect(clippy::unnecessary_wraps, reason = "the result of the callbacks")]
fn refuse(reply: russh::client::ChannelOpenHandle) -> Result<(), russh::Error> {
    drop(reply);
    Ok(())
}
