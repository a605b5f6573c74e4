//! A client that meets our own server, and servers that break the rules.

use std::string::ToString;
use std::vec;

use super::*;
use crate::host::HostFacts;
use crate::ledger::Holder;
use crate::wire::{MasterRequest, PROTOCOL, greet, master_request};

fn hello() -> Hello {
    let (user, host) = ("ada".into(), "ws7".into());
    Hello {
        protocol: PROTOCOL,
        program: "licrun 0.1.0".into(),
        holder: Holder { user, host, display: String::new(), pid: 1, ..Holder::default() },
        machine: HostFacts::default(),
        platform: "x64_lsb".into(),
    }
}

fn told(answers: &[ServerMsg]) -> Dialogue {
    let mut dialogue = Dialogue::new(hello()).unwrap();
    let mut bytes = Vec::new();
    answers.iter().for_each(|answer| encode(answer, &mut bytes).unwrap());
    dialogue.hear(&bytes);
    dialogue
}

fn welcome(protocol: u16) -> ServerMsg {
    ServerMsg::Welcome(Welcome { protocol, name: "licmgrd".into(), version: "0.1.0".into() })
}

fn at(vendor: &str, port: u16) -> ServerMsg {
    ServerMsg::At { vendor: vendor.into(), port, host: "lic1".into() }
}

#[test]
fn a_client_finds_its_vendor_daemon_in_one_round_trip() {
    let asked = Locate::Vendor("acme".into());
    let mut dialogue = Dialogue::new(hello()).unwrap();
    dialogue.say(&ClientMsg::Locate(asked.clone())).unwrap();

    let mut server = Decoder::new(limit::HELLO_FRAME);
    server.feed(&dialogue.output());
    assert!(dialogue.output().is_empty(), "said once");
    let (_, welcome) = greet(server.next().unwrap().unwrap(), "licmgrd", "0.1.0").unwrap();
    let request = master_request(server.next().unwrap().unwrap(), crate::wire::Entrance::Network);
    assert_eq!(request, Ok(MasterRequest::Locate(asked.clone())));
    let mut bytes = Vec::new();
    encode(&welcome, &mut bytes).unwrap();
    encode(&at("acme", 41001), &mut bytes).unwrap();

    let mut answers = Vec::new();
    for byte in bytes {
        dialogue.hear(&[byte]);
        answers.extend(dialogue.next().unwrap());
    }
    assert_eq!(dialogue.welcome().unwrap().name, "licmgrd");
    assert_eq!(answers, [at("acme", 41001)]);
    let there = Located::At { vendor: "acme".into(), host: "lic1".into(), port: 41001 };
    assert_eq!(located(&asked, answers.remove(0)), Ok(there));
}

#[test]
fn the_largest_hello_fits_into_the_frame_of_a_hello() {
    let long = "\u{1F980}".repeat(1000);
    let mut hello = hello();
    hello.machine.ethers = vec![[255; 6]; 1000];
    hello.machine.names = vec![long.clone(); 1000];
    hello.machine.addresses = vec![long.clone(); 1000];
    for text in [&mut hello.program, &mut hello.holder.user, &mut hello.holder.host, &mut hello.platform] {
        text.clone_from(&long);
    }
    let mut server = Decoder::new(limit::HELLO_FRAME);
    server.feed(&Dialogue::new(hello).unwrap().output());
    let (caller, _) = greet(server.next().unwrap().unwrap(), "licmgrd", "0.1.0").unwrap();
    assert_eq!((caller.machine.ethers.len(), caller.holder.user.len()), (limit::LIST, limit::NAME));
    assert!(!caller.machine.names.is_empty() && !caller.machine.addresses.is_empty());
}

#[test]
fn a_server_that_does_not_begin_with_welcome_is_left() {
    let (code, lines) = (Code::REFUSED_REQUEST, vec!["too old".into(), "install a newer client".into()]);
    let refused = ServerMsg::Refused { code, lines };
    let cases: [(&[ServerMsg], &str, Code); 5] = [
        (&[refused], "the server refused: too old; install a newer client", Code::REFUSED_REQUEST),
        (&[at("acme", 1)], "the server answered out of turn: an answer before Welcome", Code::BAD_REPLY),
        (&[welcome(2)], "the server answered out of turn: a protocol that was not offered", Code::BAD_REPLY),
        (&[welcome(0)], "the server answered out of turn: a protocol that was not offered", Code::BAD_REPLY),
        (&[welcome(1), welcome(1)], "the server answered out of turn: a second Welcome", Code::BAD_REPLY),
    ];
    for (answers, words, code) in cases {
        let error = told(answers).next().unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code()), (words, code));
    }
    let mut dialogue = told(&[]);
    dialogue.hear(b"\0\0\0\x01\xff");
    assert_eq!(dialogue.next(), Err(DialogueError::Wire(WireError::Malformed)));
}

#[test]
fn each_answer_to_locate_has_its_meaning() {
    let (vendor, feature) = (Locate::Vendor("acme".into()), Locate::Feature("solver".into()));
    let not_now = |retry_after_ms| ServerMsg::NotNow { retry_after_ms, why: "starting".into() };
    let later = |retry_after| Ok(Located::NotNow { retry_after, why: "starting".into() });
    let (code, lines) = (Code::NO_SUCH_FEATURE, vec![String::from("no")]);
    let refused = ServerMsg::Refused { code, lines: lines.clone() };
    let senseless = |what| Err(DialogueError::Senseless(what));
    let cases = [
        (&vendor, not_now(Some(1500)), later(Some(Duration::from_millis(1500)))),
        (&vendor, not_now(None), later(None)),
        (&feature, refused, Ok(Located::Refused { code, lines })),
        (&vendor, at("other", 1), senseless("another vendor")),
        (&feature, at("acme", 0), senseless("a vendor daemon on port 0")),
        (&feature, ServerMsg::Done { lines: vec![] }, senseless("no answer to Locate")),
    ];
    for (asked, answer, expected) in cases {
        assert_eq!(located(asked, answer), expected);
    }
}
