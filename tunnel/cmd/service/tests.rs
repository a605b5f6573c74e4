//! What would be written and run on each system, held against the files that people copy and against texts that were looked at.

use std::path::PathBuf;

use super::advice::{Facts, Names, advice};
use super::plan::{Manager, Service, Step, check_name, text};
use super::*;

fn service(manager: Manager, is_system: bool) -> Service {
    let (program, account, folder, logs) = match manager {
        Manager::Systemd if is_system => {
            ("/usr/local/bin/lictunnel", "root", "/etc/systemd/system", "/root/.local/state/lictunnel")
        }
        Manager::Systemd => (
            "/home/ada/my programs/lictunnel",
            "ada",
            "/home/ada/.config/systemd/user",
            "/home/ada/.local/state/lictunnel",
        ),
        Manager::Launchd if is_system => {
            ("/usr/local/bin/lictunnel", "0", "/Library/LaunchDaemons", "/Library/Logs")
        }
        Manager::Launchd => {
            ("/usr/local/bin/lictunnel", "501", "/Users/ada/Library/LaunchAgents", "/Users/ada/Library/Logs")
        }
        Manager::Scheduler => (r"C:\Program Files\lictunnel.exe", r"CORP\ada", "/state", "/state"),
    };
    Service {
        server: "lic-1".into(),
        program: program.into(),
        config: None,
        is_system,
        account: account.into(),
        folder: folder.into(),
        logs: logs.into(),
    }
}

#[test]
fn systemd_gets_the_shipped_unit_for_this_program() {
    let service = service(Manager::Systemd, false);
    insta::assert_snapshot!("systemd_user", text(&Manager::Systemd.install(&service)));
    insta::assert_snapshot!("systemd_remove", text(&Manager::Systemd.remove(&service)));
}

#[test]
fn systemd_runs_it_as_root_with_another_configuration() {
    let service = Service { config: Some("/etc/50% \"x\"$y.toml".into()), ..service(Manager::Systemd, true) };
    insta::assert_snapshot!("systemd_system", text(&Manager::Systemd.install(&service)));
}

#[test]
fn the_shipped_unit_holds_what_is_replaced_in_it_and_the_ends_that_are_final() {
    for part in [systemd::START, systemd::FOR_USER, systemd::HEAD] {
        assert_eq!(systemd::UNIT.matches(part).count(), 1, "{part}");
    }
    let codes: Vec<_> = FINAL.iter().map(|exit| exit.code().to_string()).collect();
    let line = format!("\nRestartPreventExitStatus={}\n", codes.join(" "));
    assert!(systemd::UNIT.contains(&line), "no {line}");
}

#[test]
fn launchd_gets_the_shipped_list_for_this_server() {
    let agent = service(Manager::Launchd, false);
    insta::assert_snapshot!("launchd_user", text(&Manager::Launchd.install(&agent)));
    insta::assert_snapshot!("launchd_remove", text(&Manager::Launchd.remove(&agent)));
    let daemon = Service { config: Some("/Users/ada/R&D.toml".into()), ..service(Manager::Launchd, true) };
    insta::assert_snapshot!("launchd_system", text(&Manager::Launchd.install(&daemon)));
}

#[test]
fn the_shipped_list_stays_as_it_is_for_the_one_whom_it_names() {
    let named = Service { server: launchd::SERVER.into(), ..service(Manager::Launchd, false) };
    let steps = Manager::Launchd.install(&named);
    let [Step::Write(_, written), ..] = steps.as_slice() else { panic!("{steps:?}") };
    let (head, rest) = launchd::PLIST.split_once("<!-- ").unwrap();
    assert_eq!(*written, head.to_owned() + rest.split_once("-->\n").unwrap().1);
    assert!(written.contains(launchd::PROGRAM) && written.contains(launchd::LOGS));
}

#[test]
fn the_scheduler_gets_a_task() {
    let service =
        Service { config: Some(r"C:\R&D\lictunnel.toml".into()), ..service(Manager::Scheduler, false) };
    insta::assert_snapshot!("scheduler", text(&Manager::Scheduler.install(&service)));
    insta::assert_snapshot!("scheduler_remove", text(&Manager::Scheduler.remove(&service)));
}

#[test]
fn a_service_has_a_name_that_needs_no_quotes() {
    for good in ["lic1", "lic-1.corp.example", "ada@lic1", "lab_2"] {
        assert_eq!(check_name(good), Ok(()));
    }
    for bad in ["lic1:2222", "a b", "../lic1", "-x", "", "lic1\n", "%i", "li<c", "l\u{ef}c"] {
        assert!(check_name(bad).unwrap_err().hint.contains("lictunnel.toml"), "{bad}");
    }
}

#[test]
fn what_a_service_cannot_ask_is_told() {
    let told = |is_system, names| {
        let service =
            Service { program: "/opt/a b/lictunnel".into(), ..service(Manager::Systemd, is_system) };
        advice(Manager::Systemd, &service, &Facts { names, lingers: false })
    };
    let by = |lender: &str, is_guarded| Names::Locked { lender: Some(PathBuf::from(lender)), is_guarded };
    insta::assert_snapshot!(
        "advice_sudo",
        told(false, by("/usr/bin/sudo", true)).replace(r"\drivers\etc\hosts", "/etc/hosts")
    );
    assert!(told(false, by("/usr/bin/doas", true)).contains("permit nopass ada as root cmd"));
    let unguarded = told(false, by("/usr/bin/sudo", false));
    assert!(
        !unguarded.contains("NOPASSWD") && unguarded.contains("you cannot change what runs as root"),
        "{unguarded}"
    );
    let none = told(false, Names::Locked { lender: None, is_guarded: true });
    assert!(
        none.contains("--system") && none.contains("print hosts lic-1") && !none.contains("NOPASSWD"),
        "{none}"
    );
    let mac = Service { server: "lic1".into(), ..service(Manager::Launchd, false) };
    let mac = advice(Manager::Launchd, &mac, &Facts { names: by("/usr/bin/sudo", true), lingers: false });
    assert!(mac.contains("    #501 ALL=(root) NOPASSWD: /usr/local/bin/lictunnel hosts-helper\n"), "{mac}");
    let system = told(true, Names::Fine);
    assert!(!system.contains("linger") && !system.contains("cannot ask"), "{system}");
}

#[test]
fn launchd_sees_a_final_failure_as_a_good_end() {
    for exit in Exit::ALL {
        let is_final = FINAL.contains(&exit);
        assert_eq!(settled(Err(Failure::new(exit, "x"))).is_ok(), is_final, "{exit:?}");
    }
    let is_final = [Exit::NotAllowed, Exit::HostKey, Exit::Unreachable, Exit::NoPorts, Exit::NotServing]
        .map(|exit| FINAL.contains(&exit));
    assert_eq!(is_final, [true, true, false, false, false], "the licence server may only be late");
}
