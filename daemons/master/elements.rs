//! Which licence files are served: `-c`, else what the environment names.

use std::path::PathBuf;

use licgate_core::path::{Element, PathList, Separator};

use crate::failure::{Exit, Failure};

/// The variables that name licences, in the order in which they are looked at.
const VARIABLES: [&str; 2] = ["LICGATE_LICENSE_FILE", "LM_LICENSE_FILE"];

/// The files and directories of all `-c`, else of the first variable that names any. `variable` looks one up.
pub(super) fn find(
    flags: &[String],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for flag in flags {
        for element in parse("-c", flag)? {
            match element {
                Element::Path(path) => found.push(PathBuf::from(path)),
                Element::Server(_) | Element::Triad(_) => {
                    let message = format!("-c {flag} names a licence host, but a licence host serves files");
                    return Err(Failure::new(Exit::BadConfig, message)
                        .with_hint("name the licence file itself with -c"));
                }
            }
        }
    }
    for name in VARIABLES {
        if !found.is_empty() {
            break;
        }
        let Some(list) = variable(name) else { continue };
        found.extend(parse(name, &list)?.into_iter().filter_map(|element| match element {
            Element::Path(path) => Some(PathBuf::from(path)),
            // What users of this machine dial; it is nothing to serve.
            Element::Server(_) | Element::Triad(_) => None,
        }));
    }
    if found.is_empty() {
        return Err(Failure::new(Exit::NoFile, "there is no licence file to serve").with_hint(
            "name it with -c FILE, or in LICGATE_LICENSE_FILE or LM_LICENSE_FILE; to try licgate out: licmgrd --demo",
        ));
    }
    Ok(found)
}

fn parse(whence: &str, list: &str) -> Result<Vec<Element>, Failure> {
    let parsed = PathList::parse(list, Separator::Colon);
    parsed.map(|list| list.elements().to_vec()).map_err(|error| {
        Failure::new(Exit::BadConfig, format!("{whence} {list}: {error}"))
            .with_hint("it is a list of files and directories, separated by ':'")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(flags: &[&str], ours: Option<&str>, flexnet: Option<&str>) -> Result<Vec<PathBuf>, Exit> {
        let flags: Vec<_> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let variable = |name: &str| match name {
            "LICGATE_LICENSE_FILE" => ours.map(str::to_owned),
            "LM_LICENSE_FILE" => flexnet.map(str::to_owned),
            _ => None,
        };
        find(&flags, variable).map_err(|failure| failure.exit)
    }

    #[test]
    fn flags_go_before_the_environment_and_hosts_are_no_files() {
        let paths = |list: &[&str]| Ok(list.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(found(&["a.lic:b", "c.lic"], Some("d.lic"), None), paths(&["a.lic", "b", "c.lic"]));
        assert_eq!(found(&[], Some("d.lic:27000@lic1"), Some("e.lic")), paths(&["d.lic"]));
        assert_eq!(found(&[], Some("27000@lic1"), Some("e.lic")), paths(&["e.lic"]));
        assert_eq!(found(&["27000@lic1"], None, None), Err(Exit::BadConfig));
        assert_eq!(found(&[], None, Some("@lic1")), Err(Exit::NoFile));
        assert_eq!(found(&[], None, None), Err(Exit::NoFile));
    }
}
