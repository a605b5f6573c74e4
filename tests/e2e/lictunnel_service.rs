//! A tunnel as a service: `service install` against a stand-in for systemctl that only notes what it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use licgate_tests::{Firewall, Host, Process, Site, Ssh, may, program, run, serve};

#[test]
fn a_service_is_installed_only_if_it_can_log_in_unasked_and_then_its_command_works() {
    let needs = [&Firewall::NEEDS[..], &["ssh"]].concat();
    if !may("a_service_is_installed_only_if_it_can_log_in_unasked_and_then_its_command_works", &needs) {
        return;
    }
    let (firewall, ssh, site) = (Firewall::new(), Ssh::new(), Site::new());
    ssh.introduce(firewall.etc(), "lic1", Firewall::HOST, 0);
    let _sshd = serve(&mut firewall.on_host(&ssh.command(Firewall::HOST, "")));
    site.license("INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n");
    let _host = Host::run(&mut firewall.on_host(&Host::command(&site)));

    let files = tempfile::tempdir().expect("a temporary folder");
    let stand_in = files.path().join("systemctl");
    fs::write(&stand_in, "#!/bin/sh\necho \"$*\" >>\"${0%/*}/told\"\n").expect("the folder is ours");
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let path = std::env::var("PATH").unwrap_or_default();
    let on_laptop = |command: &Command| {
        let mut command = firewall.on_laptop(command);
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, files.path());
        }
        command.env("PATH", format!("{}:{path}", files.path().display()));
        command
    };
    let service = |what: &str| run(&mut on_laptop(program("lictunnel").args(["service", what, "lic1"])));
    let told = || fs::read_to_string(files.path().join("told")).unwrap_or_default();
    let unit = files.path().join("systemd/user/lictunnel@lic1.service");

    let passphrase = |old: &str, new: &str| {
        let (code, _, said) = run(Command::new("ssh-keygen")
            .args(["-q", "-p", "-P", old, "-N", new, "-f"])
            .arg(ssh.path("user_key")));
        assert_eq!(code, 0, "{said}");
    };
    passphrase("", "secret");
    let (code, _, said) = service("install");
    assert!(code == 77 && said.contains("cannot answer questions"), "{code}: {said}");
    assert_eq!(told(), "--user show-environment\n");
    assert!(!unit.exists());
    passphrase("secret", "");

    let (code, _, said) = service("install");
    assert_eq!(code, 0, "{said}");
    let words =
        ["show-environment", "show-environment", "daemon-reload"].map(|word| format!("--user {word}\n"));
    let named = ["enable", "restart"].map(|word| format!("--user {word} lictunnel@lic1.service\n"));
    assert_eq!(told(), words.concat() + &named.concat());
    let text = fs::read_to_string(&unit).expect("it is written");
    let start =
        text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a unit starts something");
    let start = format!("exec {}", start.replace("%i", "lic1"));
    let mut started = Process::start(&mut on_laptop(Command::new("sh").args(["-c", &start])));
    started.line_with("lic1: ready");
    drop(started);

    let (code, _, said) = service("remove");
    assert_eq!(code, 0, "{said}");
    assert!(!unit.exists() && told().contains("--user disable --now lictunnel@lic1.service\n"), "{}", told());
}
