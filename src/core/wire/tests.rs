//! `PROTOCOL.md` is true: every example decodes and encodes again, and everything in the code is in the text.

use std::collections::BTreeSet;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;

const PAGE: &str = include_str!("PROTOCOL.md");

/// A fenced block of the page: who speaks, the diagnostic notation, and the frame.
struct Example {
    speaker: &'static str,
    notation: &'static str,
    frame: Vec<u8>,
}

fn examples() -> Vec<Example> {
    let blocks = PAGE.split("\n```").skip(1).step_by(2);
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let (speaker, notation) = (lines.next().unwrap(), lines.next().unwrap());
            let hex: String = lines.flat_map(str::split_whitespace).collect();
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            Example { speaker, notation, frame: (0..hex.len()).step_by(2).map(byte).collect() }
        })
        .collect()
}

/// The message in a frame, after checking that it is written as we write it.
fn read<T>(example: &Example) -> T
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let mut decoder = Decoder::new(limit::FRAME);
    decoder.feed(&example.frame);
    let message: T = decoder.next().unwrap().expect(example.notation);
    let mut again = Vec::new();
    encode(&message, &mut again).unwrap();
    assert_eq!(again, example.frame, "{}", example.notation);
    assert_eq!(minicbor::display(&example.frame[4..]).to_string(), example.notation);
    message
}

/// The JSON form of an example, which traces show.
fn json(example: &Example) -> serde_json::Value {
    let json = match example.speaker {
        "client" => serde_json::to_value(read::<ClientMsg>(example)),
        "server" => serde_json::to_value(read::<ServerMsg>(example)),
        "master" => serde_json::to_value(read::<MasterMsg>(example)),
        "vendor" => serde_json::to_value(read::<VendorMsg>(example)),
        other => panic!("who is {other}?"),
    };
    json.unwrap()
}

fn keys_of(value: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                keys.insert(key.clone());
                keys_of(value, keys);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys_of(value, keys)),
        serde_json::Value::String(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Bool(_)
        | serde_json::Value::Null => {}
    }
}

/// Declares an enum's variants twice, so that a new one does not compile until it is listed here.
macro_rules! variants {
    ($speaker:literal, $type:ident: $($variant:ident),*) => {{
        let _listed = |message: $type| match message {
            $($type::$variant { .. } => {})*
        };
        [$(format!("{} {}", $speaker, stringify!($variant))),*]
    }};
}

#[test]
fn every_example_is_as_we_read_and_write_it_and_every_message_has_one() {
    let examples = examples();
    assert_eq!(examples.len(), 30);
    let shown: BTreeSet<String> = examples
        .iter()
        .map(|example| match json(example) {
            serde_json::Value::String(unit) => format!("{} {unit}", example.speaker),
            value => format!("{} {}", example.speaker, value.as_object().unwrap().keys().next().unwrap()),
        })
        .collect();
    let mut all = BTreeSet::new();
    all.extend(variants!("client", ClientMsg: Hello, Locate, Checkout, Resume, Heartbeat, Checkin, ServerStatus, Status, Reread, Down));
    all.extend(variants!("server", ServerMsg: Welcome, At, NotNow, Granted, Queued, Alive, Denied, Gone, Returned, ServerStatus, Status, Done, Refused));
    all.extend(variants!("master", MasterMsg: Reread, Stop));
    all.extend(variants!("vendor", VendorMsg: Ready, Reread));
    assert_eq!(shown, all);
}

#[test]
fn every_message_and_every_field_is_named_in_the_text() {
    let mut keys = BTreeSet::new();
    examples().iter().for_each(|example| keys_of(&json(example), &mut keys));
    assert!(keys.len() > 50, "{}", keys.len());
    for key in keys {
        assert!(
            PAGE.contains(&format!("`{key}`")) || ["Vendor", "Feature"].contains(&key.as_str()),
            "{key} is missing"
        );
    }
}

#[test]
fn every_limit_is_in_the_text_with_its_value() {
    let limits = [
        ("FRAME", limit::FRAME.to_string()),
        ("HELLO_FRAME", limit::HELLO_FRAME.to_string()),
        ("NAME", limit::NAME.to_string()),
        ("LIST", limit::LIST.to_string()),
        ("CHECKOUTS", limit::CHECKOUTS.to_string()),
        ("WAITING", limit::WAITING.to_string()),
        ("SEATS", limit::SEATS.to_string()),
        ("ROWS", limit::ROWS.to_string()),
        ("HANDSHAKE", format!("{} s", limit::HANDSHAKE.as_secs())),
    ];
    let declared = include_str!("mod.rs").lines().filter(|line| line.starts_with("    pub const ")).count();
    assert_eq!(declared, limits.len());
    for (name, value) in limits {
        assert!(PAGE.contains(&format!("| `{name}` | {value} |")), "{name} is {value}");
    }
    assert!(PAGE.starts_with(&format!("# The licgate protocol, version {PROTOCOL}\n")));
    assert!(PAGE.contains(&format!("at most {} bytes", crate::id::FeatureName::MAX)));
}

#[test]
fn messages_grow_by_fields_at_the_end() {
    let down = Ok(Some(ClientMsg::Down));
    let all = Ok(Some(ClientMsg::Reread { vendor: None }));
    let not_ours = Err(WireError::Malformed);
    let cases: [(&str, &[u8], _); 9] = [
        ("as we write it", &[0x82, 9, 0x80], down.clone()),
        ("an unknown field", &[0x82, 9, 0x81, 1], down.clone()),
        ("an unknown nested field", &[0x82, 9, 0x81, 0x82, 0xa1, 0, 0x9f, 0xff, 0x61, b'x'], down),
        ("an array of open length", &[0x9f, 9, 0x80, 0xff], not_ours.clone()),
        ("an optional field that is null", &[0x82, 8, 0x81, 0xf6], all.clone()),
        ("an optional field that is missing", &[0x82, 8, 0x80], all),
        ("a required field that is missing", &[0x82, 3, 0x80], not_ours.clone()),
        ("a field of another type", &[0x82, 8, 0x81, 7], not_ours.clone()),
        ("an unknown message", &[0x82, 10, 0x80], not_ours),
    ];
    for (name, body, expected) in cases {
        let mut decoder = Decoder::new(limit::FRAME);
        decoder.feed(&[&[0, 0, 0, u8::try_from(body.len()).unwrap()], body].concat());
        assert_eq!(decoder.next::<ClientMsg>(), expected, "{name}");
    }
}

#[test]
fn traces_do_not_show_checkout_ids() {
    let mut hidden = 0;
    for example in examples() {
        let text = json(&example).to_string();
        assert!(!text.contains("0,1,2,3") && !text.contains("00010203"), "{text}");
        hidden += usize::from(text.contains("\"checkout\":\"…\""));
    }
    assert_eq!(hidden, 11);
}
