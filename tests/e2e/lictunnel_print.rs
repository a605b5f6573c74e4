//! What `lictunnel print` shows does what it promises: the line and the command of OpenSSH together are a tunnel.

use std::fs;
use std::process::Command;

use licgate_tests::{Firewall, Host, Process, Site, Ssh, may, program, run, serve};

#[test]
fn the_printed_ssh_command_works_under_the_printed_hosts_line() {
    let needs = [&Firewall::NEEDS[..], &["ssh"]].concat();
    if !may("the_printed_ssh_command_works_under_the_printed_hosts_line", &needs) {
        return;
    }
    let (firewall, ssh, site) = (Firewall::new(), Ssh::new(), Site::new());
    ssh.introduce(firewall.etc(), "lic1", Firewall::HOST, 0);
    // Only the name is known, to the hosts file and to ssh, which is to ask for nothing.
    let write = |file: &str, text: String| fs::write(firewall.etc().join(file), text).expect("ours");
    let read = |file: &str| fs::read_to_string(firewall.etc().join(file)).expect("it is there");
    let config = read("ssh/ssh_config");
    let config: Vec<_> = config.lines().filter(|line| !line.contains("HostName")).collect();
    let strict = "\n  BatchMode yes\n  StrictHostKeyChecking yes\n";
    write("ssh/ssh_config", config.join("\n") + strict);
    write("ssh/ssh_known_hosts", read("ssh/ssh_known_hosts").replace(Firewall::HOST, "lic1"));
    write("hosts", format!("127.0.0.1 localhost\n{} lic1\n", Firewall::HOST));
    let _sshd = serve(&mut firewall.on_host(&ssh.command(Firewall::HOST, "")));
    site.license("INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n");
    let host = Host::run(&mut firewall.on_host(&Host::command(&site)));

    let files = tempfile::tempdir().expect("a temporary folder");
    let on_laptop = |command: &Command| {
        let mut command = firewall.on_laptop(command);
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, files.path());
        }
        command
    };
    let ports = format!("{},{}", host.port(), host.vendor_port());
    let print = |form: &str| {
        let (code, told, said) =
            run(&mut on_laptop(program("lictunnel").args(["print", form, "lic1", "--ports", &ports])));
        assert_eq!(code, 0, "{told}{said}");
        told
    };
    let printed = print("ssh");
    write("hosts", "127.0.0.1 localhost\n".to_owned() + &print("hosts"));
    assert_eq!(print("ssh"), printed, "the line does not mislead us; the address of last time serves");
    let (code, _, _) = run(&mut on_laptop(Command::new("ssh").args(["lic1", "true"])));
    assert_eq!(code, 255, "the line leads plain ssh back to the laptop");
    let _tunnel = {
        // It tells when it is ready only if it is told to tell.
        let loud = printed.replacen("ssh ", "exec ssh -v ", 1);
        let mut process = Process::start(&mut on_laptop(Command::new("sh").args(["-c", &loud])));
        process.line_with("Entering interactive session");
        process
    };
    let at = format!("{}@lic1", host.port());
    let (code, told, said) = run(&mut on_laptop(program("licutil").args(["stat", "-c", &at])));
    assert_eq!(code, 0, "{printed}{told}{said}");
}
