//! Frames survive any cutting of the stream, and nothing that arrives can harm the decoder.

use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::id::{CheckoutId, VendorName};
use crate::wire::{ClientMsg, Locate, ServerMsg};

fn message() -> impl Strategy<Value = ClientMsg> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|id| ClientMsg::Resume { checkout: CheckoutId::new(id) }),
        any::<([u8; 16], u32)>()
            .prop_map(|(id, epoch)| ClientMsg::Heartbeat { checkout: CheckoutId::new(id), epoch }),
        "[a-z]{0,40}".prop_map(|name| ClientMsg::Locate(Locate::Vendor(VendorName::from(name.as_str())))),
        proptest::option::of("[a-z]{0,9}").prop_map(|vendor| ClientMsg::Reread {
            vendor: vendor.map(|name| VendorName::from(name.as_str()))
        }),
        Just(ClientMsg::ServerStatus),
        Just(ClientMsg::Down),
    ]
}

fn stream(messages: &[ClientMsg]) -> Vec<u8> {
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| encode(message, &mut bytes).unwrap());
    bytes
}

fn drain(decoder: &mut Decoder) -> Vec<ClientMsg> {
    std::iter::from_fn(|| decoder.next().unwrap()).collect()
}

proptest! {
    // Regression files would land outside this room; the cases below are cheap to find again.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cutting_of_the_stream_gives_the_same_messages(
        messages in proptest::collection::vec(message(), 0..12),
        cuts in proptest::collection::vec(1_usize..40, 0..60),
    ) {
        let bytes = stream(&messages);
        let (mut decoder, mut rest, mut heard) = (Decoder::new(limit::FRAME), bytes.as_slice(), Vec::new());
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            decoder.feed(piece);
            heard.extend(drain(&mut decoder));
            rest = after;
        }
        prop_assert_eq!(heard, messages);
        prop_assert!(decoder.buffer.is_empty());
    }

    #[test]
    fn random_bytes_never_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..8)) {
        let mut decoder = Decoder::new(150);
        for piece in pieces {
            decoder.feed(&piece);
            while let Ok(Some(_)) = decoder.next::<ClientMsg>() {}
            prop_assert!(decoder.buffer.len() <= 150 + WORD);
        }
    }

    #[test]
    fn random_frames_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = Decoder::new(limit::FRAME);
        decoder.feed(&u32::try_from(body.len()).unwrap().to_be_bytes());
        decoder.feed(&body);
        drop(decoder.next::<ServerMsg>());
    }

    /// Damage close to a real message reaches deeper into the decoder than noise does.
    #[test]
    fn damaged_messages_never_panic(message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = stream(&[message]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let mut decoder = Decoder::new(limit::FRAME);
        decoder.feed(&bytes);
        drop(decoder.next::<ClientMsg>());
    }
}

#[test]
fn a_length_above_the_limit_is_refused_before_its_bytes_come() {
    let mut decoder = Decoder::new(10);
    decoder.feed(&[0, 0, 0]);
    assert_eq!(decoder.next::<ClientMsg>(), Ok(None));
    decoder.feed(&[11]);
    assert_eq!(decoder.next::<ClientMsg>(), Err(WireError::TooLong(11)));
    decoder.feed(&stream(&[ClientMsg::Down]));
    assert_eq!(decoder.next::<ClientMsg>(), Err(WireError::TooLong(11)));
    assert!(decoder.buffer.is_empty(), "a broken decoder keeps nothing");
}

#[test]
fn a_new_limit_holds_for_the_next_frame() {
    let long = ClientMsg::Locate(Locate::Vendor(VendorName::from("v".repeat(30).as_str())));
    let mut decoder = Decoder::new(8);
    decoder.feed(&stream(&[ClientMsg::Down, long.clone()]));
    assert_eq!(decoder.next(), Ok(Some(ClientMsg::Down)));
    decoder.set_limit(100);
    assert_eq!(decoder.next(), Ok(Some(long)));
}

#[test]
fn bytes_that_are_no_message_end_the_stream() {
    let down = stream(&[ClientMsg::Down]);
    let with_leftover = [&[0, 0, 0, down[3] + 1], &down[WORD..], &[0]].concat();
    let cases: [&[u8]; 5] = [
        &[0, 0, 0, 0],
        &with_leftover,
        &[0, 0, 0, 2, 0x82, 0x18],
        &[0, 0, 0, 3, 0x82, 0x18, 99],
        b"\0\0\0\x04GET ",
    ];
    for case in cases {
        let mut decoder = Decoder::new(limit::FRAME);
        decoder.feed(case);
        assert_eq!(decoder.next::<ClientMsg>(), Err(WireError::Malformed), "{case:02x?}");
    }
}

#[test]
fn a_message_that_is_too_long_is_not_sent() {
    let mut out = vec![1, 2, 3];
    let lines = vec![String::from("x").repeat(limit::FRAME)];
    let error = encode(&ServerMsg::Done { lines }, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "a message of 65545 bytes is longer than agreed");
    assert_eq!(out, [1, 2, 3]);
}

#[test]
fn memory_of_a_long_frame_is_given_back() {
    let mut decoder = Decoder::new(limit::FRAME);
    let lines = vec![String::from("x").repeat(60_000)];
    let mut bytes = Vec::new();
    encode(&ServerMsg::Done { lines }, &mut bytes).unwrap();
    decoder.feed(&bytes);
    assert!(decoder.next::<ServerMsg>().unwrap().is_some());
    assert_eq!(decoder.next::<ServerMsg>(), Ok(None));
    assert!(decoder.buffer.capacity() <= KEPT);
}
