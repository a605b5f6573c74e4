//! Who may have seats of which pools.

use std::format;
use std::vec;
use std::vec::Vec;

use super::{answer, assert_answers, book, client, policy, pool, solver, terms};
use crate::code::Code;
use crate::host::HostId;
use crate::licence::ast::{Attribute, Expiry};
use crate::licence::{Origin, Pool};
use crate::options::policy::{Policy, Rule, RuleId};
use crate::time::Date;

/// "With only EXCLUDE lines everyone else is allowed; with neither, all are."
#[test]
fn who_is_on_no_list_is_allowed() {
    assert_answers("", &[("bob", "allowed")]);
    assert_answers(
        "EXCLUDE solver USER bob",
        &[("bob", "-38 acme.opt:1: EXCLUDE solver USER bob"), ("anna", "allowed")],
    );
}

/// "Once one exists for a feature, all not named are refused (−39)."
#[test]
fn one_include_refuses_all_whom_none_names() {
    let text = "INCLUDE solver USER anna\nINCLUDE solver GROUP cae\nGROUP cae carl\n";
    let refused = "-39 acme.opt:1: INCLUDE solver USER anna";
    assert_answers(text, &[("anna", "allowed"), ("carl", "allowed"), ("bob", refused)]);
    assert_answers("INCLUDE mesher USER anna", &[("bob", "allowed")]);
}

/// "Any EXCLUDE match ⇒ deny −38, whatever INCLUDE says."
#[test]
fn exclude_comes_before_include() {
    let text =
        "INCLUDE solver USER bob\nINCLUDEALL USER bob\n\nexclude solver  HOST node1\nEXCLUDEALL USER bob";
    assert_answers(
        text,
        &[
            ("bob@node1", "-38 acme.opt:4: EXCLUDE solver HOST node1"),
            ("bob@node2", "-38 acme.opt:5: EXCLUDEALL USER bob"),
            ("anna@node2", "-39 acme.opt:1: INCLUDE solver USER bob"),
        ],
    );
}

/// "…ALL lines count for all."
#[test]
fn rules_for_all_features_count_with_those_for_one() {
    let book = book(vec![pool("mesher", "1.0"), pool("solver", "2.0")]);
    let policy = policy("INCLUDEALL USER anna\nINCLUDE solver USER bob\n", &book);
    assert_eq!(answer(&policy, "bob", 1), "allowed");
    assert_eq!(answer(&policy, "bob", 0), "-39 acme.opt:1: INCLUDEALL USER anna");
    assert_eq!(answer(&policy, "anna", 0), "allowed");
    assert_eq!(answer(&policy, "anna", 1), "allowed");
}

/// "Names (users, hosts, displays, projects, groups) case-sensitive."
#[test]
fn every_type_matches_its_part_of_the_client_exactly() {
    for (who, named, others) in [
        ("USER bob", "bob", vec!["Bob", "anna@bob", "bobby"]),
        ("HOST node1", "bob@node1", vec!["bob@Node1", "node1@node2", "bob@node1.x.org"]),
        ("DISPLAY :0", "bob@node1/:0", vec!["bob@node1/:1", "bob"]),
        ("PROJECT wing", "bob#wing", vec!["bob#Wing", "wing"]),
        ("INTERNET 192.9.200.*", "bob@x,192.9.200.7", vec!["bob@x,192.9.201.7", "bob@192.9.200.7"]),
        ("HOST 192.9.*.7", "bob@x,192.9.200.7", vec!["bob@x,192.9.200.8", "bob"]),
        ("HOST 10.1.2.3", "bob@x,10.1.2.3", vec!["bob@x,10.1.2.4"]),
        ("INTERNET 10.1.2.3", "bob@x,::ffff:10.1.2.3", vec!["bob@x,::10.1.2.3"]),
        ("INTERNET 2001:db8:*:*:*:*:*:1", "bob@x,2001:db8::5:1", vec!["bob@x,2001:db8::2", "bob@x,1.2.3.4"]),
        ("GROUP cae", "carl", vec!["Carl", "dora", "cae"]),
        ("HOST_GROUP nodes", "bob@n1", vec!["bob@N1", "n1", "bob@nodes"]),
        ("HOST_GROUP nodes", "bob@x,10.9.8.7", vec!["bob@x,10.9.7.7"]),
    ] {
        let groups = "GROUP cae anna carl\nHOST_GROUP nodes n1 10.9.8.*\n";
        let policy = policy(&format!("{groups}EXCLUDEALL {who}"), &solver());
        assert!(answer(&policy, named, 0).starts_with("-38"), "{who} {named}");
        for other in others {
            assert_eq!(answer(&policy, other, 0), "allowed", "{who} {other}");
        }
    }
}

