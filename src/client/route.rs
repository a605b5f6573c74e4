//! Which host to dial for a vendor daemon: the one that its master names, or the one at which the master was found.
//!
//! FlexNet's clients know only the first. It does not resolve, or leads nowhere, from inside a container, through a tunnel or
//! behind NAT; the second works in all of these. So both are tried, and what worked is remembered.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use licgate_core::licence::ast::Server;

use crate::dial::Target;

/// Where the vendor daemon may be, in the order of trial: `named` is the master's word, `dialled` where it was found.
pub(crate) fn targets(named: &str, dialled: &str, port: u16) -> Vec<Target> {
    let named_first = !works_dialled().contains(&(named.to_owned(), dialled.to_owned()));
    order(named, dialled, port, named_first)
}

/// Remembers that `named` did not lead to the daemon, but `dialled` did; or that `named` did.
pub(crate) fn remember(named: &str, dialled: &str, worked: &str) {
    let pair = (named.to_owned(), dialled.to_owned());
    if worked == named {
        works_dialled().remove(&pair);
    } else {
        works_dialled().insert(pair);
    }
}

fn works_dialled() -> std::sync::MutexGuard<'static, BTreeSet<(String, String)>> {
    static PAIRS: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());
    PAIRS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn order(named: &str, dialled: &str, port: u16, named_first: bool) -> Vec<Target> {
    let target = |host: &str| Target { host: host.into(), port };
    if named.is_empty() || named == Server::THIS_HOST || named.eq_ignore_ascii_case(dialled) {
        return vec![target(dialled)];
    }
    if named_first { vec![target(named), target(dialled)] } else { vec![target(dialled), target(named)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(targets: &[Target]) -> Vec<&str> {
        targets.iter().map(|target| &*target.host).collect()
    }

    #[test]
    fn the_named_host_comes_first_and_the_dialled_one_is_the_fall_back() {
        for (named, dialled, expected) in [
            ("lic1", "10.0.0.7", vec!["lic1", "10.0.0.7"]),
            ("this_host", "10.0.0.7", vec!["10.0.0.7"]),
            ("", "10.0.0.7", vec!["10.0.0.7"]),
            ("LIC1", "lic1", vec!["lic1"]),
        ] {
            assert_eq!(hosts(&order(named, dialled, 41001, true)), expected, "{named}");
        }
    }

    #[test]
    fn what_worked_is_remembered() {
        let hosts_now = || hosts(&targets("inside", "outside", 1)).join(" ");
        assert_eq!(hosts_now(), "inside outside");
        remember("inside", "outside", "outside");
        assert_eq!(hosts_now(), "outside inside");
        assert_eq!(hosts(&targets("inside", "elsewhere", 1)), ["inside", "elsewhere"]);
        remember("inside", "outside", "inside");
        assert_eq!(hosts_now(), "inside outside");
    }
}
