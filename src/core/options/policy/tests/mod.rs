//! A bench for policies: pools, clients, and what is said of them. The sentences that the tests quote tell what FlexNet's
//! public manuals say.

mod amounts;
mod lists;
mod model;

use core::time::Duration;
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::id::VendorName;
use crate::licence::ast::{DupGroup, Expiry};
use crate::licence::{Book, Origin, Pool, PoolKey, Proof, Seats};
use crate::options::parse;
use crate::text::{Diagnostic, Severity, Source};
use crate::version::Version;

/// A pool of ten seats.
fn pool(feature: &str, version: &str) -> Pool {
    Pool {
        key: PoolKey(format!("{feature}-{version}").into()),
        feature: feature.into(),
        version: Version::parse(version).unwrap(),
        seats: Seats::Counted { total: 10, overdraft: 3 },
        dup_group: DupGroup::None,
        hostids: Vec::new(),
        platforms: Vec::new(),
        minimum: 1,
        linger: Duration::ZERO,
        borrow: None,
        expiry: Expiry::Never,
        vendor_string: None,
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
        origins: vec![Origin { package: None, expiry: Expiry::Never, attributes: Vec::new() }],
    }
}

fn book(pools: Vec<Pool>) -> Book {
    Book::of(VendorName::from("acme"), pools)
}

/// The policy of a text without a mistake, but for groups that are not there.
fn policy(text: &str, book: &Book) -> Policy {
    let source = Source::new("/etc/licgate/acme.opt", text);
    let (options, remarks) = parse(&source);
    let is_harmless = |remark: &Diagnostic| {
        remark.severity < Severity::Error || remark.message.ends_with("so this rule is for nobody")
    };
    assert!(remarks.iter().all(is_harmless), "{remarks:?}");
    Policy::compile(&source, &options, book)
}

/// `user@host[/display][#project][,address]`
fn client(text: &str) -> Client<'_> {
    let (text, address) = text.split_once(',').map_or((text, None), |(text, it)| (text, it.parse().ok()));
    let (text, project) = text.split_once('#').unwrap_or((text, ""));
    let (text, display) = text.split_once('/').unwrap_or((text, ""));
    let (user, host) = text.split_once('@').unwrap_or((text, "node1"));
    Client { user, host, address, display, project }
}

/// `allowed`, or the code and the line to blame.
fn answer(policy: &Policy, who: &str, pool: usize) -> String {
    match policy.judge(&policy.recognise(client(who)), pool).unwrap() {
        Judgement::Allow(_) => "allowed".to_string(),
        Judgement::Refuse(refusal) => {
            format!("{} {}", refusal.code().major(), policy.rule(refusal.rule()).unwrap())
        }
    }
}

fn terms<'p>(policy: &'p Policy, who: &str, pool: usize) -> Terms<'p> {
    match policy.judge(&policy.recognise(client(who)), pool).unwrap() {
        Judgement::Allow(terms) => terms,
        Judgement::Refuse(refusal) => panic!("{refusal:?}"),
    }
}

/// Line and cap of each limit, in the order of the file.
fn limits(policy: &Policy, who: &str, pool: usize) -> Vec<(u32, u32)> {
    let limits = terms(policy, who, pool).limits;
    let line = |limit: &Limit| policy.rule(limit.counter.rule).unwrap().line;
    let mut limits: Vec<_> = limits.iter().map(|limit| (line(limit), limit.cap)).collect();
    limits.sort_unstable();
    limits
}

fn solver() -> Book {
    book(vec![pool("solver", "2.0")])
}

fn assert_answers(text: &str, answers: &[(&str, &str)]) {
    let policy = policy(text, &solver());
    for (who, expected) in answers {
        assert_eq!(answer(&policy, who, 0), *expected, "{who}\n{text}");
    }
}