/// "Repeated GROUP lines with one name add up."
#[test]
fn groups_of_one_name_add_up_and_may_stand_behind_their_rules() {
    let text = "EXCLUDE solver GROUP cae\nGROUP cae anna\nGROUP cae bob\nHOST_GROUP cae carl\n";
    let refused = "-38 acme.opt:1: EXCLUDE solver GROUP cae";
    assert_answers(text, &[("anna", refused), ("bob", refused), ("carl@carl", "allowed")]);
}

/// "GROUPCASEINSENSITIVE: default OFF; must precede the groups; affects membership comparison only."
#[test]
fn case_counts_in_groups_unless_said_before_them() {
    let text = "GROUP a Anna\nGROUPCASEINSENSITIVE ON\nGROUP b Bob\nHOST_GROUP n Node1\n\
        EXCLUDE solver GROUP a\nEXCLUDE solver GROUP b\nEXCLUDE solver HOST_GROUP n\nEXCLUDE solver USER Carl\n\
        EXCLUDE solver GROUP B\n";
    assert_answers(
        text,
        &[
            ("anna@x", "allowed"),
            ("Anna@x", "-38 acme.opt:5: EXCLUDE solver GROUP a"),
            ("bOB@x", "-38 acme.opt:6: EXCLUDE solver GROUP b"),
            ("x@NODE1", "-38 acme.opt:7: EXCLUDE solver HOST_GROUP n"),
            ("carl@x", "allowed"),
        ],
    );
}

/// "FQDN_MATCHING {exact|lenient}: default exact; lenient lets `h` match `h.dom.tld` in either direction; last line wins."
#[test]
fn a_domain_may_be_missing_on_either_side_when_matching_is_lenient() {
    for (lines, named, is_named) in [
        ("HOST myhost", "u@myhost.abc.com", false),
        ("HOST myhost.abc.com", "u@myhost", false),
        ("HOST myhost.abc.com", "u@myhost.abc.com", true),
        ("HOST myhost\nFQDN_MATCHING lenient", "u@myhost.abc.com", true),
        ("HOST myhost.abc.com\nFQDN_MATCHING lenient", "u@myhost", true),
        ("HOST myhost.abc.com\nFQDN_MATCHING lenient", "u@myhost.abc.com", true),
        ("HOST myhost.abc.com\nFQDN_MATCHING lenient", "u@myhost.xyz.com", false),
        ("HOST myhost.abc.com\nFQDN_MATCHING lenient", "u@yourhost.abc.com", false),
        ("HOST myhost\nFQDN_MATCHING lenient\nFQDN_MATCHING exact", "u@myhost.abc.com", false),
        ("HOST_GROUP g\nHOST_GROUP g myhost.abc.com\nFQDN_MATCHING lenient", "u@myhost", true),
    ] {
        let policy = policy(&format!("EXCLUDE solver {lines}"), &solver());
        assert_eq!(answer(&policy, named, 0) != "allowed", is_named, "{lines} {named}");
    }
}

