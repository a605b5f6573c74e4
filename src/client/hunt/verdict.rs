//! What is told of those who did not grant.

use std::collections::{BTreeMap, BTreeSet};

use licgate_core::code::Code;

use crate::candidates::{Candidate, nobody_scanned};
use crate::errand::Errand;
use crate::error::{Error, Report};

/// What went wrong, in the list's order. At scanned ports nobody is expected, so all of a host's count as one.
/// Of several servers each is named with what it said.
pub(super) fn errors(fates: Vec<(Candidate, Option<Error>)>) -> Vec<Error> {
    let (mut errors, mut silent, mut heard) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let several = fates.len() > 1;
    let named = |error: Error, name: &str| if several { error.said_by(name) } else { error };
    for fate in fates {
        match fate {
            (Candidate::Server { host, scanned: true, .. }, Some(error @ Error::Unreachable(_))) => {
                silent.entry(host).or_insert(error);
            }
            (candidate, error) => {
                errors.extend(error.map(|error| named(error, &candidate.name())));
                if let Candidate::Server { host, scanned: true, .. } = candidate {
                    heard.insert(host);
                }
            }
        }
    }
    let silent = silent.into_iter().filter(|(host, _)| !heard.contains(host));
    errors.extend(silent.map(|(host, error)| nobody_scanned(&host, error)));
    errors
}

/// Who had not answered when the hunt was over.
pub(super) fn silent(name: &str) -> Error {
    let why =
        format!("{name} has not answered so far; is the machine up, and does a firewall let this port pass?");
    Error::Unreachable(Report::new(Code::SERVER_DOWN, why))
}

/// The most telling of several errors, with what was passed over before and what the others say.
pub(super) fn verdict(errand: &Errand, errors: Vec<Error>, notes: &mut Vec<String>) -> Error {
    let searched = errand.searched();
    let mut best: Option<Error> = None;
    let mut others = std::mem::take(notes);
    for error in errors {
        match &mut best {
            Some(leader) if leader.weight() >= error.weight() => others.push(note(&error)),
            leader => others.extend(leader.replace(error).as_ref().map(note)),
        }
    }
    let nowhere = || {
        let why =
            "no licence server and no licence file is named here; set LICGATE_LICENSE_FILE to port@host";
        Error::Unreachable(Report::new(Code::NO_LICENSE_FILE, why))
    };
    best.unwrap_or_else(nowhere).about(errand.feature.as_str(), &searched, others)
}

/// An error in passing.
pub(super) fn note(error: &Error) -> String {
    error.report().map_or_else(|| error.to_string(), |report| report.why().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(host: &str, error: Option<Error>) -> (Candidate, Option<Error>) {
        (Candidate::Server { host: host.into(), port: 27000, scanned: true }, error)
    }

    fn unreachable(code: Code, why: &str) -> Option<Error> {
        Some(Error::Unreachable(Report::new(code, why)))
    }

    #[test]
    fn the_scanned_ports_of_a_host_count_as_one() {
        let silent = || scanned("lic1", unreachable(Code::CANNOT_CONNECT, "nobody listens"));
        let told = |fates: Vec<_>| errors(fates).iter().map(note).collect::<Vec<_>>();
        let nobody = told(vec![silent(), silent()]);
        assert!(nobody.len() == 1 && nobody[0].starts_with("no licence server is at 'lic1'"), "{nobody:?}");
        let no = Some(Error::Denied(Report::new(Code::EXPIRED, "too late")));
        assert_eq!(told(vec![silent(), scanned("lic1", no), silent()]), ["27000@lic1: too late"]);
        assert_eq!(told(vec![silent(), scanned("lic1", None)]), [""; 0]);
        let unknown = || scanned("lic9", unreachable(Code::UNKNOWN_HOST, "lic9 is not known here"));
        assert_eq!(told(vec![unknown(), unknown()]), ["lic9 is not known here"]);
    }
}
