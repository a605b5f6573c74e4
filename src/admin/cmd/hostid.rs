//! `licutil hostid`: what this machine shows for itself.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use licgate_core::host::{HostFacts, HostId};
use licgate_machine::{facts, keys, places};
use serde::Serialize;

use super::names::Called;
use crate::failure::{Failure, Kind, Manner};
use crate::out::{Form, Out};

/// Print the host ids of this machine, for the SERVER line of a licence
///
/// `KEY=ed25519:…` is the one to use for a licence host: it survives a new network card, a moved virtual machine
/// and a container, and cannot be copied without the key in the state directory. If there is no such key yet it is made;
/// licmgrd has to run with this state directory, and as the user who owns it.
#[derive(Debug, Args)]
pub(super) struct Hostid {
    /// The state directory of the licence host; its default is that of `licmgrd` for the same user
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Print host ids only, one a line
    #[arg(short = 'n', long)]
    plain: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with = "plain")]
    json: bool,
    #[command(flatten)]
    which: Which,
}

/// FlexNet's flags for one kind of host id.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
struct Which {
    /// Ethernet addresses only
    #[arg(long)]
    ether: bool,
    /// Internet addresses only
    #[arg(long)]
    internet: bool,
    /// The host name only
    #[arg(long)]
    hostname: bool,
    /// The user's name only
    #[arg(long)]
    user: bool,
    /// The display only
    #[arg(long)]
    display: bool,
}

/// All host ids, in JSON.
#[derive(Serialize)]
struct Document {
    key: String,
    ethers: Vec<String>,
    names: Vec<String>,
    addresses: Vec<String>,
}

impl Hostid {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        let facts = facts::measure();
        let key = match (called.manner, self.which.ids(&facts)) {
            (Manner::FlexNet, chosen) => {
                let ids = chosen.unwrap_or_else(|| ethers(&facts));
                self.flexnet(called, &ids, out);
                return Ok(());
            }
            (Manner::Licgate, Some(ids)) => {
                ids.iter().for_each(|id| out.line(id));
                return Ok(());
            }
            (Manner::Licgate, None) => self.key(out)?,
        };
        let ethers = ethers(&facts);
        match (Form::of_flag(self.json), self.plain) {
            (Form::Json, _) => {
                let HostFacts { names, addresses, .. } = facts;
                out.json(&Document { key, ethers, names, addresses });
            }
            (Form::Text, true) => std::iter::once(&key).chain(&ethers).for_each(|id| out.line(id)),
            (Form::Text, false) => {
                out.line(&format!("The licgate host ID of this machine is \"{key}\""));
                flexnet_lines(&ethers).iter().for_each(|line| out.line(line));
            }
        }
        Ok(())
    }

    /// The host id of the identity key, which is made if it does not exist.
    fn key(&self, out: &mut Out) -> Result<String, Failure> {
        let dir = self.state_dir.clone().or_else(places::state_dir).ok_or_else(|| {
            Failure::new(Kind::Usage, "there is no home directory to keep this machine's key in")
                .hint("say with --state-dir where the licence host's state is")
        })?;
        let file = keys::identity_file(&dir);
        let is_new = fs::symlink_metadata(&file).is_err();
        let key = keys::identity(&dir)?;
        if is_new {
            out.talk(&format!("made this machine's identity key, {}", file.display()));
        }
        Ok(HostId::Key(key.public().bytes()).to_string())
    }

    fn flexnet(&self, called: &Called, ids: &[String], out: &mut Out) {
        if self.plain {
            out.line(&ids.join(" "));
            return;
        }
        out.line(&super::copyright(called));
        flexnet_lines(ids).iter().for_each(|line| out.line(line));
    }
}

impl Which {
    /// The host ids of the kind that was chosen; none when all are meant.
    fn ids(&self, facts: &HostFacts) -> Option<Vec<String>> {
        let named = |name: &str, value: &str| vec![format!("{name}={value}")];
        Some(match self {
            Self { ether: true, .. } => ethers(facts),
            Self { internet: true, .. } => {
                facts.addresses.iter().map(|ip| format!("INTERNET={ip}")).collect()
            }
            Self { hostname: true, .. } => {
                facts.names.iter().take(1).flat_map(|host| named("HOSTNAME", host)).collect()
            }
            Self { user: true, .. } => named("USER", &facts.user),
            Self { display: true, .. } => named("DISPLAY", &facts.display),
            Self { ether: false, internet: false, hostname: false, user: false, display: false } => {
                return None;
            }
        })
    }
}

fn ethers(facts: &HostFacts) -> Vec<String> {
    facts.ethers.iter().map(|ether| HostId::Ether(*ether).to_string()).collect()
}

/// What FlexNet's `lmhostid` says: several host ids stand in a second pair of quotes.
fn flexnet_lines(ids: &[String]) -> Vec<String> {
    match ids {
        [] | [_] => vec![format!("The FlexNet host ID of this machine is \"{}\"", ids.concat())],
        several => vec![
            format!("The FlexNet host ID of this machine is \"\"{}\"\"", several.join(" ")),
            "Only use ONE from the list of hostids.".into(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::tests::Kept;

    #[test]
    fn several_host_ids_stand_in_two_pairs_of_quotes() {
        let lines =
            |ids: &[&str]| flexnet_lines(&ids.iter().map(ToString::to_string).collect::<Vec<_>>()).join("\n");
        assert_eq!(lines(&["b42e996e1315"]), "The FlexNet host ID of this machine is \"b42e996e1315\"");
        assert_eq!(
            lines(&["0242ac110002", "0050560a1b2c"]),
            "The FlexNet host ID of this machine is \"\"0242ac110002 0050560a1b2c\"\"\n\
             Only use ONE from the list of hostids."
        );
    }

    #[test]
    fn the_key_is_made_once_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let hostid = Hostid {
            state_dir: Some(dir.path().join("state")),
            plain: true,
            json: false,
            which: Which::default(),
        };
        let called = Called { program: "licutil".into(), manner: Manner::Licgate };
        let run = || {
            let (data, talk) = (Kept::default(), Kept::default());
            let mut out = Out::new(Box::new(data.clone()), Box::new(talk.clone()));
            hostid.run(&called, &mut out).unwrap();
            out.finish().unwrap();
            (data.text(), talk.text())
        };
        let (first, again) = (run(), run());
        assert!(first.0.starts_with("KEY=ed25519:"), "{}", first.0);
        assert!(first.1.contains("state/identity.key"), "{}", first.1);
        assert_eq!(again, (first.0, String::new()));
    }

    #[test]
    fn one_kind_can_be_chosen() {
        let facts = HostFacts {
            ethers: vec![[0, 0x50, 0x56, 0x0a, 0x1b, 0x2c]],
            names: vec!["storage".into(), "storage.example.com".into()],
            addresses: vec!["10.0.0.1".into()],
            user: "ada".into(),
            display: ":0".into(),
            key: None,
        };
        let table = [
            (Which { ether: true, ..Which::default() }, "0050560a1b2c"),
            (Which { internet: true, ..Which::default() }, "INTERNET=10.0.0.1"),
            (Which { hostname: true, ..Which::default() }, "HOSTNAME=storage"),
            (Which { user: true, ..Which::default() }, "USER=ada"),
            (Which { display: true, ..Which::default() }, "DISPLAY=:0"),
        ];
        for (which, expected) in table {
            assert_eq!(which.ids(&facts).unwrap(), [expected], "{which:?}");
        }
        assert!(Which::default().ids(&facts).is_none());
    }
}
