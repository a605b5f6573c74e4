//! A connection of this program's own over the session: a few words with whoever is at a port, and gone.
//!
//! The library's own stream closes its channel first when it is dropped, which loses memory with each; and it stops the session
//! while nobody reads. So a task keeps the rules of the pump for it, and the user has the other end of a pipe.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::pump::CLOSING;
use crate::ssh::session::{Core, Refused};

/// How many bytes each direction of the pipe holds.
const ROOM: usize = 64 * 1024;

/// How long a user whose pipe is full may take to read. Meanwhile the session stands still.
const PATIENCE: Duration = Duration::from_secs(1);

/// A stream to a port that the server reaches, for talk in which little is said. When its user has said all or drops it, the
/// server has ten seconds for the rest.
pub(in crate::ssh) async fn open(core: &Arc<Core>, host: &str, port: u16) -> Result<DuplexStream, Refused> {
    let (session, host) = (Arc::clone(core), host.to_owned());
    let (opened, opening) = oneshot::channel();
    // Nobody cancels it: what is opened has to be closed, also when nobody waits for it any more.
    drop(core.tasks.spawn(async move {
        let channel = match session.open_tcp(&host, port, None).await {
            Ok(channel) => channel,
            // Whoever asked may have gone; so below.
            Err(why) => return drop(opened.send(Err(why))),
        };
        let (near, pipe) = tokio::io::duplex(ROOM);
        drop(opened.send(Ok(near)));
        carry(channel, pipe).await;
    }));
    match timeout(super::OPEN, opening).await {
        Ok(opened) => opened.unwrap_or(Err(Refused::Ended)),
        Err(_) => Err(Refused::Silent),
    }
}

async fn carry(channel: Channel<Msg>, pipe: DuplexStream) {
    let (from_server, to_server) = channel.split();
    let (read, write) = tokio::io::split(pipe);
    let (said_all, gone) = (CancellationToken::new(), CancellationToken::new());
    let up = async {
        tokio::select! {
            () = upward(read, &to_server) => said_all.cancel(),
            // The server has closed the channel.
            () = gone.cancelled() => {}
        }
    };
    let down = async {
        downward(from_server, write, &said_all, &to_server).await;
        gone.cancel();
    };
    tokio::join!(up, down);
}

/// From the pipe to the server.
async fn upward(mut read: ReadHalf<DuplexStream>, to_server: &ChannelWriteHalf<Msg>) {
    let mut data = BytesMut::new();
    while read.read_buf(&mut data).await.is_ok_and(|count| count > 0) {
        if to_server.data_bytes(data.split().freeze()).await.is_err() {
            return;
        }
    }
    // A session that has ended needs no farewell.
    drop(to_server.eof().await);
}

/// From the server to the pipe, until the server closes the channel.
async fn downward(
    mut from_server: ChannelReadHalf,
    write: WriteHalf<DuplexStream>,
    said_all: &CancellationToken,
    to_server: &ChannelWriteHalf<Msg>,
) {
    let mut write = Some(write);
    let listening = async {
        while let Some(message) = from_server.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    // A user who does not read is not to stop the others; what still comes for it is thrown away.
                    let taken = async {
                        let mut pipe = write.take()?;
                        pipe.write_all(&data).await.ok()?;
                        Some(pipe)
                    };
                    write = timeout(PATIENCE, taken).await.ok().flatten();
                }
                // The other end sees the end of the stream.
                ChannelMsg::Eof => write = None,
                ChannelMsg::Close => return,
                _ => {}
            }
        }
    };
    let mut listening = std::pin::pin!(listening);
    tokio::select! {
        () = &mut listening => return,
        () = said_all.cancelled() => {}
    }
    if timeout(CLOSING, listening).await.is_err() {
        // A session that has ended has no channels.
        drop(to_server.close().await);
    }
}
