//! Frames and messages: what a client may do to a daemon, a server to a client, a vendor daemon to its master.

mod client;
mod daemon;

use std::fmt::Debug;

use licgate_core::wire::{Decoder, MasterMsg, VendorMsg, encode, limit};
use minicbor::{Decode, Encode};

pub use client::client;
pub use daemon::daemon;

/// Whatever a vendor daemon prints to its master's pipe, or the other way round.
pub fn pipe(data: &[u8]) {
    let (piece, data) = data.split_first().unwrap_or((&0, &[]));
    listen(&stream::<VendorMsg>(data), *piece, limit::FRAME, |_: VendorMsg| true);
    listen(&stream::<MasterMsg>(data), *piece, limit::FRAME, |_: MasterMsg| true);
}

/// The bytes of a peer that sends what `data` begins with: frames as they are, or (with an odd first byte) the messages that stand
/// there one after the other, framed, and what is no message as a last frame.
fn stream<T>(data: &[u8]) -> Vec<u8>
where
    T: Encode<()> + for<'b> Decode<'b, ()> + Debug + PartialEq,
{
    let Some((flags, data)) = data.split_first().filter(|(flags, _)| *flags & 1 == 1) else {
        return data.get(1..).unwrap_or_default().to_vec();
    };
    let (mut decoder, mut out) = (minicbor::Decoder::new(data), Vec::new());
    while decoder.position() < data.len() {
        let rest = data.get(decoder.position()..).unwrap_or_default();
        match decoder.decode::<T>() {
            Ok(message) => same(&message, &mut out),
            Err(_) => {
                out.extend(u32::try_from(rest.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend(rest);
                break;
            }
        }
    }
    if flags & 2 == 2 {
        // The peer stops in the middle of a message.
        out.truncate(out.len().saturating_sub(1));
    }
    out
}

/// Appends `message` as a frame, if it fits into one, and checks that it comes out of it unchanged.
fn same<T>(message: &T, out: &mut Vec<u8>)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + Debug + PartialEq,
{
    let start = out.len();
    if encode(message, out).is_err() {
        assert_eq!(out.len(), start, "a message that does not fit leaves nothing behind");
        return;
    }
    let frame = out.get(start..).unwrap_or_default();
    let mut decoder = Decoder::new(limit::FRAME);
    decoder.feed(frame);
    let again: Option<T> = decoder.next().expect("what was encoded decodes");
    assert_eq!(again.as_ref(), Some(message));
    let mut twice = Vec::new();
    assert_eq!(again.map(|it| encode(&it, &mut twice)), Some(Ok(())));
    assert_eq!(twice, frame, "a message has one spelling");
}

/// Feeds a decoder piece by piece and hands on the messages until `hear` has enough; an error stays for ever.
fn listen<T: for<'b> Decode<'b, ()>>(bytes: &[u8], piece: u8, first: usize, mut hear: impl FnMut(T) -> bool) {
    let mut decoder = Decoder::new(first);
    for piece in bytes.chunks(usize::from(piece).max(1)) {
        decoder.feed(piece);
        loop {
            match decoder.next::<T>() {
                Ok(Some(message)) => {
                    if !hear(message) {
                        return;
                    }
                    decoder.set_limit(limit::FRAME);
                }
                Ok(None) => break,
                Err(error) => {
                    decoder.feed(bytes);
                    assert_eq!(decoder.next::<T>().err(), Some(error));
                    return;
                }
            }
        }
    }
}
