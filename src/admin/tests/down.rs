//! `licutil down` against a licence host that obeys but does not say how it is.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, Decoder, ServerMsg, encode, greet, limit};

/// Answers everybody who connects to `socket`, for as long as the test runs.
fn serve(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
}

fn answer(mut stream: UnixStream) {
    let (mut decoder, mut bytes) = (Decoder::new(limit::FRAME), [0; 1024]);
    loop {
        match decoder.next::<ClientMsg>().unwrap() {
            Some(message) => {
                let mut frame = Vec::new();
                encode(&reply(message), &mut frame).unwrap();
                stream.write_all(&frame).unwrap();
            }
            None => match stream.read(&mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(length) => decoder.feed(&bytes[..length]),
            },
        }
    }
}

fn reply(message: ClientMsg) -> ServerMsg {
    match message {
        ClientMsg::Hello(_) => greet(message, "licmgrd", "0.1.0").unwrap().1,
        ClientMsg::Down => ServerMsg::Done { lines: vec!["licmgrd stops".into()] },
        _ => ServerMsg::Refused { code: Code::TIMED_OUT, lines: vec!["not now".into()] },
    }
}

fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_licutil"));
    command.arg0(name).args(arguments).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_licence_host_that_does_not_say_how_it_is_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("admin.sock");
    serve(&socket);
    let socket = socket.display().to_string();
    let (code, out, err) = run("licutil", &["down", "-q", "--socket", &socket]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "licmgrd stops\n", ""));
    let (code, _, err) = run("licutil", &["down", "--socket", &socket]);
    assert!(code == Some(2) && err.contains("hint: say --yes"), "{err}");
    let (code, out, err) =
        run("lmdown", &["-q", "-all", "-force", "-c", "27000@localhost", "--socket", &socket]);
    assert_eq!((code, out.as_str()), (Some(0), "    1 FlexNet License Server shut down\n"), "{err}");
    assert!(err.starts_with("note: -c -all -force has no effect here"), "{err}");
}

#[test]
fn nothing_is_stopped_in_place_of_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("admin.sock");
    serve(&socket);
    let socket = socket.display().to_string();
    for (flags, said) in
        [(["-c", "27000@192.0.2.1"], "another machine"), (["-vendor", "acme"], "the whole licence host")]
    {
        let (code, out, err) = run("lmdown", &[&["-q", "--socket", &socket], &flags[..]].concat());
        assert!(code == Some(2) && out.is_empty() && err.contains(said) && err.contains("hint: "), "{err}");
    }
}
