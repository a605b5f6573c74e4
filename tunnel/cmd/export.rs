//! `export` and `import`: what a colleague needs of lictunnel.toml, and nothing that is one's own.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use licgate_core::text::Source;

use super::control::{Word, say};
use super::init::add;
use super::place::Place;
use super::runtime;
use crate::engine::{Board, Spec};
use crate::failure::{Exit, Failure};
use crate::loopback::Loopback;
use crate::profile::{self, Profile, Profiles};
use crate::ssh::config::Destination;
use crate::ssh::target::{Route, Target};

/// The port of ssh that nobody has to name.
const SSH: u16 = 22;

/// Prints a file with these servers, or with all that are kept.
pub(super) fn export(config: Option<&Path>, servers: &[String]) -> Result<(), Failure> {
    let mut profiles = profile::load(config)?;
    let chosen: Vec<String> = match servers {
        [] => profiles.keys().cloned().collect(),
        named => named.to_vec(),
    };
    if chosen.is_empty() {
        return Err(
            Failure::new(Exit::No, "no server is kept in lictunnel.toml").with_hint("name those to export")
        );
    }
    let mut text =
        "# Licence servers, as `lictunnel export` knew them. `lictunnel import FILE` takes them over.\n\
                    # Each of you logs in with an account and a key of your own.\n"
            .to_owned();
    for server in chosen {
        let profile = profiles.remove(&server).unwrap_or_default();
        let spec = Spec { server, profile, masters: Vec::new(), at_terminal: false };
        let (target, board) = runtime()?.block_on(async { (spec.target().await, board(&spec).await) });
        let (shared, left_out) = shared(&spec, &target?, board.as_ref());
        tell_left_out(&spec.name(), &left_out);
        text += &shared.table(&spec.name());
    }
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}

/// Adds the servers of a file, or of standard input (`-`), to lictunnel.toml. Those that stand there already stay as they are.
pub(super) fn import(config: Option<&Path>, from: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::new(Exit::NoFile, format!("cannot read {}: {error}", from.display()));
    let (text, name) = read(from).map_err(failed)?;
    let source = Source::new(name, text);
    let found = profile::parse(&source, Path::new("")).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.one_line(&source)).collect();
        Failure::new(Exit::BadConfig, format!("nothing is written:\n{}", lines.join("\n")))
    })?;
    let mut wanted = Profiles::new();
    for (name, mut profile) in found {
        tell_left_out(&name, &own_left_out(&mut profile));
        let spec = Spec { server: name, profile, masters: Vec::new(), at_terminal: false };
        spec.destination()?;
        wanted.insert(spec.server, spec.profile);
    }
    add(config, &wanted, true)
}

/// A text and what it is called.
fn read(from: &Path) -> io::Result<(String, String)> {
    if from == Path::new("-") {
        return Ok((profile::read(io::stdin())?, "standard input".to_owned()));
    }
    Ok((File::open(from).and_then(profile::read)?, from.display().to_string()))
}

/// What a tunnel that is up has found.
async fn board(spec: &Spec) -> Option<Board> {
    let place = Place::of(&spec.name()).ok()?;
    place.owner()?;
    say(&place.channel, Word::Status).await.ok()
}

/// What others can use of a profile, with the way that one's own ssh configuration knows and what a tunnel found; and what of it
/// they do not get.
fn shared(spec: &Spec, target: &Target, board: Option<&Board>) -> (Profile, Vec<&'static str>) {
    let mut profile = spec.profile.clone();
    let mut left_out = own_left_out(&mut profile);
    let place = |target: &Target| {
        let port = Some(target.port).filter(|port| *port != SSH);
        Destination { user: None, host: target.host.clone(), port }.to_string()
    };
    profile.ssh = Some(place(target)).filter(|place| *place != spec.name());
    profile.jump = match &target.route {
        Route::Direct => None,
        Route::Jump(hops) => Some(hops.iter().map(place).collect::<Vec<_>>().join(",")),
        Route::Command(_) => {
            left_out.push("the ProxyCommand of the ssh configuration");
            None
        }
    };
    if let Some(board) = board {
        let new = board.names.iter().filter(|name| **name != spec.name().to_ascii_lowercase());
        let new: Vec<_> = new.filter(|name| !profile.names.contains(name)).cloned().collect();
        profile.names.extend(new);
        if profile.ports.is_empty() {
            profile.ports = board.forwards.iter().map(|forward| forward.port).collect();
        }
        let here = board.address.as_deref().and_then(|address| address.parse::<std::net::Ipv4Addr>().ok());
        profile.address = profile.address.or_else(|| Loopback::try_from(here?).ok());
    }
    (profile, left_out)
}

/// Takes out what is one's own, and names it.
fn own_left_out(profile: &mut Profile) -> Vec<&'static str> {
    let mut left_out = Vec::new();
    let mut take = |had: bool, what| left_out.extend(had.then_some(what));
    let places = [&profile.ssh, &profile.jump];
    let has_account = places.iter().any(|place| place.as_deref().is_some_and(|place| place.contains('@')));
    take(profile.user.take().is_some() || has_account, "the account");
    take(!std::mem::take(&mut profile.identities).is_empty(), "private key files");
    take(!std::mem::take(&mut profile.licences).is_empty(), "licence files");
    let bare = |place: &str| {
        place
            .parse::<Destination>()
            .map_or(place.to_owned(), |place| Destination { user: None, ..place }.to_string())
    };
    let bare_list = |list: &str| list.split(',').map(|hop| bare(hop.trim())).collect::<Vec<_>>().join(",");
    profile.ssh = profile.ssh.as_deref().map(bare);
    profile.jump = profile.jump.as_deref().map(bare_list);
    left_out
}

