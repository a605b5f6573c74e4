//! Outputs of `ssh -G` as several versions on several systems print them, shortened to what is heeded and its neighbours.

use std::time::Duration;

use super::*;

fn target(printed: &str) -> Target {
    let request = Request::new("lic1".parse().unwrap());
    let settings = dump::parse(printed).unwrap();
    build(&settings, &request, &testing::local()).unwrap().target
}

fn hops(printed: &str) -> Vec<String> {
    let request = Request::new("lic1".parse().unwrap());
    let built = build(&dump::parse(printed).unwrap(), &request, &testing::local()).unwrap();
    built.hops.iter().map(Destination::to_string).collect()
}

fn paths(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

/// OpenSSH 7.4 (CentOS 7): `~` stands unexpanded, questions are `challengeresponseauthentication`.
const OLD: &str = "\
user bob
hostname lic1.example.com
port 2222
addressfamily any
batchmode no
canonicalizefallbacklocal yes
canonicalizehostname false
challengeresponseauthentication no
checkhostip yes
hashknownhosts no
identitiesonly no
passwordauthentication yes
pubkeyauthentication yes
rhostsrsaauthentication no
stricthostkeychecking ask
useprivilegedport no
connectionattempts 1
identityfile ~/.ssh/id_rsa
identityfile ~/.ssh/id_dsa
canonicaldomains
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2
connecttimeout none
tunneldevice any:any
rekeylimit 0 0
";

#[test]
fn openssh_7_4() {
    let target = target(OLD);
    assert_eq!((target.host.as_str(), target.port, target.user.as_str()), ("lic1.example.com", 2222, "bob"));
    assert_eq!(target.identities, paths(&["/home/jane/.ssh/id_rsa", "/home/jane/.ssh/id_dsa"]));
    assert_eq!(
        target.user_known_hosts,
        paths(&["/home/jane/.ssh/known_hosts", "/home/jane/.ssh/known_hosts2"])
    );
    assert_eq!(target.methods, [Method::PublicKey, Method::Password]);
    assert_eq!((target.route, target.unknown_host), (Route::Direct, UnknownHost::Ask));
}

/// OpenSSH 9.2 (Debian 12): tokens of identities and commands stand unexpanded, those of known hosts do not.
const DEBIAN: &str = "\
host lic1
user bob
hostname lic1.example.com
port 22
batchmode yes
canonicalizehostname false
hashknownhosts yes
identitiesonly yes
kbdinteractiveauthentication no
passwordauthentication no
pubkeyauthentication unbound
stricthostkeychecking accept-new
hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,rsa-sha2-512
hostkeyalias licences
identityagent ~/.1password/agent.sock
preferredauthentications password,publickey
identityfile ~/my key
identityfile %d/id_%r
identityfile none
certificatefile ~/id-cert.pub
globalknownhostsfile none
userknownhostsfile /home/jane/100%/known_hosts /home/jane/more hosts
addkeystoagent false
connecttimeout 90
canonicalizePermittedcnames none
proxycommand nc -x proxy:1080 %h %p
";

#[test]
fn openssh_9_2() {
    let target = target(DEBIAN);
    assert_eq!(target.identities, paths(&["/home/jane/my key", "/home/jane/id_bob"]));
    assert_eq!(target.certificates, paths(&["/home/jane/id-cert.pub"]));
    assert_eq!(target.agent, Agent::At("/home/jane/.1password/agent.sock".into()));
    assert_eq!(target.user_known_hosts, paths(&["/home/jane/100%/known_hosts", "/home/jane/more hosts"]));
    assert!(target.global_known_hosts.is_empty());
    assert_eq!(target.methods, [Method::PublicKey]);
    assert_eq!(target.route, Route::Command("nc -x proxy:1080 lic1.example.com 22".into()));
    assert_eq!(
        (target.unknown_host, target.host_key_alias.as_deref()),
        (UnknownHost::Accept, Some("licences"))
    );
    assert!(target.batch && target.hash_known_hosts && target.identities_only);
    assert_eq!(target.connect_timeout, Some(Duration::from_secs(90)));
}

/// OpenSSH for Windows 9.5, in a home with a blank.
const WINDOWS: &str = "\
host lic1\r
user corp\\jane doe\r
hostname lic1\r
port 22\r
stricthostkeychecking true\r
pubkeyauthentication true\r
identityfile ~/.ssh/id_rsa\r
identityfile C:\\Keys\\id\r
globalknownhostsfile __PROGRAMDATA__\\\\ssh/ssh_known_hosts __PROGRAMDATA__\\\\ssh/ssh_known_hosts2\r
userknownhostsfile C:\\\\Users\\\\Jane Doe/.ssh/known_hosts C:\\\\Users\\\\Jane Doe/.ssh/known_hosts2\r
identityagent none\r
connecttimeout none\r
";

#[test]
fn openssh_for_windows() {
    let settings = dump::parse(WINDOWS).unwrap();
    let home = r"C:\\Users\\Jane Doe/.ssh/known_hosts";
    assert_eq!(settings.user_known_hosts, [home.to_owned(), format!("{home}2")]);
    let target = target(WINDOWS);
    assert_eq!(target.user, r"corp\jane doe");
    assert_eq!((target.agent, target.unknown_host), (Agent::Off, UnknownHost::Refuse));
    let global = testing::local().program_data().join("ssh/ssh_known_hosts");
    assert_eq!(target.global_known_hosts.first(), Some(&global));
}

/// OpenSSH 10 (macOS 26): options that older versions do not know.
const NEW: &str = "\
host lic1
user bob
hostname lic1
port 22
enableescapecommandline no
obscurekeystroketiming yes
refuseconnection none
warnweakcrypto yes
usekeychain yes
stricthostkeychecking false
pubkeyauthentication true
kexalgorithms mlkem768x25519-sha256,sntrup761x25519-sha512,curve25519-sha256
identityagent SSH_AUTH_SOCK
identityfile ~/.ssh/id_ed25519
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile none
channeltimeout none
versionaddendum none
connecttimeout 0
proxyjump gate,bob@inner:2222,ssh://eve@[2001:db8::7]:23
";

#[test]
fn openssh_10() {
    let target = target(NEW);
    assert_eq!((target.agent, target.unknown_host), (Agent::Default, UnknownHost::Accept));
    assert!(target.user_known_hosts.is_empty());
    assert_eq!(target.connect_timeout, None);
    assert_eq!(hops(NEW), ["gate", "bob@inner:2222", "eve@[2001:db8::7]:23"]);
}

#[test]
fn what_is_no_such_output_is_refused() {
    let long = format!("hostname a\nproxyjump {}\n", ["gate"; 17].join(","));
    for (printed, expected) in [
        ("", "hostname is missing"),
        ("usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy]", "hostname is missing"),
        ("hostname lic1\nport 0\n", "bad port"),
        ("hostname -oProxyCommand=reboot\n", "no name of a host"),
        ("hostname lic1:22\n", "no name of a host"),
        ("hostname lic1\nproxyjump a,-b\n", "begin with -"),
        (long.as_str(), "more than 16 hops"),
    ] {
        let request = Request::new("lic1".parse().unwrap());
        let error = dump::parse(printed).and_then(|settings| build(&settings, &request, &testing::local()));
        let error = error.unwrap_err();
        assert!(error.contains(expected), "{printed}: {error}");
    }
}
