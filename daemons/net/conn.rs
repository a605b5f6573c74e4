//! A framed connection over anything that reads and writes.

use std::fmt;
use std::io;
use std::time::Duration;

use licgate_core::wire::{Decoder, WireError, encode, limit};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tracing::{enabled, trace};

/// How long the other side may take to read what it asked for.
const WRITE: Duration = Duration::from_secs(30);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);
const READ_BUFFER: usize = 16 * 1024;

/// Messages in, messages out. Small frames only, until [`trust`](Self::trust).
#[derive(Debug)]
pub struct Conn<S> {
    stream: S,
    decoder: Decoder,
    input: Box<[u8]>,
    output: Vec<u8>,
}

/// Why a connection has to end.
#[derive(Debug)]
pub enum ConnError {
    /// What came is no message.
    Wire(WireError),
    /// The system says no more.
    Io(io::Error),
    /// The other side let a deadline pass.
    Slow,
}

impl fmt::Display for ConnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Slow => f.write_str("the other side was too slow"),
        }
    }
}

impl std::error::Error for ConnError {}

impl From<WireError> for ConnError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<io::Error> for ConnError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conn<S> {
    /// Frames `stream`.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            decoder: Decoder::new(limit::HELLO_FRAME),
            input: vec![0; READ_BUFFER].into(),
            output: Vec::new(),
        }
    }

    /// Allows frames of full size: the other side has said who it is.
    pub fn trust(&mut self) {
        self.decoder.set_limit(limit::FRAME);
    }

    /// The next message; `None` at the end of the stream. May be dropped and called again without loss.
    pub async fn recv<T>(&mut self) -> Result<Option<T>, ConnError>
    where
        T: for<'b> minicbor::Decode<'b, ()> + Serialize,
    {
        loop {
            if let Some(message) = self.decoder.next::<T>()? {
                trace_frame("received", &message);
                return Ok(Some(message));
            }
            let count = self.stream.read(&mut self.input).await?;
            if count == 0 {
                return Ok(None);
            }
            self.decoder.feed(&self.input[..count]);
        }
    }

    /// The next message, which must be there within `patience`.
    pub async fn recv_within<T>(&mut self, patience: Duration) -> Result<Option<T>, ConnError>
    where
        T: for<'b> minicbor::Decode<'b, ()> + Serialize,
    {
        timeout(patience, self.recv()).await.unwrap_or(Err(ConnError::Slow))
    }

    /// Puts a message into the batch that the next [`flush`](Self::flush) sends.
    pub fn push<T: minicbor::Encode<()> + Serialize>(&mut self, message: &T) -> Result<(), ConnError> {
        trace_frame("sent", message);
        Ok(encode(message, &mut self.output)?)
    }

    /// Sends the batch. When it fails or is dropped half-way, the connection is of no more use.
    pub async fn flush(&mut self) -> Result<(), ConnError> {
        if self.output.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        };
        timeout(WRITE, write).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
        self.output.clear();
        Ok(())
    }

    /// Sends one message, and what was pushed before it.
    pub async fn send<T: minicbor::Encode<()> + Serialize>(&mut self, message: &T) -> Result<(), ConnError> {
        self.push(message)?;
        self.flush().await
    }

    /// Says good-bye in the stream's own way (TLS close_notify). The connection ends in any case, so nobody hears
    /// of a failure.
    pub async fn close(mut self) {
        drop(timeout(FAREWELL, self.stream.shutdown()).await);
    }
}

/// Shows a frame as JSON at level TRACE; the types see to it that no secret is shown.
fn trace_frame<T: Serialize>(direction: &str, message: &T) {
    if enabled!(tracing::Level::TRACE) {
        trace!(frame = %serde_json::to_string(message).unwrap_or_default(), "frame {direction}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::wire::{MasterMsg, VendorMsg};

    #[tokio::test(start_paused = true)]
    async fn messages_pass_in_batches_and_deadlines_hold() {
        let (near, far) = tokio::io::duplex(64);
        let (mut near, mut far) = (Conn::new(near), Conn::new(far));
        near.push(&VendorMsg::Ready { port: 7, warning: None }).unwrap();
        near.push(&VendorMsg::Ready { port: 8, warning: None }).unwrap();
        let (sent, first) = tokio::join!(near.flush(), far.recv::<VendorMsg>());
        sent.unwrap();
        assert_eq!(first.unwrap(), Some(VendorMsg::Ready { port: 7, warning: None }));
        assert_eq!(far.recv().await.unwrap(), Some(VendorMsg::Ready { port: 8, warning: None }));
        far.send(&MasterMsg::Stop).await.unwrap();
        assert_eq!(near.recv().await.unwrap(), Some(MasterMsg::Stop));
        let late = near.recv_within::<MasterMsg>(Duration::from_secs(1)).await;
        assert!(matches!(late, Err(ConnError::Slow)));
        far.close().await;
        assert!(matches!(near.recv::<MasterMsg>().await, Ok(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_cut_off() {
        let (near, _far) = tokio::io::duplex(4);
        let mut near = Conn::new(near);
        assert!(near.send(&VendorMsg::Ready { port: 7, warning: None }).await.is_err());
    }
}
