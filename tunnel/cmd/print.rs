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
            return Err(failure.with_hint("name them: --ports 1715,1716"));
        }
        Form::Ssh => ssh(spec, &address.to_string()),
        Form::Putty => putty(spec, &runtime()?.block_on(spec.target())?, &address.to_string()),
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}

fn far(spec: &Spec) -> &str {
    spec.profile.forward_to.as_deref().unwrap_or("localhost")
}

fn ssh(spec: &Spec, address: &str) -> String {
    let profile = &spec.profile;
    let mut words = vec!["ssh".to_owned(), "-N".to_owned()];
    let mut option = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    profile.jump.iter().for_each(|jump| option("-J", jump));
    profile.user.iter().for_each(|user| option("-l", user));
    profile.identities.iter().for_each(|file| option("-i", &file.display().to_string()));
    for port in &profile.ports {
        option("-L", &format!("{address}:{port}:{}:{port}", far(spec)));
    }
    words.push(profile.ssh.clone().unwrap_or_else(|| spec.server.clone()));
    words.join(" ") + "\n"
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
