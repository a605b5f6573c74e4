//! What `licutil check` finds in whole files.

use licgate_core::text::Source;
use licgate_core::time::Date;
use licgate_machine::keys::generate;

use crate::failure::Manner;

use super::*;

fn text(name: &str, lines: &str) -> Remarked {
    remarks::of(Source::new(name, lines))
}

fn remarks_on(texts: &mut [Remarked], key: Option<&VendorKey>) -> Vec<String> {
    let host = HostFacts { ethers: vec![[0, 0x50, 0x56, 0x0a, 0x1b, 0x2c]], ..HostFacts::default() };
    let today = Date::parse("1-dec-2026").unwrap();
    advise(texts, &Surroundings { today, host: &host }, 30, key);
    let lines =
        |text: &Remarked| text.remarks.iter().map(|remark| remark.one_line(&text.source)).collect::<Vec<_>>();
    texts.iter().flat_map(lines).collect()
}

/// `SIGN=` of the form of a signature, another one for each number, so that the parser has nothing to say.
fn sign(number: u16) -> String {
    format!("SIGN=\"{}\"", [format!("{number:04X}").as_str(); 32].join(" "))
}

#[test]
fn a_good_file_has_no_remarks() {
    let sign = sign(1);
    let good = format!(
        "SERVER lic1 0050560a1b2c 27000\nVENDOR acme PORT=27010\nINCREMENT f acme 1.0 permanent 5 {sign}\n"
    );
    assert_eq!(remarks_on(&mut [text("a.lic", &good)], None), [] as [String; 0]);
}

