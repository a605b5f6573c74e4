//! `print`: what does the same without lictunnel, for people who may not run it.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;

use super::{GRACE, runtime};
use crate::engine::{Real, Shared, Spec};
use crate::failure::{Exit, Failure};
use crate::flags::Form;
use crate::hosts::name::HostName;
use crate::loopback::Loopback;
use crate::platform;
use crate::ssh::known_hosts::Host;
use crate::ssh::prompt::Nobody;
use crate::ssh::target::{Route, Target};
use crate::tasks::Tasks;

/// Prints the command, the settings or the lines.
pub(super) fn print(form: Form, spec: &Spec) -> Result<(), Failure> {
    let address = spec.address()?;
    let text = match form {
        Form::Hosts => hosts(spec, address)?,
        Form::Ssh | Form::Putty if spec.profile.ports.is_empty() => {
            let failure = Failure::new(Exit::NoPorts, "the ports have to be known for this");
            return Err(failure.with_hint(format!(
                "name them: --ports 1715,1716; `lictunnel doctor {}` finds and shows them",
                spec.server
            )));
        }
        Form::Ssh => ssh(spec, &runtime()?.block_on(way(spec))?, address)?,
        Form::Putty => putty(spec, &runtime()?.block_on(way(spec))?, address),
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}

/// The line that leads the server's names here, and what the address needs beside.
fn hosts(spec: &Spec, address: Loopback) -> Result<String, Failure> {
    let names = [spec.name()].into_iter().chain(spec.profile.names.iter().cloned());
    let names: Vec<_> = names.filter_map(|name| HostName::parse(&name).ok()).collect();
    let names: Vec<_> = names.iter().map(HostName::as_str).collect();
    if names.is_empty() {
        let failure = Failure::new(Exit::BadConfig, format!("{} is no name for a hosts file", spec.name()));
        return Err(failure.with_hint("say with --name what applications call the server"));
    }
    let alias = platform::giving_alias(address.address()).map_or(String::new(), |command| {
        format!("# and run, once after each start of the machine: sudo {command}\n")
    });
    Ok(format!("{address}\t{}\n{alias}", names.join(" ")))
}

/// How ssh gets to the server.
struct Way {
    target: Target,
    /// The server's address, where its name is looked up on this machine, on which the hosts line would mislead it.
    real: Option<IpAddr>,
}

async fn way(spec: &Spec) -> Result<Way, Failure> {
    let target = spec.target().await?;
    let real = match &target.route {
        // The last of the jump hosts looks the name up.
        Route::Jump(_) => None,
        Route::Direct => Some(real(spec, &target.host).await?),
        // Perhaps only what is at the other end of the command knows the name.
        Route::Command(_) => real(spec, &target.host).await.ok(),
    };
    let real = real.filter(|address| address.to_string() != target.host);
    Ok(Way { target, real })
}

/// The address of a host, past any line of ours in the hosts file.
async fn real(spec: &Spec, host: &str) -> Result<IpAddr, Failure> {
    let tasks = Tasks::new();
    let shared = Arc::new(Shared::new(Arc::new(Nobody), false, std::slice::from_ref(spec), &tasks));
    let world = Real::new(spec.clone(), shared)?;
    let found = world.means().resolve.addresses(host).await;
    tasks.drain(GRACE).await;
    let found = found.map_err(|error| Failure::new(Exit::Unreachable, error.to_string()))?;
    found.first().copied().ok_or_else(|| Failure::new(Exit::Unreachable, format!("{host} has no address")))
}

fn far(spec: &Spec) -> &str {
    spec.profile.forward_to.as_deref().unwrap_or("localhost")
}

/// The command: what the user's configuration says of the server holds for it, but for the address.
fn ssh(spec: &Spec, way: &Way, address: Loopback) -> Result<String, Failure> {
    let profile = &spec.profile;
    let typed = spec.destination()?;
    let mut words = vec!["ssh".to_owned(), "-N".to_owned()];
    let mut option = |flag: &str, value: &str| words.extend([flag.to_owned(), quoted(value)]);
    option("-o", "ExitOnForwardFailure=yes");
    option("-o", "ServerAliveInterval=30");
    if let Some(real) = way.real {
        option("-o", &format!("HostName={real}"));
        if way.target.host_key_alias.is_none() {
            option("-o", &format!("HostKeyAlias={}", Host::of(&way.target).name()));
        }
    }
    profile.jump.iter().for_each(|jump| option("-J", jump));
    profile.user.iter().chain(&typed.user).take(1).for_each(|user| option("-l", user));
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

fn putty(spec: &Spec, way: &Way, address: Loopback) -> String {
    let target = &way.target;
    let host = way.real.map_or(target.host.clone(), |real| real.to_string());
    let mut lines = vec![
        format!("Session > Host Name: {}@{host}    Port: {}", target.user, target.port),
        "Connection > Seconds between keepalives: 30".to_owned(),
        "Connection > SSH > Don't start a shell or command at all: on".to_owned(),
    ];
    if way.real.is_some() {
        // Else PuTTY would look for the host key under the address, and take the server for an unknown one.
        let port = if target.port == 22 { String::new() } else { format!(":{}", target.port) };
        let name = target.host_key_alias.as_ref().unwrap_or(&target.host);
        lines.push(format!("Connection > Logical name of remote host (for its ssh key): {name}{port}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn spec(server: &str, profile: Profile) -> Spec {
        let profile = Profile { address: loopback("127.77.3.1"), ports: vec![1715, 1716], ..profile };
        Spec { server: server.into(), profile, masters: Vec::new(), at_terminal: false }
    }

    fn loopback(text: &str) -> Option<Loopback> {
        text.parse().ok().and_then(|address: std::net::Ipv4Addr| Loopback::try_from(address).ok())
    }

    /// The way to a server with these words in its configuration.
    fn way(host: &str, port: u16, alias: Option<&str>) -> Way {
        let target = Target { host_key_alias: alias.map(str::to_owned), ..Target::plain("ada", host, port) };
        Way { target, real: "203.0.113.2".parse().ok() }
    }

    #[test]
    fn ssh_is_told_the_real_address_and_the_name_of_the_host_key() {
        let profile =
            Profile { user: Some("ada".into()), identities: vec!["/k/my key".into()], ..Profile::default() };
        let spec = spec("bob@lic1:2222", profile);
        let address = spec.address().unwrap();
        let command = ssh(&spec, &way("lic1.corp.example", 2222, None), address).unwrap();
        let expected = if cfg!(windows) { '"' } else { '\'' };
        let expected = "ssh -N -o ExitOnForwardFailure=yes -o ServerAliveInterval=30 -o HostName=203.0.113.2 \
            -o 'HostKeyAlias=[lic1.corp.example]:2222' -l ada -p 2222 -i '/k/my key' -L 127.77.3.1:1715:localhost:1715 \
            -L 127.77.3.1:1716:localhost:1716 lic1\n"
            .replace('\'', &expected.to_string());
        assert_eq!(command, expected);
        let aliased = ssh(&spec, &way("lic1", 22, Some("lic1")), address).unwrap();
        assert!(!aliased.contains("HostKeyAlias"), "the configuration has one: {aliased}");
        let way = Way { real: None, ..way("203.0.113.2", 22, None) };
        let command = ssh(&spec, &way, address).unwrap();
        assert!(!command.contains("HostName") && !command.contains("HostKeyAlias"), "{command}");
    }

    #[test]
    fn putty_is_told_the_real_address_and_the_name_of_the_host_key() {
        let spec = spec("lic1", Profile::default());
        let address = spec.address().unwrap();
        insta::assert_snapshot!(putty(&spec, &way("lic1", 2222, None), address), @"
        Session > Host Name: ada@203.0.113.2    Port: 2222
        Connection > Seconds between keepalives: 30
        Connection > SSH > Don't start a shell or command at all: on
        Connection > Logical name of remote host (for its ssh key): lic1:2222
        Connection > SSH > Tunnels > Source port: 127.77.3.1:1715    Destination: localhost:1715    Add
        Connection > SSH > Tunnels > Source port: 127.77.3.1:1716    Destination: localhost:1716    Add
        ");
    }

    #[test]
    fn the_hosts_line_holds_what_can_stand_in_it() {
        let profile = Profile { names: vec!["LIC1.corp.example".into()], ..Profile::default() };
        let text = |server: &str, profile: Profile| {
            let spec = spec(server, profile);
            hosts(&spec, spec.address().unwrap())
        };
        let line = text("ada@203.0.113.2", profile.clone()).unwrap();
        assert!(line.starts_with("127.77.3.1\tlic1.corp.example\n"), "{line}");
        assert!(text("lic1", profile).unwrap().starts_with("127.77.3.1\tlic1 lic1.corp.example\n"));
        let failure = text("203.0.113.2", Profile::default()).unwrap_err();
        assert!(failure.hint.contains("--name"), "{failure}");
    }
}
