//! What is told of those who did not grant.

use std::collections::{BTreeMap, BTreeSet};

use licgate_core::code::Code;

use crate::candidates::{Candidate, nobody_scanned};
use crate::errand::Errand;
use crate::error::{Error, Report};

/// What went wrong, in the list's order. At scanned ports nobody is expected, so all of a host's count as one.
pub(super) fn errors(fates: impl Iterator<Item = (Candidate, Option<Error>)>) -> Vec<Error> {
    let (mut errors, mut silent, mut heard) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    for fate in fates {
        match fate {
            (Candidate::Server { host, scanned: true, .. }, Some(error @ Error::Unreachable(_))) => {
                silent.entry(host).or_insert(error);
            }
            (Candidate::Server { host, scanned: true, .. }, error) => {
                heard.insert(host);
                errors.extend(error);
            }
            (_, error) => errors.extend(error),
        }
    }
    let silent = silent.into_iter().filter(|(host, _)| !heard.contains(host));
    errors.extend(silent.map(|(host, error)| nobody_scanned(&host, error)));
    errors
}

/// The most telling of several errors, with what the others say.
pub(super) fn verdict(errand: &Errand, errors: Vec<Error>) -> Error {
    let searched = errand.searched();
    let mut best: Option<Error> = None;
    let mut others = Vec::new();
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
        let told = |fates: Vec<_>| errors(fates.into_iter()).iter().map(note).collect::<Vec<_>>();
        let nobody = told(vec![silent(), silent()]);
        assert!(nobody.len() == 1 && nobody[0].starts_with("no licence server is at 'lic1'"), "{nobody:?}");
        let no = Some(Error::Denied(Report::new(Code::EXPIRED, "too late")));
        assert_eq!(told(vec![silent(), scanned("lic1", no), silent()]), ["too late"]);
        assert_eq!(told(vec![silent(), scanned("lic1", None)]), [""; 0]);
        let unknown = || scanned("lic9", unreachable(Code::UNKNOWN_HOST, "lic9 is not known here"));
        assert_eq!(told(vec![unknown(), unknown()]), ["lic9 is not known here"]);
    }
}
