//! Where licences are looked for, and in which order: a pure function over an environment that is handed in.
//!
//! 1. The list that the application (or `-c`, `--server`) gives. If there is one, nothing else is looked at.
//! 2. `LICGATE_LICENSE_FILE`, then `<VENDOR>_LICENSE_FILE` (the vendor's name in upper case), then `LM_LICENSE_FILE`;
//!    each from the environment, then the saved value of the same name in `~/.flexlmrc` (lines `NAME=list`).
//!    licgate reads saved values and never writes any.
//! 3. [`DEFAULTS`], those that exist.
//!
//! Places of all variables follow each other; a place that was named before is not searched twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use licgate_core::path::{Element, PathError, PathList, PortAtHost, Separator};

pub use crate::candidates::servers;

/// Where licences are looked for when nothing is said: licgate's own place, then FlexNet's.
#[cfg(not(windows))]
pub const DEFAULTS: [&str; 2] = ["/etc/licgate/licenses", "/usr/local/flexlm/licenses/license.dat"];
/// Where licences are looked for when nothing is said: licgate's own place, then FlexNet's.
#[cfg(windows)]
pub const DEFAULTS: [&str; 2] = ["C:\\ProgramData\\licgate\\licenses", "C:\\flexlm\\license.dat"];

/// The most that is read of a file with saved values, in bytes.
const SAVED_MAX: u64 = 1024 * 1024;

/// What a search depends on.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The saved values.
    pub saved: BTreeMap<String, String>,
    /// What stands between the elements of a list.
    pub separator: Separator,
}

/// One place and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The place.
    pub element: Element,
    /// Who named it.
    pub origin: Origin,
}

/// Who named a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The application, or a flag.
    Given,
    /// This environment variable.
    Variable(String),
    /// The saved value of this name.
    Saved(String),
    /// Nobody: one of [`DEFAULTS`].
    Default,
}

/// What a search found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Places {
    /// The places, in the order in which they are tried.
    pub places: Vec<Place>,
    /// What was passed over, and why, in plain words.
    pub notes: Vec<String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        let saved = saved_file().map(|text| parse_saved(&text)).unwrap_or_default();
        Self { variables: std::env::vars_os().filter_map(text).collect(), saved, separator: native() }
    }

    /// All places for licences of `vendor` (any vendor when there is none), in order. A variable that cannot be read is
    /// passed over with a note.
    pub fn places(&self, given: Option<&PathList>, vendor: Option<&str>) -> Places {
        let mut found = Places::default();
        if let Some(list) = given.filter(|list| !list.is_empty()) {
            found.add(list.elements(), &Origin::Given);
            return found;
        }
        for name in variable_names(vendor) {
            let named = self.variables.get(&name).map(|value| (value, Origin::Variable(name.clone())));
            let saved = self.saved.get(&name).map(|value| (value, Origin::Saved(name.clone())));
            for (value, origin) in named.into_iter().chain(saved) {
                match PathList::parse(value, self.separator) {
                    Ok(list) => found.add(list.elements(), &origin),
                    Err(error) => found.notes.push(passed_over(&origin, &error)),
                }
            }
        }
        found.add(&DEFAULTS.map(|path| Element::Path(path.into())), &Origin::Default);
        found
    }
}

impl Places {
    fn add(&mut self, elements: &[Element], origin: &Origin) {
        for element in elements {
            if !self.places.iter().any(|place| place.element == *element) {
                self.places.push(Place { element: element.clone(), origin: origin.clone() });
            }
        }
    }
}

/// What stands between elements on this system.
pub fn native() -> Separator {
    if cfg!(windows) { Separator::Semicolon } else { Separator::Colon }
}

fn variable_names(vendor: Option<&str>) -> Vec<String> {
    let mut names = vec!["LICGATE_LICENSE_FILE".to_owned()];
    names.extend(vendor.map(|vendor| format!("{}_LICENSE_FILE", vendor.to_uppercase())));
    names.push("LM_LICENSE_FILE".to_owned());
    names
}

fn passed_over(origin: &Origin, error: &PathError) -> String {
    match origin {
        Origin::Variable(name) => format!("the variable {name} is passed over: {error}"),
        Origin::Saved(name) => format!("the saved value {name} in ~/.flexlmrc is passed over: {error}"),
        Origin::Given | Origin::Default => error.to_string(),
    }
}

/// Lines `NAME=value`; blanks around both halves, comments and other lines count for nothing.
fn parse_saved(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(pair).collect()
}

fn saved_file() -> Option<String> {
    use std::io::Read;
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    let file = std::fs::File::open(PathBuf::from(home).join(".flexlmrc")).ok()?;
    let mut text = Vec::new();
    file.take(SAVED_MAX).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(variables: &[(&str, &str)], saved: &str) -> Surroundings {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Surroundings {
            variables: variables.iter().map(own).collect(),
            saved: parse_saved(saved),
            separator: Separator::Colon,
        }
    }

    /// The places as text, without the defaults.
    fn named(places: &Places) -> Vec<String> {
        let named = places.places.iter().filter(|place| place.origin != Origin::Default);
        named.map(|place| place.element.to_string()).collect()
    }

    #[test]
    fn a_given_list_overrides_everything() {
        let around = surroundings(&[("LM_LICENSE_FILE", "1@env")], "");
        let list = PathList::parse("27000@lic1:/opt/a.lic", Separator::Colon).unwrap();
        let places = around.places(Some(&list), Some("acme"));
        assert_eq!(named(&places), ["27000@lic1", "/opt/a.lic"]);
        assert_eq!(places.places.len(), 2);
        let empty = PathList::parse("", Separator::Colon).unwrap();
        assert_eq!(named(&around.places(Some(&empty), None)), ["1@env"]);
    }

    #[test]
    fn variables_come_in_flexnets_order_each_with_its_saved_value() {
        let around = surroundings(
            &[
                ("LM_LICENSE_FILE", "1@lm:1@acme"),
                ("ACME_LICENSE_FILE", "1@acme"),
                ("LICGATE_LICENSE_FILE", "1@own"),
                ("OTHER_LICENSE_FILE", "1@other"),
            ],
            "# comment\nACME_LICENSE_FILE = 1@saved \nLM_LICENSE_FILE=1@old\nnonsense\n",
        );
        assert_eq!(
            named(&around.places(None, Some("acme"))),
            ["1@own", "1@acme", "1@saved", "1@lm", "1@old"]
        );
        assert_eq!(named(&around.places(None, None)), ["1@own", "1@lm", "1@acme", "1@old"]);
    }

    #[test]
    fn the_defaults_come_last() {
        let places = surroundings(&[("LM_LICENSE_FILE", "1@lm")], "").places(None, None);
        let elements: Vec<_> = places.places.iter().map(|place| place.element.to_string()).collect();
        assert_eq!(elements, [vec!["1@lm"], DEFAULTS.to_vec()].concat());
        assert_eq!(places.places[0].origin, Origin::Variable("LM_LICENSE_FILE".into()));
    }

    #[test]
    fn a_variable_that_cannot_be_read_is_passed_over() {
        let around = surroundings(&[("LICGATE_LICENSE_FILE", "lic1:27000"), ("LM_LICENSE_FILE", "1@lm")], "");
        let places = around.places(None, None);
        assert_eq!(named(&places), ["1@lm"]);
        let [note] = &*places.notes else { panic!("{:?}", places.notes) };
        assert!(note.starts_with("the variable LICGATE_LICENSE_FILE is passed over: '27000'"), "{note}");
    }
}
