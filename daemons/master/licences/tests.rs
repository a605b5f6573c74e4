//! Licence files as the master sees them.

use super::*;
use licgate_core::text::Source;

fn combined(texts: &[&str]) -> Result<Licences, String> {
    let licences: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| {
            let name = format!("{number}.lic");
            (PathBuf::from(&name), parse(&Source::new(name, *text)).0)
        })
        .collect();
    let facts = HostFacts { names: vec!["lic1".into()], key: Some([7; 32]), ..HostFacts::default() };
    combine(&licences, &facts).map_err(|failure| failure.to_string())
}

#[test]
fn several_files_make_one_host() {
    let licences = combined(&[
        "SERVER other HOSTNAME=lic2 27001\nVENDOR acme\nFEATURE solver acme 1.0 permanent 5\n",
        "SERVER lic1 HOSTNAME=lic1 27002\nDAEMON acme PORT=27010\nVENDOR beta /opt/beta\n\
         INCREMENT Mesher beta 1.0 permanent 5\nPACKAGE suite beta 1.0 COMPONENTS=\"post:1.0\"\n",
    ])
    .unwrap();
    assert_eq!((licences.host.as_str(), licences.port), ("lic1", Some(27002)));
    let acme = VendorLine { path: None, port: Some(27010), files: vec!["1.lic".into(), "2.lic".into()] };
    assert_eq!(licences.vendors[&"acme".into()], acme);
    for (feature, vendor) in [
        ("SOLVER", Some("acme")),
        ("mesher", Some("beta")),
        ("suite", Some("beta")),
        ("post", Some("beta")),
        ("none", None),
    ] {
        let found = licences.vendor_of(&feature.into()).map(VendorName::as_str);
        assert_eq!(found, vendor, "{feature}");
    }
}

#[test]
fn files_that_make_no_host_are_named_with_the_remedy() {
    let cases = [
        ("VENDOR acme\n", "No SERVER lines in license file (-13,66): 1.lic"),
        ("SERVER lic1 ANY 1\n", "There are no VENDOR (or DAEMON) lines in the license file: 1.lic"),
        (
            "SERVER lic2 HOSTNAME=lic2 1\nVENDOR acme\n",
            "Wrong hostid on SERVER line for license file: 1.lic is for HOSTNAME=lic2, this host is KEY=ed25519:0707",
        ),
        (
            &format!("SERVER lic1 \"HOSTNAME=lic1 KEY=ed25519:{}\" 1\nVENDOR acme\n", "08".repeat(32)),
            "Wrong hostid on SERVER line for license file: 1.lic is for HOSTNAME=lic1 KEY=ed25519:0808",
        ),
        ("SERVER a ANY 1\nSERVER b ANY 1\nSERVER c ANY 1\nVENDOR acme\n", "1.lic names 3 SERVER lines"),
    ];
    for (text, words) in cases {
        let error = combined(&[text]).unwrap_err();
        assert!(error.contains(words) && error.contains("\n  hint: "), "{error}");
    }
}

#[test]
fn what_a_daemon_has_not_taken_over_is_still_found_there() {
    let head = "SERVER lic1 ANY 27000\nVENDOR acme\nVENDOR beta\n";
    let [old, new] = ["solver acme", "mesher beta"].map(|feature| {
        let other = if feature.ends_with("acme") { "post beta" } else { "viewer acme" };
        combined(&[&format!("{head}FEATURE {feature} 1.0 permanent 5\nFEATURE {other} 1.0 permanent 5\n")])
            .unwrap()
    });
    let kept = BTreeSet::from(["acme".into()]);
    let licences = new.keeping(&kept, &old);
    for (feature, vendor) in
        [("solver", Some("acme")), ("viewer", None), ("mesher", Some("beta")), ("post", None)]
    {
        let found = licences.vendor_of(&feature.into()).map(VendorName::as_str);
        assert_eq!(found, vendor, "{feature}");
    }
}

#[test]
fn a_line_that_cannot_be_used_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.lic");
    std::fs::write(&path, "SERVER lic1 ANY 27000\nVENDOR acme\nFEATURE solver acme one permanent 5\n")
        .unwrap();
    let licences = read(&[path], &HostFacts::default()).unwrap();
    assert_eq!(licences.wrong.len(), 1);
    assert!(licences.wrong[0].contains("acme.lic:3:"), "{:?}", licences.wrong);
}

#[test]
fn a_reread_says_what_needs_a_restart() {
    let old = combined(&["SERVER lic1 ANY 27000\nVENDOR acme PORT=1\n"]).unwrap();
    let same = combined(&["SERVER other ANY 27000\nVENDOR acme PORT=1\nVENDOR beta\n"]).unwrap();
    assert_eq!(old.needs_restart(&same), Vec::<String>::new());
    let new = combined(&["SERVER lic1 HOSTNAME=lic1 27001\nVENDOR acme PORT=2\n"]).unwrap();
    assert_eq!(old.needs_restart(&new).len(), 3);
}
