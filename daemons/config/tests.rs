//! The shipped configuration, every key, and every complaint.

use super::*;

/// The file that administrators copy.
const SHIPPED: &str = include_str!("../../config/licgate.toml");

fn problems(text: &str) -> Vec<String> {
    let source = Source::new("licgate.toml", text);
    let problems = Config::parse(&source, Path::new("/etc/licgate")).unwrap_err();
    problems.iter().map(|problem| explain(&source, problem)).collect()
}

fn parse(text: &str) -> Config {
    Config::parse(&Source::new("licgate.toml", text), Path::new("/etc/licgate")).unwrap()
}

#[test]
fn the_shipped_file_is_the_default_and_mentions_every_key() {
    assert_eq!(parse(SHIPPED), Config::default());
    let keys = ["listen", "state_dir", "log", "silence", "grace", "connections", "keep_days", "group"];
    let set = |key: &&str| SHIPPED.lines().any(|line| line.starts_with(&format!("{key} = ")));
    assert_eq!(keys.iter().filter(|key| set(key)).count(), keys.len());
    let assignments = SHIPPED.lines().filter(|line| !line.starts_with('#') && line.contains('=')).count();
    assert_eq!(assignments, keys.len(), "a key that this test does not know");
    assert!(SHIPPED.contains("# key = ") && SHIPPED.contains("# key_file = "));
}

#[test]
fn every_key_is_read() {
    let key = licgate_core::licence::Signer::new(&[7; 32]).public();
    let config = parse(&format!(
        "listen = [\"127.0.0.1\"]\nstate_dir = \"state\"\nlog = \"debug\"\n\
         [lease]\nsilence = \"2m 30s\"\ngrace = 7\n[limits]\nconnections = 5\n[journal]\nkeep_days = 3\n\
         [admin]\ngroup = \"lmadmin\"\n[vendor.acme]\nkey_file = \"acme.pub\"\n\
         [vendor.beta]\nkey = \"{key}\"\n",
    ));
    let expected = Config {
        listen: vec![Ipv4Addr::LOCALHOST.into()],
        state_dir: Some("/etc/licgate/state".into()),
        log: "debug".into(),
        patience: Patience { silence: Duration::from_secs(150), grace: Duration::from_secs(7) },
        connections: 5,
        keep_days: 3,
        admin_group: Some("lmadmin".into()),
        vendors: BTreeMap::from([
            ("acme".into(), KeySource::File("/etc/licgate/acme.pub".into())),
            ("beta".into(), KeySource::Key(key)),
        ]),
    };
    assert_eq!(config, expected);
}

#[test]
fn all_problems_are_told_at_once_with_their_place() {
    let text = "listen = []\nlog = 3\nlease = 7\nport = 1\n[limits]\nconnections = 0\nconection = 1\n\
                [vendor.acme]\n[vendor]\nbeta = 1\n[vendor.gamma]\nkey = \"x\"\n";
    insta::assert_snapshot!(problems(text).join("\n"), @r#"
    licgate.toml:1:10: error: `listen` must be a list of addresses such as ["0.0.0.0"]
    licgate.toml:2:7: error: `log` must be log directives such as "info" or "debug"
    licgate.toml:3:9: error: `lease` must be a table: [lease]
    licgate.toml:4:1: error: unknown key `port`
      hint: known here: listen, state_dir, log, lease, limits, journal, admin, vendor
    licgate.toml:6:15: error: `limits.connections` must be a number from 1 to 1000000
    licgate.toml:7:1: error: unknown key `limits.conection`
      hint: known here: connections
    licgate.toml:8:9: error: [vendor.acme] has no key
      hint: give it key = "ed25519:…" or key_file = "…"
    licgate.toml:10:8: error: `vendor.beta` must be a table: [vendor.beta]
    licgate.toml:12:7: error: `vendor.gamma.key` must be a public key such as "ed25519:…"
    "#);
}

#[test]
fn syntax_errors_have_a_place_too() {
    insta::assert_snapshot!(problems("log = \"info\nlisten = [\n").join("\n"), @r#"
    licgate.toml:1:12: error: invalid basic string, expected `"`
    licgate.toml:2:10: error: `listen` must be a list of addresses such as ["0.0.0.0"]
    licgate.toml:2:11: error: unclosed array, expected `]`
    "#);
}

#[test]
fn an_absent_file_is_an_error_only_when_it_was_named() {
    let failure = Config::load(Some(Path::new("/nonexistent/licgate.toml"))).unwrap_err();
    assert_eq!(failure.exit, Exit::BadConfig);
    assert!(failure.message.contains("/nonexistent/licgate.toml"), "{failure}");
}