#[test]
fn an_administrator_is_told_what_the_lines_mean() {
    let lines = [
        "SERVER lic1 001122334455".into(),
        "VENDOR acme".into(),
        format!("FEATURE f acme 1.0 31-dec-2026 5 {}", sign(1)),
        format!("FEATURE f acme 2.0 permanent 5 {}", sign(2)),
        format!("INCREMENT g acme 1.0 1-dec-2026 5 {}", sign(3)),
        format!("INCREMENT h acme 1.0 30-nov-2026 5 {}", sign(4)),
        format!("INCREMENT i acme 1.0 1-jan-2027 5 ISSUED=1-jan-2026 {}", sign(5)),
        format!("INCREMENT i acme 2.0 permanent 5 ISSUED=1-feb-2026 SUPERSEDE {}", sign(6)),
        format!("INCREMENT j other 1.0 permanent 5 {}", sign(7)),
        format!("INCREMENT k other 1.0 permanent 5 {}", sign(8)),
    ];
    insta::assert_snapshot!(remarks_on(&mut [text("a.lic", &lines.join("\n"))], None).join("\n"), @r#"
    a.lic:1:1: note: without a port here the licence host takes the first free one of 27000 to 27009
    a.lic:1:13: warning: this licence is for another licence host than this machine (-9,57)
    a.lic:2:1: warning: the vendor daemon 'acme' has no port: it takes another one at every start, which firewalls and tunnels cannot let pass
    a.lic:3:20: warning: 'f' expires in 30 days, on 31-dec-2026
    a.lic:4:1: warning: this line is never used: of several FEATURE lines of "f" the first counts (-93,147)
    a.lic:5:22: warning: 'g' expires at the end of today, on 1-dec-2026
    a.lic:6:1: warning: "h" expired on 30-nov-2026 (-10,32)
    a.lic:7:1: note: "i" is superseded by the line at a.lic:8 (-18,327)
    a.lic:9:1: warning: no VENDOR line starts the vendor daemon 'other', so this is not served
    "#);
}

#[test]
fn signatures_are_checked_with_the_vendors_key_only() {
    let key = generate().unwrap();
    let lines =
        "SERVER lic1 0050560a1b2c 27000\nVENDOR acme PORT=27010\nINCREMENT f acme 1.0 permanent 5 SN=1\n";
    let signed = key.sign(&text("a.lic", lines).licence, &"acme".into()).to_string();
    let edited = signed.replace("permanent 5", "permanent 50");
    let public = key.public();
    let count = |lines: &str, key: Option<&VendorKey>| remarks_on(&mut [text("a.lic", lines)], key).len();
    assert_eq!(count(&signed, Some(&public)), 0);
    assert_eq!(count(&edited, Some(&public)), 1);
    assert_eq!(count(&edited, None), 0);
}

#[test]
fn lines_without_a_signature_are_counted() {
    let head = "SERVER lic1 0050560a1b2c 27000\nVENDOR acme PORT=27010\n";
    let line = |number: u32| format!("INCREMENT f acme 1.0 permanent 5 SN={number}\n");
    let one = remarks_on(&mut [text("a.lic", &format!("{head}{}", line(1)))], None);
    assert_eq!(one, ["a.lic:3:1: warning: this line has no SIGN=, so no licence host serves it (-114,147)"]);
    let two = remarks_on(&mut [text("a.lic", &format!("{head}{}{}", line(1), line(2)))], None);
    assert!(two.len() == 1 && two[0].contains("2 lines have no SIGN="), "{two:?}");
}

#[test]
fn a_remark_on_a_file_with_two_vendors_is_made_once() {
    let triad = format!(
        "SERVER a ANY 1\nSERVER b ANY 1\nSERVER c ANY 1\nVENDOR x PORT=2\nVENDOR y PORT=3\n\
         INCREMENT f x 1.0 permanent 1 {}\nINCREMENT f y 1.0 permanent 1 {}\n",
        sign(1),
        sign(2)
    );
    assert_eq!(remarks_on(&mut [text("a.lic", &triad)], None).len(), 1);
}

#[test]
fn the_key_of_another_licence_host_is_told() {
    let key = "08".repeat(32);
    let file = format!("SERVER lic1 \"0050560a1b2c KEY=ed25519:{key}\" 27000\nVENDOR acme PORT=1\n");
    let remarks = remarks_on(&mut [text("a.lic", &file)], None);
    assert!(remarks.len() == 1 && remarks[0].contains("for another licence host"), "{remarks:?}");
}

#[test]
fn options_files_are_named() {
    let licence = text("a.lic", "VENDOR acme PORT=1\nVENDOR b OPTIONS=/etc/b.opt\nVENDOR c\n").licence;
    let is_there = |path: &Path| path == Path::new("/lic/acme.opt");
    let told: Vec<String> =
        advice::options(&licence, "/lic/a.lic", is_there).into_iter().map(|remark| remark.message).collect();
    assert_eq!(
        told,
        [
            "the options file /lic/acme.opt is not checked here",
            "the options file /etc/b.opt is not checked here"
        ]
    );
}

#[test]
fn options_files_are_held_against_the_licence_that_names_them() {
    let dir = tempfile::tempdir().unwrap();
    let licence = format!(
        "SERVER lic1 ANY 27000\nVENDOR acme PORT=27010\nINCREMENT solver acme 1.0 permanent 5 {}\n",
        sign(1)
    );
    let file = dir.path().join("a.lic");
    let mut texts = [text(file.to_str().unwrap(), &licence)];
    assert!(options::read(None, &mut texts).unwrap().is_empty());
    std::fs::write(dir.path().join("acme.opt"), "EXCLUDE slover USER bob\nRESERVE 6 solver USER anna\n")
        .unwrap();
    let mut ruled = options::read(None, &mut texts).unwrap();
    let host = HostFacts::default();
    let at = Surroundings { today: Date::parse("1-dec-2026").unwrap(), host: &host };
    let rehearsal = advise(&mut texts, &at, 30, None);
    ruled[0].advise(&rehearsal);
    let said: Vec<_> = ruled[0].remarks.iter().map(|remark| &*remark.message).collect();
    assert_eq!(
        said,
        [
            "no licence line is for the feature `slover`",
            "only 5 of these 6 seats of `solver` can be reserved"
        ]
    );
}

#[test]
fn a_given_options_file_needs_one_vendor_and_a_named_one_may_lie_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let given = dir.path().join("site.opt");
    std::fs::write(&given, "EXCLUDEALL USER bob\n").unwrap();
    let read =
        |lines: &str| options::read(Some(&given), &mut [text("a.lic", lines)]).map(|ruled| ruled.len());
    assert_eq!(read("VENDOR acme PORT=1\n").unwrap(), 1);
    for lines in ["", "VENDOR acme PORT=1\nVENDOR b PORT=2\n"] {
        assert_eq!(read(lines).unwrap_err().status(Manner::Licgate), 2, "{lines}");
    }
    let mut missing = [text("a.lic", "VENDOR acme OPTIONS=/nowhere/acme.opt PORT=1\n")];
    assert!(options::read(None, &mut missing).unwrap().is_empty());
    let said = &missing[0].remarks[0].message;
    assert!(said.starts_with("the options file is not checked: cannot read /nowhere/acme.opt"), "{said}");
}