fn tell_left_out(server: &str, what: &[&str]) {
    if !what.is_empty() {
        // Nobody to read it is no failure. The name may come from another's file.
        drop(writeln!(io::stderr(), "{}: left out: {}", server.escape_debug(), what.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Forwarded;

    fn target(host: &str, port: u16, route: Route) -> Target {
        let identities = vec!["/home/secretuser/key".into()];
        Target { route, identities, ..Target::plain("secretuser", host, port) }
    }

    fn board() -> Board {
        let forward = |port| Forwarded {
            port,
            role: String::new(),
            open: 0,
            total: 0,
            refused: 0,
            bytes_up: 0,
            bytes_down: 0,
        };
        Board {
            address: Some("127.77.3.1".into()),
            names: vec!["lic1".into(), "lic1.corp.example".into()],
            forwards: vec![forward(1715), forward(1716)],
            ..Board::default()
        }
    }

    #[test]
    fn a_colleague_gets_the_way_the_ports_and_the_names_and_nothing_of_mine() {
        let profile = Profile {
            ssh: Some("secretuser@lic1".into()),
            user: Some("secretuser".into()),
            jump: Some("secretuser@gate".into()),
            identities: vec!["/home/secretuser/key".into()],
            licences: vec!["/home/secretuser/a.lic".into()],
            forward_to: Some("inside".into()),
            ..Profile::default()
        };
        let spec = Spec { server: "lic1".into(), profile, masters: Vec::new(), at_terminal: false };
        let hops = vec![target("gate.corp.example", 2222, Route::Direct), target("inner", 22, Route::Direct)];
        let (shared, left_out) = shared(&spec, &target("203.0.113.2", 22, Route::Jump(hops)), Some(&board()));
        assert_eq!(left_out, ["the account", "private key files", "licence files"]);
        let text = shared.table(&spec.name());
        assert!(!text.contains("secretuser"), "{text}");
        insta::assert_snapshot!(text, @r#"
        [server.lic1]
        ssh = "203.0.113.2"
        jump = "gate.corp.example:2222,inner"
        forward_to = "inside"
        address = "127.77.3.1"
        names = ["lic1.corp.example"]
        ports = [1715, 1716]
        "#);
        let again = profile::parse(&Source::new("x", text), Path::new("")).unwrap();
        assert_eq!(again, Profiles::from([("lic1".into(), shared)]));
    }

    #[test]
    fn what_is_known_already_stays_and_a_command_cannot_be_shared() {
        let profile = Profile { ports: vec![7788], ..Profile::default() };
        let spec = Spec { server: "ada@lic1".into(), profile, masters: Vec::new(), at_terminal: false };
        let (shared, left_out) =
            shared(&spec, &target("lic1", 22, Route::Command("nc".into())), Some(&board()));
        assert_eq!((shared.ssh, shared.jump, shared.ports), (None, None, vec![7788]));
        assert_eq!(left_out, ["the ProxyCommand of the ssh configuration"]);
    }

    #[test]
    fn what_another_put_into_a_file_for_me_is_taken_without_paths_and_accounts() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, theirs) = (dir.path().join("mine/lictunnel.toml"), dir.path().join("theirs.toml"));
        let text = "[server.lic1]\nports = [1715]\nuser = \"eve\"\nidentities = [\"/eve\"]\njump = \"eve@gate\"\n\
                    [server.lic2]\nports = [1716]\n";
        std::fs::write(&theirs, text).unwrap();
        import(Some(&mine), &theirs).unwrap();
        assert_eq!(own_left_out(&mut profile::load(Some(&theirs)).unwrap()["lic1"].clone()).len(), 2);
        let bare = |port, jump: Option<&str>| Profile {
            ports: vec![port],
            jump: jump.map(str::to_owned),
            ..Profile::default()
        };
        let expected =
            Profiles::from([("lic1".into(), bare(1715, Some("gate"))), ("lic2".into(), bare(1716, None))]);
        assert_eq!(profile::load(Some(&mine)).unwrap(), expected);
        // Again: what stands there stays, and only what is new is added.
        std::fs::write(&theirs, "[server.lic1]\nports = [9]\n[server.lic3]\nports = [3]\n").unwrap();
        import(Some(&mine), &theirs).unwrap();
        let known = profile::load(Some(&mine)).unwrap();
        assert_eq!((known["lic1"].ports.clone(), known["lic3"].ports.clone()), (vec![1715], vec![3]));
        for bad in ["[server.lic4]\nprots = [1]\n", "[server.\"-oProxyCommand=x\"]\nports = [1]\n", "[server"]
        {
            std::fs::write(&theirs, bad).unwrap();
            assert_eq!(import(Some(&mine), &theirs).unwrap_err().exit, Exit::BadConfig, "{bad}");
        }
        assert_eq!(profile::load(Some(&mine)).unwrap(), known);
    }
}
