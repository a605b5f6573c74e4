//! A vendor's walk: key pair, signature, verification; and the help texts.

use std::fs;
use std::path::Path;

use super::*;
use crate::cmd::tests::all_help;
use crate::out::tests::Kept;

const LINES: &str = "SERVER lic1 ANY 27000\nVENDOR acme PORT=27010\n\
                     INCREMENT solver acme 2.1 31-dec-2027 10\nFEATURE mesher acme 1.0 permanent 5\n";

/// Runs `licsign` with these arguments; exit status, data, talk.
fn run(arguments: &[&str]) -> (u8, String, String) {
    let (data, talk) = (Kept::default(), Kept::default());
    let mut out = Out::new(Box::new(data.clone()), Box::new(talk.clone()));
    let licsign = Licsign::try_parse_from([&["licsign"], arguments].concat()).unwrap();
    let result = match licsign.command {
        Command::Keygen(keygen) => keygen.run(&mut out),
        Command::Sign(sign) => sign.run(&mut out),
        Command::Verify(verify) => verify.run(&mut out),
    };
    let status = result.as_ref().map_or_else(|failure| failure.status(Manner::Licgate), |()| 0);
    failure::end("licsign", Manner::Licgate, result, &mut out);
    (status, data.text(), talk.text())
}

/// A directory with a key pair `acme` and a file `a.lic`; the paths of directory, private key, public key and file.
fn vendor_with(lines: &str) -> (tempfile::TempDir, [String; 4]) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let paths = [path(""), path("acme.key"), path("acme.pub"), path("a.lic")];
    assert_eq!(run(&["keygen", "acme", "--out", &paths[0]]).0, 0);
    fs::write(&paths[3], lines).unwrap();
    (dir, paths)
}

#[test]
fn a_key_pair_is_made_once() {
    let (_dir, [dir, private, public, _]) = vendor_with("");
    let text = fs::read_to_string(&public).unwrap();
    assert!(text.lines().last().unwrap().starts_with("ed25519:"), "{text}");
    let (status, data, talk) = run(&["keygen", "acme", "--out", &dir]);
    assert_eq!((status, data.as_str()), (73, ""));
    assert!(talk.contains("acme.key exists already"), "{talk}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(Path::new(&private)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(run(&["keygen", "../acme", "--out", &dir]).0, 2);
}

#[test]
fn what_was_signed_verifies_and_what_was_edited_does_not() {
    let (_dir, [dir, private, public, file]) = vendor_with(LINES);
    let signed = format!("{dir}/signed.lic");
    let (status, data, talk) = run(&["sign", &file, "--key", &private, "--out", &signed]);
    assert_eq!((status, data.as_str()), (0, ""), "{talk}");
    assert!(talk.contains("host id ANY"), "{talk}");
    assert_eq!(run(&["sign", &file, "--key", &private]).1, fs::read_to_string(&signed).unwrap());

    let (status, data, _) = run(&["verify", &signed, "--vendor-key", &public]);
    let expected = format!("{signed}:3: OK   INCREMENT solver\n{signed}:4: OK   FEATURE mesher\n");
    assert_eq!((status, data), (0, expected));

    let edited = fs::read_to_string(&signed).unwrap().replace("permanent 5", "permanent 50");
    fs::write(&signed, edited.replace("lic1", "lic2").replace("27000", "28000")).unwrap();
    let (status, data, talk) = run(&["verify", &signed, "--vendor-key", &public]);
    assert_eq!(status, 1);
    assert!(data.contains(":3: OK   INCREMENT solver\n"), "{data}");
    assert!(data.contains(":4: BAD  FEATURE mesher: ") && data.contains("(-8,523)"), "{data}");
    assert_eq!(talk, "licsign: 1 of 2 lines of the vendor acme are bad\n");
    let (_, json, _) = run(&["verify", &signed, "--vendor-key", &public, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["schema"], json["lines"][0]["fault"].is_null()), (&1.into(), true));
    assert!(json["lines"][1]["fault"].is_string());
}

#[test]
fn a_file_with_mistakes_is_not_signed() {
    let (_dir, [_, private, _, file]) =
        vendor_with("SERVER lic1 ANY 27000\nFEATURE f acme 1.0 permanent many\n");
    let (status, data, talk) = run(&["sign", &file, "--key", &private]);
    assert_eq!((status, data.as_str()), (65, ""));
    assert!(talk.contains("a.lic:2:") && talk.contains("1 error"), "{talk}");
}

#[test]
fn the_vendor_has_to_be_named_when_there_are_several() {
    let (_dir, [_, private, _, file]) = vendor_with(&format!("{LINES}INCREMENT x other 1.0 permanent 1\n"));
    let (status, _, talk) = run(&["sign", &file, "--key", &private]);
    assert_eq!(status, 2);
    assert!(talk.contains("the vendors acme, other") && talk.contains("--vendor"), "{talk}");
    let (status, data, _) = run(&["sign", &file, "--key", &private, "--vendor", "other"]);
    assert_eq!((status, data.matches("SIGN=").count()), (0, 1));
    assert_eq!(run(&["sign", &file, "--key", &private, "--vendor", "nobody"]).0, 65);
}

#[test]
fn flags_do_not_clash() {
    Licsign::command().debug_assert();
}

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!(all_help(&mut Licsign::command().term_width(100)));
}
