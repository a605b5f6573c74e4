//! The two directions of one forward.
//!
//! The library asks three things of whoever uses its channels. What has come must be taken at once, or the whole session stands
//! still: so it goes into a [`Backlog`], and a reader that does not keep up with it is cut off. A channel must be closed by the
//! server first, or its memory is lost: so we say only that we have no more, and wait. A write that is begun must be finished: so
//! each direction has one writer, which is given up only together with the channel.

use std::future::Future as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::{Carried, End};

/// How long the server may take to close a channel when both sides have said all.
pub(super) const CLOSING: Duration = Duration::from_secs(10);

/// How long a reader with a full backlog may take to read most of it. Meanwhile nothing more is taken from its channel, so that
/// for this long, and no longer, it may slow the others down.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first and the largest size of a read from the local side, in bytes.
const READS: (usize, usize) = (4 * 1024, 64 * 1024);

/// What the two directions tell each other.
#[derive(Default)]
struct Signals {
    /// The channel is no more.
    channel_gone: CancellationToken,
    /// The local side is no more.
    local_gone: CancellationToken,
    /// All from the local side has been sent on, and its end too.
    sent_all: CancellationToken,
}

/// Carries all that comes, both ways, until both sides have said all or one is gone.
pub(super) async fn pump(channel: Channel<Msg>, mut local: TcpStream, waiting: &Arc<AtomicUsize>) -> Carried {
    let (from_server, to_server) = channel.split();
    let signals = Signals::default();
    let (read, write) = local.split();
    let (up, (down, end)) = tokio::join!(
        upward(read, &to_server, &signals),
        Downward::new(from_server, write, Backlog::new(waiting)).run(&to_server, &signals),
    );
    if !matches!(end, End::Finished | End::ServerFirst) {
        reset(local);
    }
    Carried { up, down, end }
}

/// Closes a connection so that the other side sees that it was cut off, and not that all was said.
pub(super) fn reset(local: TcpStream) {
    // Without it the other side sees an orderly end.
    drop(local.set_zero_linger());
    drop(local);
}

/// Gets rid of a channel that nobody wants any more.
pub(super) async fn dismiss(channel: Channel<Msg>) {
    let (from_server, to_server) = channel.split();
    // Both at once: while the session has something for us that we do not take, it takes nothing from us.
    let (_, seen_off) = tokio::join!(to_server.eof(), timeout(CLOSING, closed(from_server)));
    if seen_off.is_err() {
        // A session that has ended has no channels.
        drop(to_server.close().await);
    }
}

