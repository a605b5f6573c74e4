//! A stream that is read on while its writes wait.
//!
//! The library's session reads nothing while it writes. Where what takes the bytes first has to get rid of its own (the session of
//! a jump host, a command, a server made like us), each would wait for the other for good.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BufMut as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// The most that is read at once. The library reads each packet in two small reads; so they cost one system call in many.
const READ: usize = 128 * 1024;

/// How much may have been read ahead when nothing more is read: several times what a jump host may send before it says that it
/// takes more, which is one window of its channel.
const MOST_AHEAD: usize = 64 * 1024 * 1024;

/// Such a stream, over another one.
pub(super) struct Duplex<S> {
    stream: S,
    ahead: BytesMut,
    /// How reading ended, once what was read ahead is taken.
    end: Option<io::Result<()>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: BytesMut::new(), end: None }
    }

    /// Reads once.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.ahead.is_empty() && self.ahead.capacity() > 2 * READ {
            // A stream that was far ahead once need not hold its memory for ever.
            self.ahead = BytesMut::new();
        }
        self.ahead.reserve(READ);
        let mut room = (&mut self.ahead).limit(READ);
        match ready!(pin!(self.stream.read_buf(&mut room)).poll(context)) {
            Ok(0) => self.end = Some(Ok(())),
            Ok(_) => {}
            Err(error) => self.end = Some(Err(error)),
        }
        Poll::Ready(())
    }

    /// Reads as much as there is, where something else has to wait.
    fn or_read_on<T>(&mut self, done: Poll<T>, context: &mut Context<'_>) -> Poll<T> {
        if done.is_pending() {
            while self.end.is_none() && self.ahead.len() < MOST_AHEAD && self.poll_more(context).is_ready() {}
        }
        done
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Duplex<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() && self.end.is_none() {
            ready!(self.poll_more(context));
        }
        if self.ahead.is_empty()
            && let Some(end) = &mut self.end
        {
            // An error is told once; from then on it is an end like any other.
            return Poll::Ready(std::mem::replace(end, Ok(())));
        }
        let count = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead[..count]);
        self.ahead.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Duplex<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.or_read_on(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.or_read_on(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.or_read_on(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::time::Duration;

    use tokio::io::AsyncWriteExt as _;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_comes_while_a_write_waits_is_read_later() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Duplex::new(near);
        let (ours, theirs) = (vec![1; 300_000], vec![2; 300_000]);
        let (mut heard, mut far_heard) = (vec![0; theirs.len()], vec![0; ours.len()]);
        let near_side = async {
            near.write_all(&ours).await.unwrap();
            near.read_exact(&mut heard).await.unwrap();
        };
        let far_side = async {
            far.write_all(&theirs).await.unwrap();
            far.read_exact(&mut far_heard).await.unwrap();
        };
        let both = async { tokio::join!(near_side, far_side) };
        timeout(Duration::from_secs(10), both).await.expect("both wait");
        assert!(heard == theirs && far_heard == ours);
        drop(far);
        assert_eq!(near.read(&mut heard).await.unwrap(), 0);
        assert_eq!(near.read(&mut heard).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_was_read_ahead_comes_before_an_error() {
        let mut says = [Ok(&b"ab"[..]), Err(io::ErrorKind::ConnectionReset)].into_iter();
        let mut stream = Duplex::new(Stuck(move || says.next().unwrap_or(Ok(b""))));
        assert!(write_some(&mut stream).is_pending());
        let mut heard = [0; 3];
        assert_eq!(stream.read(&mut heard).await.unwrap(), 2);
        assert_eq!(stream.read(&mut heard).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(stream.read(&mut heard).await.unwrap(), 0);
    }

    #[test]
    fn so_much_is_read_ahead_and_no_more() {
        static PIECE: [u8; 1 << 16] = [7; 1 << 16];
        let mut stream = Duplex::new(Stuck(|| Ok(&PIECE[..])));
        assert!(write_some(&mut stream).is_pending() && write_some(&mut stream).is_pending());
        assert!((MOST_AHEAD..MOST_AHEAD + READ).contains(&stream.ahead.len()), "{}", stream.ahead.len());
    }

    fn write_some<S: AsyncWrite + Unpin>(stream: &mut S) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), b"x")
    }

    /// Takes nothing, and says what it is told to say.
    struct Stuck<F>(F);

    impl<F: FnMut() -> Result<&'static [u8], io::ErrorKind> + Unpin> AsyncRead for Stuck<F> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready((self.0)().map(|said| buffer.put_slice(said)).map_err(Into::into))
        }
    }

    impl<F: Unpin> AsyncWrite for Stuck<F> {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }
}
