//! `print`: what does the same without lictunnel, for people who may not run it.

use std::io::{self, Write as _};

use super::runtime;
use crate::engine::Spec;
use crate::failure::{Exit, Failure};
use crate::flags::Form;
use crate::ssh::target::{Route, Target};

/// Prints the command, the settings or the lines.
pub(super) fn print(form: Form, spec: &Spec) -> Result<(), Failure> {
    let address = spec.address()?;
    let text = match form {
        Form::Hosts => {
            let mut names = vec![spec.name()];
            names.extend(spec.profile.names.iter().cloned());
            format!("{address}\t{}\n", names.join(" "))
        }
        Form::Ssh | Form::Putty if spec.profile.ports.is_empty() => {
            let failure = Failure::new(Exit::NoPorts, "the ports have to be known for this");
            return Err(failure.with_hint(format!(
                "name them: --ports 1715,1716; `lictunnel doctor {}` finds and shows them",
                spec.server
            )));
        }
        Form::Ssh => ssh(spec, &address.to_string())?,
        Form::Putty => putty(spec, &runtime()?.block_on(spec.target())?, &address.to_string()),
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}

fn far(spec: &Spec) -> &str {
    spec.profile.forward_to.as_deref().unwrap_or("localhost")
}

fn ssh(spec: &Spec, address: &str) -> Result<String, Failure> {
    let profile = &spec.profile;
    let typed = spec.destination()?;
    let mut words = vec!["ssh".to_owned(), "-N".to_owned()];
    let mut option = |flag: &str, value: &str| words.extend([flag.to_owned(), quoted(value)]);
    option("-o", "ExitOnForwardFailure=yes");
    option("-o", "ServerAliveInterval=30");
    profile.jump.iter().for_each(|jump| option("-J", jump));
    typed.user.iter().chain(&profile.user).take(1).for_each(|user| option("-l", user));
    typed.port.iter().for_each(|port| option("-p", &port.to_string()));
    profile.identities.iter().for_each(|file| option("-i", &file.display().to_string()));
    for port in &profile.ports {
        option("-L", &format!("{address}:{port}:{}:{port}", far(spec)));
    }
    words.push(quoted(&typed.host));
    Ok(words.join(" ") + "\n")
}

/// A word for a shell. (Windows' shells know double quotes alone, which no word needs that has no blank in it.)
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "@%+=:,./-_~\\".contains(c);
    match word.chars().all(is_plain) {
        true if !word.is_empty() => word.to_owned(),
        _ if cfg!(windows) => format!("\"{word}\""),
        _ => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn putty(spec: &Spec, target: &Target, address: &str) -> String {
    let mut lines = vec![
        format!("Session > Host Name: {}@{}    Port: {}", target.user, target.host, target.port),
        "Connection > Seconds between keepalives: 30".to_owned(),
        "Connection > SSH > Don't start a shell or command at all: on".to_owned(),
    ];
    if let Route::Jump(hops) = &target.route {
        let hops: Vec<_> = hops.iter().map(|hop| format!("{}@{}:{}", hop.user, hop.host, hop.port)).collect();
        lines.push(format!("Connection > Proxy > SSH to proxy and use port forwarding: {}", hops.join(", ")));
    }
    for port in &spec.profile.ports {
        let source = format!("Source port: {address}:{port}");
        lines.push(format!(
            "Connection > SSH > Tunnels > {source}    Destination: {}:{port}    Add",
            far(spec)
        ));
    }
    lines.join("\n") + "\n"
}
