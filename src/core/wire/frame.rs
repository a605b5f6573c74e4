//! Frames: a length of four bytes (big endian), then that many bytes of CBOR.

use alloc::vec::Vec;
use core::fmt;

use super::limit;

/// Why a connection has to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// A frame is longer than agreed: so many bytes.
    TooLong(u32),
    /// The bytes are no message.
    Malformed,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => write!(f, "a message of {length} bytes is longer than agreed"),
            Self::Malformed => f.write_str("the bytes received are no licgate message"),
        }
    }
}

impl core::error::Error for WireError {}

/// The length word before each message.
const WORD: usize = size_of::<u32>();

/// A buffer that has been emptied keeps at most this much memory, so that thousands of idle connections stay small.
const KEPT: usize = 4 * 1024;

/// Appends `message` as a frame; on an error `out` is as it was.
///
/// # Errors
/// The message is longer than [`limit::FRAME`].
pub fn encode<T: minicbor::Encode<()>>(message: &T, out: &mut Vec<u8>) -> Result<(), WireError> {
    let start = out.len();
    out.extend_from_slice(&[0; WORD]);
    let encoded = minicbor::encode(message, &mut *out).map_err(|_| WireError::Malformed);
    let length = encoded.and_then(|()| {
        let length = u32::try_from(out.len() - start - WORD).unwrap_or(u32::MAX);
        if is_within(length, limit::FRAME) { Ok(length) } else { Err(WireError::TooLong(length)) }
    });
    match length {
        Ok(length) => {
            out.iter_mut().skip(start).zip(length.to_be_bytes()).for_each(|(place, byte)| *place = byte);
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Cuts a stream of bytes into messages.
///
/// Call [`next`](Self::next) until it gives `None`, then feed it what was read: so it never holds more than one frame and one
/// read. The limit is compared as soon as a length word is there, and room is made only for bytes that have arrived. After an
/// error the stream has lost its rhythm: the decoder swallows everything and gives the same error for ever.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where in the buffer the next frame begins.
    start: usize,
    limit: usize,
    broken: Option<WireError>,
}

impl Decoder {
    /// Expects frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, limit, broken: None }
    }

    /// Changes the bound for the frames to come.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes in bytes as they arrive.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole message, if it is there.
    ///
    /// # Errors
    /// A frame that is too long, that is no message of this type, or that holds more than the message.
    #[expect(clippy::should_implement_trait, reason = "an iterator has one type of item and no errors")]
    pub fn next<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<Option<T>, WireError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.cut().inspect_err(|error| {
            self.broken = Some(error.clone());
            self.buffer = Vec::new();
        })
    }

    fn cut<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<Option<T>, WireError> {
        let waiting = self.buffer.get(self.start..).unwrap_or_default();
        let Some((word, rest)) = waiting.split_first_chunk::<WORD>() else {
            self.close_up();
            return Ok(None);
        };
        let length = u32::from_be_bytes(*word);
        if !is_within(length, self.limit) {
            return Err(WireError::TooLong(length));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(frame) = rest.get(..length) else {
            self.close_up();
            return Ok(None);
        };
        let message = whole(frame)?;
        self.start += WORD + length;
        Ok(Some(message))
    }

    /// Drops what has been read. Called only when less than a frame waits, so each byte is moved at most once per read.
    fn close_up(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
    }
}

fn is_within(length: u32, limit: usize) -> bool {
    usize::try_from(length).is_ok_and(|length| length <= limit)
}

/// The message that takes up the whole frame.
fn whole<T: for<'b> minicbor::Decode<'b, ()>>(frame: &[u8]) -> Result<T, WireError> {
    let mut decoder = minicbor::Decoder::new(frame);
    let message = decoder.decode().map_err(|_| WireError::Malformed)?;
    if decoder.position() == frame.len() { Ok(message) } else { Err(WireError::Malformed) }
}

#[cfg(test)]
mod tests;
