//! Frames: a length of four bytes (big endian), then that many bytes of CBOR.

use alloc::vec::Vec;
use core::fmt;

/// Why a connection has to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// A frame is longer than agreed.
    TooLong(u32),
    /// The bytes are no message.
    Malformed,
}

impl fmt::Display for WireError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl core::error::Error for WireError {}

/// Appends `message` as a frame.
pub fn encode<T: minicbor::Encode<()>>(_message: &T, _out: &mut Vec<u8>) -> Result<(), WireError> {
    todo!()
}

/// Cuts a stream of bytes into messages.
#[derive(Debug)]
pub struct Decoder {}

impl Decoder {
    /// Expects frames of at most `limit` bytes.
    pub fn new(_limit: usize) -> Self {
        todo!()
    }

    /// Changes the bound for the frames to come.
    pub fn set_limit(&mut self, _limit: usize) {
        todo!()
    }

    /// Takes in bytes as they arrive.
    pub fn feed(&mut self, _bytes: &[u8]) {
        todo!()
    }

    /// The next whole message, if it is there.
    pub fn next<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<Option<T>, WireError> {
        todo!()
    }
}