/// From the local side to the server. Gives the number of bytes.
async fn upward(mut local: ReadHalf<'_>, to_server: &ChannelWriteHalf<Msg>, signals: &Signals) -> u64 {
    let mut sent = 0;
    let mut size = READS.0;
    let (mut channel_gone, mut local_gone) =
        (pin!(signals.channel_gone.cancelled()), pin!(signals.local_gone.cancelled()));
    loop {
        // Without a buffer of its own while nothing comes: many forwards are silent most of the time.
        let ready = tokio::select! {
            ready = local.readable() => ready,
            () = &mut channel_gone => return sent,
            () = &mut local_gone => break,
        };
        let mut data = BytesMut::with_capacity(size);
        match ready.and_then(|()| read_now(&mut local, &mut data)) {
            Ok(0) => break,
            Ok(count) => {
                size = if count == size {
                    READS.1.min(4 * size)
                } else {
                    READS.0.max(count.next_power_of_two())
                };
                // It may wait for the server's window, for which nobody wakes it once the channel is gone. Given up in the
                // middle, it spoils nothing: nothing more is written to this channel.
                let written = tokio::select! {
                    written = to_server.data_bytes(data.freeze()) => written,
                    () = &mut channel_gone => return sent,
                };
                if written.is_err() {
                    return sent;
                }
                sent += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => {
                signals.local_gone.cancel();
                break;
            }
        }
    }
    // A session that has ended needs no farewell.
    drop(to_server.eof().await);
    signals.sent_all.cancel();
    sent
}

/// Reads what is there. Unlike the socket's own `try_read`, it sees from a buffer that is not full that no more is there, which
/// spares a system call with each message.
fn read_now(local: &mut ReadHalf<'_>, data: &mut BytesMut) -> io::Result<usize> {
    let read = pin!(local.read_buf(data));
    match read.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => read,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// From the server to the local side.
struct Downward<'a> {
    from_server: ChannelReadHalf,
    local: WriteHalf<'a>,
    backlog: Backlog,
    /// Bytes that the local side took.
    written: u64,
    /// The server has said that nothing more comes.
    said_all: bool,
    /// It said so before the local side had.
    is_first: bool,
    /// The local side has been told so.
    told_local: bool,
    /// The server has closed the channel.
    closed: bool,
}

impl<'a> Downward<'a> {
    fn new(from_server: ChannelReadHalf, local: WriteHalf<'a>, backlog: Backlog) -> Self {
        Self {
            from_server,
            local,
            backlog,
            written: 0,
            said_all: false,
            is_first: false,
            told_local: false,
            closed: false,
        }
    }

    /// Carries until the end, and sees the channel off. Gives the number of bytes, and how it ended.
    async fn run(mut self, to_server: &ChannelWriteHalf<Msg>, signals: &Signals) -> (u64, End) {
        let end = self.carry(signals).await;
        if matches!(end, End::LocalGone | End::Stalled) {
            signals.local_gone.cancel();
        }
        self.backlog.clear();
        // The receiving half goes in any case: while the session has something for it that nobody takes, it takes nothing from
        // us, not even a close.
        let in_time = match end {
            End::SessionLost => true,
            // What feeds a reader that stalls seldom stops by itself: rather lose a little memory than take all that in.
            End::Stalled => {
                drop(self.from_server);
                false
            }
            End::Finished | End::ServerFirst | End::LocalGone => {
                self.closed || timeout(CLOSING, closed(self.from_server)).await.is_ok()
            }
        };
        if !in_time {
            // A session that has ended has no channels.
            drop(to_server.close().await);
        }
        signals.channel_gone.cancel();
        (self.written, end)
    }

    async fn carry(&mut self, signals: &Signals) -> End {
        let mut sent_all = false;
        let (mut local_gone, mut all_sent) =
            (pin!(signals.local_gone.cancelled()), pin!(signals.sent_all.cancelled()));
        loop {
            if self.backlog.is_empty() {
                if self.said_all && !self.told_local {
                    self.told_local = true;
                    // It fails only when the local side is gone, which the next write or read tells.
                    drop(self.local.shutdown().await);
                }
                if self.closed || (self.said_all && sent_all) {
                    return if self.is_first { End::ServerFirst } else { End::Finished };
                }
            }
            if self.backlog.is_full() {
                match timeout(PATIENCE, self.relieve()).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(_)) => return End::LocalGone,
                    Err(_) => return End::Stalled,
                }
            }
            tokio::select! {
                // All that has come is taken before any is written, so that it is written at once.
                biased;
                () = &mut local_gone => return End::LocalGone,
                () = &mut all_sent, if !sent_all => sent_all = true,
                message = self.from_server.wait(), if !self.closed => match message {
                    Some(message) => self.take(message, signals),
                    None => return End::SessionLost,
                },
                written = write(&self.local, &self.backlog), if !self.backlog.is_empty() => match written {
                    Ok(count) => self.wrote(count),
                    Err(_) => return End::LocalGone,
                },
            }
        }
    }

    fn take(&mut self, message: ChannelMsg, signals: &Signals) {
        match message {
            ChannelMsg::Data { data } => self.backlog.push(data),
            ChannelMsg::Eof => self.hear_end(signals),
            ChannelMsg::Close => {
                self.hear_end(signals);
                self.closed = true;
                signals.channel_gone.cancel();
            }
            _ => {}
        }
    }

    fn hear_end(&mut self, signals: &Signals) {
        self.is_first |= !self.said_all && !signals.sent_all.is_cancelled();
        self.said_all = true;
    }

    /// Writes until the backlog is not full any more.
    async fn relieve(&mut self) -> io::Result<()> {
        while self.backlog.is_full() {
            let count = write(&self.local, &self.backlog).await?;
            self.wrote(count);
        }
        Ok(())
    }

    fn wrote(&mut self, count: usize) {
        self.backlog.written(count);
        self.written += count as u64;
    }
}

/// Writes what the socket takes. Dropped before it is done, it has written nothing.
async fn write(local: &WriteHalf<'_>, backlog: &Backlog) -> io::Result<usize> {
    loop {
        local.writable().await?;
        let (slices, count) = backlog.slices();
        match local.try_write_vectored(&slices[..count]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return written,
        }
    }
}

/// Waits for the server to close the channel, throwing away what still comes; or for the end of the session.
async fn closed(mut from_server: ChannelReadHalf) {
    while from_server.wait().await.is_some_and(|message| !matches!(message, ChannelMsg::Close)) {}
}
