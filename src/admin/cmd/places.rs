//! The licence hosts that a command is about: those of `-c`, else those that the environment names.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use licgate::search::{self, Origin, Place, Surroundings, native};
use licgate_core::code::Code;
use licgate_core::path::{Element, PathList, PortAtHost};

use crate::failure::{Failure, Kind};
use crate::out::Out;

/// Flags that say where licences are.
#[derive(Debug, Default, Args)]
pub(super) struct Places {
    /// Where licences are: port@host, @host, licence files or directories, one or several with ':' between them
    ///
    /// Without it the variables LICGATE_LICENSE_FILE and LM_LICENSE_FILE say it.
    #[arg(short = 'c', long = "licence", value_name = "LIST")]
    lists: Vec<String>,
    /// How long to wait for a licence host, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
}

impl Places {
    /// How long a licence host is waited for.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    /// The places, in the order in which they are searched; what was passed over is said.
    pub(super) fn all(&self, out: &mut Out) -> Result<Vec<Place>, Failure> {
        let separator = native();
        let text = self.lists.join(if cfg!(windows) { ";" } else { ":" });
        let given = PathList::parse(&text, separator)
            .map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        let found = Surroundings::of_process().places(Some(&given), None);
        found.notes.iter().for_each(|note| out.talk(&format!("note: {note}")));
        Ok(found.places.into_iter().filter(is_there).collect())
    }

    /// The licence hosts, each once, in the order in which they are searched. What could not be read is said, unless
    /// nothing else is left.
    pub(super) fn servers(&self, out: &mut Out) -> Result<Vec<PortAtHost>, Failure> {
        let (servers, errors) = search::servers(&self.all(out)?);
        match (servers.as_slice(), errors) {
            ([], errors) => Err(errors.into_iter().next().map_or_else(nobody, Failure::from)),
            ([_, ..], errors) => {
                errors.iter().for_each(|error| out.talk(&format!("note: {error}")));
                Ok(servers)
            }
        }
    }
}

fn nobody() -> Failure {
    Failure::new(Kind::Usage, "no licence host is named")
        .hint("say where it is with -c port@host, or in the variable LM_LICENSE_FILE")
        .code(Code::NO_LICENSE_FILE)
}

/// The places at which licences are looked for when nobody says anything are usually not there.
fn is_there(place: &Place) -> bool {
    match (&place.origin, &place.element) {
        (Origin::Default, Element::Path(path)) => Path::new(path).exists(),
        (Origin::Given | Origin::Variable(_) | Origin::Saved(_) | Origin::Default, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::tests::Kept;

    #[test]
    fn hosts_are_read_from_lists_and_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        file("a.lic", "SERVER lic2 ANY 27001\nVENDOR acme\n");
        file("b.lic", "SERVER this_host ANY\nVENDOR acme\n");
        let missing = dir.path().join("missing.lic");
        let talk = Kept::default();
        let mut out = Out::new(Box::new(Kept::default()), Box::new(talk.clone()));
        let lists = vec![
            format!("27000@lic1:{}:{}", dir.path().display(), missing.display()),
            "27000@lic1:@lic3".into(),
        ];
        let servers = Places { lists, timeout: 1 }.servers(&mut out).unwrap();
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["27000@lic1", "27001@lic2", "@localhost", "@lic3"]);
        assert!(talk.text().starts_with("note: ") && talk.text().contains("missing.lic"), "{}", talk.text());
    }

    #[test]
    fn a_place_that_makes_no_sense_is_a_usage_error() {
        let mut out = Out::new(Box::new(Kept::default()), Box::new(Kept::default()));
        let failure = Places { lists: vec!["lic1:27000".into()], timeout: 1 }.servers(&mut out).unwrap_err();
        assert_eq!(failure.status(crate::failure::Manner::Licgate), 2, "{failure}");
        let none = Places { lists: vec!["/no/such/file.lic".into()], timeout: 1 };
        assert!(none.servers(&mut out).unwrap_err().to_string().contains("/no/such/file.lic"));
    }
}