/// "feature[:keyword=value] narrows to lines having this attribute."
#[test]
fn a_narrowed_rule_is_for_the_pools_with_that_attribute() {
    let line = |attributes: Vec<Attribute>| Origin { package: None, expiry: Expiry::Never, attributes };
    let day = Expiry::On(Date::parse("30-jun-2027").unwrap());
    let marked = Pool {
        hostids: vec![HostId::Any, HostId::Demo],
        vendor_string: Some("edu".into()),
        origins: vec![
            Origin {
                expiry: day,
                ..line(vec![Attribute::Sign("AB CD".into()), Attribute::Issuer("ACME".into())])
            },
            line(vec![
                Attribute::LegacyKey("7D57".into()),
                Attribute::Notice("two words".into()),
                Attribute::DistInfo("d".into()),
                Attribute::UserInfo("u".into()),
                Attribute::AssetInfo("a".into()),
            ]),
        ],
        ..pool("solver", "2.0")
    };
    let book = book(vec![marked, pool("solver", "1.0")]);
    for (selector, first, second) in [
        ("solver", true, true),
        ("SOLVER", true, true),
        ("solver:VERSION=2", true, false),
        ("solver:VERSION=1.00", false, true),
        ("solver:VERSION=3", false, false),
        ("solver:VENDOR_STRING=edu", true, false),
        ("\"solver VENDOR_STRING=\"", false, true),
        ("\"solver HOSTID=DEMO ANY\"", true, false),
        ("solver:HOSTID=ANY", false, false),
        ("solver:EXPDATE=30-jun-2027", true, false),
        ("solver:EXPDATE=permanent", true, true),
        ("solver:SIGN=abcd", true, false),
        ("solver:KEY=7d57", true, false),
        ("solver:ISSUER=ACME", true, false),
        ("solver:ISSUER=acme", false, false),
        ("\"solver NOTICE=two words\"", true, false),
        ("solver:dist_info=d", true, false),
        ("solver:user_info=u", true, false),
        ("solver:asset_info=a", true, false),
        ("mesher", false, false),
    ] {
        let policy = policy(&format!("EXCLUDE {selector} USER bob"), &book);
        let refused = [0, 1].map(|pool| answer(&policy, "bob", pool) != "allowed");
        assert_eq!(refused, [first, second], "{selector}");
    }
}

/// "A package name in place of a feature applies to all its components."
#[test]
fn a_rule_for_a_package_is_for_all_its_components() {
    let packed = |feature: &str, version: &str| Pool {
        origins: vec![Origin {
            package: Some("Suite".into()),
            expiry: Expiry::Never,
            attributes: Vec::new(),
        }],
        ..pool(feature, version)
    };
    let book = book(vec![packed("a", "1"), packed("b", "2"), pool("b", "3"), pool("c", "1")]);
    let policy =
        policy("EXCLUDE suite USER bob\nMAX 2 suite USER anna\nEXCLUDE suite:VERSION=2 USER carl", &book);
    let refused = |who| [0, 1, 2, 3].map(|pool| answer(&policy, who, pool) != "allowed");
    assert_eq!(refused("bob"), [true, true, false, false]);
    assert_eq!(refused("carl"), [false, true, false, false]);
    // Each component has its own sum.
    let counter = |pool| terms(&policy, "anna", pool).limits.remove(0).counter;
    assert_ne!(counter(0), counter(1));
    assert_eq!(counter(0).rule, counter(1).rule);
}

/// "EXCLUDE_BORROW / INCLUDE_BORROW: as EXCLUDE/INCLUDE but only for borrowing."
#[test]
fn lists_for_borrowing_leave_checkouts_alone() {
    let text =
        "INCLUDE_BORROW solver USER anna\nINCLUDE_BORROW solver USER bob\nEXCLUDE_BORROW solver USER bob\n";
    let policy = policy(text, &solver());
    let may = |who| {
        terms(&policy, who, 0).may_borrow.map_err(|it| (it.code(), policy.rule(it.rule()).unwrap().line))
    };
    assert_eq!(may("anna"), Ok(()));
    assert_eq!(may("bob"), Err((Code::EXCLUDED, 3)));
    assert_eq!(may("carl"), Err((Code::NOT_INCLUDED, 1)));
}

#[test]
fn a_long_rule_is_shown_in_part_and_a_place_without_a_pool_is_none() {
    let policy = policy(&format!("EXCLUDEALL USER {}", "x".repeat(500)), &solver());
    let known = policy.recognise(client("bob"));
    assert_eq!(policy.rule(RuleId(0)).unwrap().text.chars().count(), Rule::LONGEST + 1);
    assert_eq!((policy.judge(&known, 1), policy.pool(1)), (None, None));
    assert_eq!(Policy::open(&solver()).rule(RuleId(0)), None);
}
