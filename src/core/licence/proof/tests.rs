//! What a proof shows, and what it does not.

use super::*;
use std::string::ToString;
use std::vec;

use crate::licence::{Book, Licence, Signed, Signer, Surroundings, check};

const LICENCE: &str = "SERVER lic1 KEY=ed25519:0707070707070707070707070707070707070707070707070707070707070707 27000\n\
    VENDOR acme /opt/acme OPTIONS=/opt/acme.opt PORT=27010\n\
    INCREMENT solver acme 2.0 30-jun-2025 10 HOSTID=\"0050560a1b2c 0050560a1b2d\" SN=A-17 START=1-jun-2025\n\
    INCREMENT solver acme 3.0 permanent 10\n\
    UPGRADE solver acme 3.0 4.0 permanent 2 VENDOR_STRING=up\n\
    PACKAGE kit acme 1.0 COMPONENTS=\"mesh:2.0:3 post\" START=1-jun-2025\n\
    INCREMENT kit acme 1.0 30-jun-2025 4\n\
    FEATURE local acme 1.0 permanent uncounted HOSTID=0050560a1b2c\n";

fn signer() -> Signer {
    Signer::new(&[0x42; 32])
}

fn signed(text: &str) -> Licence {
    signer().sign(&parse(&Source::new("acme.lic", text)).0, &"acme".into())
}

fn facts() -> HostFacts {
    HostFacts { key: Some([7; 32]), ethers: vec![[0, 0x50, 0x56, 0x0a, 0x1b, 0x2c]], ..HostFacts::default() }
}

/// The proofs of all pools, as a licence host shows them.
fn proofs() -> Vec<(FeatureName, Version, Proof)> {
    let source = Source::new("acme.lic", LICENCE);
    let (licence, said): (Signed<Licence>, _) =
        check(&source, &signed(LICENCE), &"acme".into(), &signer().public());
    assert_eq!(said, []);
    let at = Surroundings { today: Date::parse("15-jun-2025").unwrap(), host: &facts() };
    let (book, _) = Book::compile(&"acme".into(), &[(&source, &licence)], &at);
    book.pools().iter().map(|pool| (pool.feature.clone(), pool.version.clone(), pool.proof.clone())).collect()
}

