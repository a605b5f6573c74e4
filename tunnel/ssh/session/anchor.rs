//! A command that stays while the session lives.
//!
//! Servers before OpenSSH 10.1 switch delayed sending off (`TCP_NODELAY`) only when a command starts; without one, each new
//! connection waits 40 ms. That it stays keeps a server with `UnusedConnectionTimeout` from hanging up.

use std::sync::Arc;
use std::time::Duration;

use russh::ChannelMsg;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::core::Core;

/// It waits for the end of its input, on every system that has it; where there is none it fails at once, having served.
const COMMAND: &str = "cat";

/// How long the command may take to end.
const WEIGHING: Duration = Duration::from_secs(5);

/// The command that stays.
#[derive(Debug)]
pub(super) struct Anchor {
    release: oneshot::Sender<()>,
    gone: oneshot::Receiver<()>,
}

/// Starts the command in the background. A server that runs no commands is as good, only slower.
pub(super) fn cast(core: &Arc<Core>) {
    let (release, released) = oneshot::channel();
    let session = Arc::downgrade(core);
    let gone = core.tasks.spawn(async move {
        let Some(core) = session.upgrade() else { return };
        let opened = core.open_session().await;
        drop(core);
        match opened {
            Ok(channel) => hold(channel, released).await,
            Err(why) => tracing::debug!(%why, "the server runs no command to stay"),
        }
    });
    if let Ok(mut anchor) = core.anchor.try_lock() {
        *anchor = Some(Anchor { release, gone });
    }
}

async fn hold(mut channel: russh::Channel<russh::client::Msg>, mut released: oneshot::Receiver<()>) {
    if channel.exec(false, COMMAND).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            message = channel.wait() => match message {
                None | Some(ChannelMsg::Close) => return,
                Some(_) => {}
            },
            _ = &mut released => break,
        }
    }
    // A session that has ended needs no farewell.
    drop(channel.eof().await);
    let ended = async {
        while let Some(message) = channel.wait().await {
            if matches!(message, ChannelMsg::Close) {
                return;
            }
        }
    };
    if timeout(WEIGHING, ended).await.is_err() {
        drop(channel.close().await);
    }
}

/// Ends the command, for a server that allows no other beside it. Says whether there was one.
pub(super) async fn weigh(core: &Core) -> bool {
    let Some(Anchor { release, gone }) = core.anchor.lock().await.take() else { return false };
    drop(release);
    // Either way it is gone.
    drop(gone.await);
    true
}
