//! The shipped file, every key, and every complaint.

use super::*;

/// The file that people copy.
const SHIPPED: &str = include_str!("../../config/lictunnel.toml");

fn parsed(text: &str) -> Result<Profiles, String> {
    let source = Source::new(FILE, text);
    parse(&source, Path::new("/home/ada/.config/lictunnel")).map_err(|problems| {
        problems.iter().map(|problem| explain(&source, problem)).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn the_shipped_file_is_the_default_and_mentions_every_key() {
    assert_eq!(parsed(SHIPPED).unwrap(), Profiles::from([("lic1".into(), Profile::default())]));
    let set = SHIPPED.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count();
    let unknown = parsed("[server.x]\nzzzzzzzzzzzzzzzz = 1\n").unwrap_err();
    assert_eq!(set, unknown.split("known here: ").nth(1).unwrap().split(", ").count());
}

#[test]
fn every_key_is_read() {
    let text = "[server.lic1]\nssh = \"ada@gate\"\nnames = [\"LIC1\", \"lic1.corp.example\"]\nports = [1715, 1716]\n\
                master = 1715\nlicences = [\"a.lic\", \"/b\"]\nlook_in_licences = false\nask_master = false\n\
                look_at_server = false\nall_ports = true\naddress = \"127.77.3.1\"\nuser = \"ada\"\njump = \"gate\"\n\
                identities = [\"id\"]\nforward_to = \"lic1\"\nhold = 5\nhosts = false\n\
                direct_on_site = true\n";
    let expected = Profile {
        ssh: Some("ada@gate".into()),
        names: vec!["lic1".into(), "lic1.corp.example".into()],
        ports: vec![1715, 1716],
        master: Some(1715),
        licences: vec!["/home/ada/.config/lictunnel/a.lic".into(), "/b".into()],
        steps: Steps { licence: false, master: false, look: false, all_ports: true },
        address: loopback("127.77.3.1"),
        user: Some("ada".into()),
        jump: Some("gate".into()),
        identities: vec!["/home/ada/.config/lictunnel/id".into()],
        forward_to: Some("lic1".into()),
        hold: Duration::from_secs(5),
        hosts: false,
        direct_on_site: true,
    };
    let expected = Profiles::from([("lic1".into(), expected)]);
    assert_eq!(parsed(text).unwrap(), expected);
    assert_eq!(parsed(&expected["lic1"].table("lic1")).unwrap(), expected, "what is written is read");
    let odd = Profiles::from([("a.\"b\"\n".to_owned(), Profile::default())]);
    assert_eq!(parsed(&Profile::default().table("a.\"b\"\n")).unwrap(), odd);
}

#[test]
fn all_problems_are_told_at_once_with_their_place() {
    let text = "server_x = 1\n[server]\nbeta = 1\n[server.lic1]\nport = [1715]\nports = [0]\nhold = 601\n\
                hosts = \"yes\"\nnames = [\"a b\"]\naddress = \"127.0.0.1\"\nmaster = 70000\n";
    insta::assert_snapshot!(parsed(text).unwrap_err());
}

#[test]
fn a_file_without_end_is_refused() {
    let failure = load(Some(Path::new("/dev/zero"))).unwrap_err();
    #[cfg(unix)]
    assert!(failure.message.contains("too large for a configuration"), "{failure}");
    assert_eq!(failure.exit, Exit::BadConfig);
}

#[test]
fn an_absent_file_is_an_error_only_when_it_was_named() {
    let failure = load(Some(Path::new("/nonexistent/lictunnel.toml"))).unwrap_err();
    assert_eq!(failure.exit, Exit::BadConfig);
    assert!(failure.message.contains("/nonexistent/lictunnel.toml"), "{failure}");
}