fn proof(feature: &str, version: &str) -> Proof {
    let named = |(name, own, proof)| {
        (name == FeatureName::from(feature) && own == self::version(version)).then_some(proof)
    };
    proofs().into_iter().find_map(named).unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// A claim that holds for `feature` at `version` but for what `change` makes of it.
fn claimed(
    proof: &Proof,
    feature: &str,
    at: &str,
    change: impl FnOnce(&mut Claim<'_>),
) -> Result<(), String> {
    let (vendor, feature, version, client) = ("acme".into(), feature.into(), version(at), facts());
    let mut claim = Claim {
        vendor: &vendor,
        feature: &feature,
        version: &version,
        seats: 3,
        today: Date::parse("15-jun-2025").unwrap(),
        server_key: [7; 32],
        client: &client,
    };
    change(&mut claim);
    proof.check(&signer().public(), &claim).map_err(|error| format!("{} {error}", error.code.major()))
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

#[test]
fn what_a_book_shows_is_believed() {
    let mut checked = 0;
    for (feature, version, proof) in proofs() {
        assert_eq!(claimed(&proof, feature.as_str(), version.as_str(), |_| ()), Ok(()), "{proof:?}");
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[test]
fn any_edit_of_a_shown_line_is_refused() {
    let genuine = proof("solver", "2.0");
    let mut checked = 0;
    for (from, to) in [
        ("solver", "solvex"),
        (" 2.0 ", " 9.0 "),
        ("30-jun-2025", "30-jun-2026"),
        (" 10 ", " 11 "),
        ("acme", "acne"),
        ("0050560a1b2d", "0050560a1b2e"),
        ("SN=A-17", "SN=A-18"),
        (" SN=A-17", ""),
        ("START=1-jun", "START=2-jun"),
        ("INCREMENT", "FEATURE"),
        ("SIGN=\"", "SIGN=\"0"),
        ("SIGN=\"", "OVERDRAFT=9 SIGN=\""),
    ] {
        let mut edited = genuine.clone();
        edited.lines[0] = edited.lines[0].replace(from, to);
        assert_ne!(edited, genuine, "{from}");
        let refused = claimed(&edited, "solver", "2.0", |_| ()).unwrap_err();
        assert!(refused.starts_with("-8 "), "{from}: {refused}");
        checked += 1;
    }
    let other_key = Proof { server_hostids: vec!["ANY".into()], ..genuine.clone() };
    assert_eq!(
        claimed(&other_key, "solver", "2.0", |_| ()).unwrap_err(),
        "-8 the licence line of \"solver\" has a wrong signature: the line or a SERVER host id was edited after it was \
         signed, or the vendor key is not that of acme"
    );
    let unsigned = genuine.lines[0].split(" SIGN=").next().unwrap().to_string();
    let unsigned = Proof { lines: vec![unsigned], ..genuine };
    assert!(claimed(&unsigned, "solver", "2.0", |_| ()).unwrap_err().starts_with("-114 "));
    assert_eq!(checked, 12);
}

#[test]
fn a_proof_has_to_fit_the_claim() {
    let genuine = proof("solver", "2.0");
    type Change = fn(&mut Claim<'_>);
    let cases: [(Change, Option<&str>); 9] = [
        (|claim| claim.today = day("1-jul-2025"), None),
        (
            |claim| claim.today = day("2-jul-2025"),
            Some("-10 the licence line of \"solver\" expired on 30-jun-2025"),
        ),
        (|claim| claim.today = day("31-may-2025"), None),
        (
            |claim| claim.today = day("30-may-2025"),
            Some("-31 the licence line of \"solver\" starts on 1-jun-2025"),
        ),
        (|claim| claim.seats = 11, None),
        (|claim| claim.seats = 0, Some("-12 the licence line of \"solver\" has no seats to give")),
        (
            |claim| claim.server_key = [8; 32],
            Some("-8 this server is not the licence host that the vendor signed for"),
        ),
        (|claim| claim.server_key = [7; 32], None),
        (|_| (), None),
    ];
    for (change, refused) in cases {
        assert_eq!(claimed(&genuine, "solver", "2.0", change).err().as_deref(), refused);
    }
    assert_eq!(
        claimed(&genuine, "solver", "2.1", |_| ()).unwrap_err(),
        "-25 the licence line of \"solver\" is for version 2.0 and lower, not 2.1"
    );
    assert_eq!(
        claimed(&genuine, "mesh", "2.0", |_| ()).unwrap_err(),
        "-8 the server showed no licence line for \"mesh\""
    );
    let elsewhere = HostFacts::default();
    let moved = |feature, at| {
        let (vendor, name, version) = ("acme".into(), FeatureName::from(feature), version(at));
        let claim = Claim {
            vendor: &vendor,
            feature: &name,
            version: &version,
            seats: 1,
            today: day("15-jun-2025"),
            server_key: [9; 32],
            client: &elsewhere,
        };
        proof(feature, at).check(&signer().public(), &claim).unwrap_err().to_string()
    };
    assert_eq!(
        moved("solver", "2.0"),
        "the licence line of \"solver\" is for other machines (0050560a1b2c 0050560a1b2d)"
    );
    assert_eq!(moved("local", "1.0"), "the licence line of \"local\" is for other machines (0050560a1b2c)");
}

/// Uncounted lines are for the client's machine, whoever serves them.
#[test]
fn an_uncounted_line_needs_no_server() {
    assert_eq!(claimed(&proof("local", "1.0"), "local", "1.0", |claim| claim.server_key = [8; 32]), Ok(()));
}

/// What a licence host does not serve, a file does not grant either.
#[test]
fn terms_that_nobody_can_keep_are_refused() {
    let sign = |text: &str| signed(text).statements.iter().map(|line| line.node.to_string()).collect();
    let package = "PACKAGE kit acme 1.0 COMPONENTS=mesh";
    for (text, feature, refused) in [
        (
            "FEATURE local acme 1.0 permanent uncounted HOSTID=ANY USER_BASED\n",
            "local",
            "-84 the licence line of \"local\" has USER_BASED, which this version of licgate does not enforce",
        ),
        (
            "FEATURE local acme 1.0 permanent uncounted HOSTID=ANY NEWTERM=1\n",
            "local",
            "-90 the licence line of \"local\" has NEWTERM, which is misspelt or newer than this version of licgate",
        ),
        (
            &format!("{package} TZ=SERVERTZ\nFEATURE kit acme 1.0 permanent uncounted HOSTID=ANY\n"),
            "mesh",
            "-18 the licence line of \"mesh\" has TZ, which this version of licgate does not enforce",
        ),
    ] {
        let shown = Proof { lines: sign(text), server_hostids: vec![] };
        assert_eq!(claimed(&shown, feature, "1.0", |_| ()).unwrap_err(), refused);
    }
}

#[test]
fn a_package_is_proved_by_both_lines() {
    let genuine = proof("mesh", "2.0");
    assert_eq!(genuine.lines.len(), 2);
    for lines in [
        vec![genuine.lines[1].clone()],
        vec![genuine.lines[0].clone()],
        vec![genuine.lines[1].clone(), genuine.lines[0].clone()],
        vec![genuine.lines[0].clone(), proof("solver", "3.0").lines[0].clone()],
        vec![genuine.lines[0].clone(), genuine.lines[1].clone(), genuine.lines[1].clone()],
        vec![],
    ] {
        let partial = Proof { lines, ..genuine.clone() };
        assert_eq!(
            claimed(&partial, "mesh", "2.0", |_| ()).unwrap_err(),
            "-8 the server showed no licence line for \"mesh\""
        );
    }
    for (from, to) in
        [("mesh:2.0", "mesh:9.0"), (":3 ", ":9 "), (" post", " post more"), ("START=1-jun", "START=2-jun")]
    {
        let mut edited = genuine.clone();
        edited.lines[0] = edited.lines[0].replace(from, to);
        assert_ne!(edited, genuine, "{from}");
        assert!(claimed(&edited, "mesh", "2.0", |_| ()).unwrap_err().starts_with("-8 "), "{from}");
    }
    assert!(claimed(&genuine, "mesh", "2.1", |_| ()).unwrap_err().starts_with("-25 "));
    assert!(claimed(&proof("post", "1.0"), "post", "1.1", |_| ()).unwrap_err().starts_with("-25 "));
    assert!(
        claimed(&genuine, "mesh", "2.0", |claim| claim.today = day("1-may-2025"))
            .unwrap_err()
            .starts_with("-31 ")
    );
    assert!(claimed(&genuine, "kit", "1.0", |_| ()).unwrap_err().starts_with("-8 "));
}

#[test]
fn what_makes_no_sense_or_is_too_long_is_refused() {
    let genuine = proof("solver", "3.0");
    for (lines, hostids) in [
        (vec!["nonsense"], vec!["ANY"]),
        (vec!["SERVER a ANY"], vec!["ANY"]),
        (vec!["FEATURE a"], vec!["ANY"]),
        (vec![genuine.lines[0].as_str()], vec!["nonsense"]),
        (vec![genuine.lines[0].as_str()], vec![""]),
        (vec![], vec![]),
    ] {
        let strings = |texts: Vec<&str>| texts.into_iter().map(String::from).collect();
        let odd = Proof { lines: strings(lines), server_hostids: strings(hostids) };
        assert!(claimed(&odd, "solver", "3.0", |_| ()).is_err(), "{odd:?}");
    }
    let two = Proof { lines: vec![format!("{0}\n{0}", genuine.lines[0])], ..genuine.clone() };
    assert_eq!(
        claimed(&two, "solver", "3.0", |_| ()).unwrap_err(),
        "-12 the server showed something that is no licence line"
    );
    let long = Proof { lines: vec![format!("{}{}", genuine.lines[0], " ".repeat(Proof::MAX))], ..genuine };
    assert_eq!(
        claimed(&long, "solver", "3.0", |_| ()).unwrap_err(),
        "-12 the server showed a licence line that is too long"
    );
}
