//! Every keyword and its forms. The quoted sentences are from FlexNet's public manuals or tell what they say.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::text::Severity;

/// What was understood, each statement in its canonical form, and the remarks as `line:column: message`.
fn understood(text: &str) -> (Vec<String>, Vec<String>) {
    let source = Source::new("acme.opt", text);
    let (options, remarks) = parse(&source);
    let statements = options.statements.iter().map(|statement| statement.node.to_string()).collect();
    let remark = |remark: &Diagnostic| {
        let place = source.place(remark.span.start);
        format!("{}:{}: {}: {}", place.line, place.column, remark.severity, remark.message)
    };
    (statements, remarks.iter().map(remark).collect())
}

/// A line that is right, and its canonical form.
fn assert_reads(line: &str, canonical: &str) {
    let none: [String; 0] = [];
    assert_eq!(understood(line), ([canonical.to_string()].to_vec(), none.to_vec()), "{line}");
}

fn assert_remark(text: &str, remark: &str) {
    let (_, remarks) = understood(text);
    assert_eq!(remarks, [remark], "{text}");
}

#[test]
fn every_keyword_is_read_in_any_case() {
    for line in [
        "GROUP cae anna bob carl",
        "HOST_GROUP nodes node01 10.1.2.* 2001:db8:0:0:0:0:0:*",
        "GROUPCASEINSENSITIVE ON",
        "FQDN_MATCHING lenient",
        "EXCLUDE solver USER bob",
        "EXCLUDEALL HOST node01",
        "INCLUDE solver DISPLAY /dev/tty",
        "INCLUDEALL INTERNET 192.9.200.*",
        "EXCLUDE_BORROW solver PROJECT wing",
        "INCLUDE_BORROW solver USER anna",
        "RESERVE 4 solver HOST node01",
        "MAX 2 solver USER bob",
        "MAX_OVERDRAFT solver 1",
        "MAX_CONNECTIONS 500",
        "BORROW_LOWWATER solver 3",
        "MAX_BORROW_HOURS solver 72",
        "LINGER solver 600",
        "TIMEOUT solver 3600",
        "TIMEOUTALL 3600",
        "NOLOG UNSUPPORTED",
        "DEBUGLOG +/var/log/acme.log AUTO_ROLLOVER 1000 OBF_ADDMARK",
        "REPORTLOG +/var/log/acme.rl HIDE_USER",
        "AUTOMATIC_REREAD OFF",
        "DAEMON_SELECT_TIMEOUT 5",
    ] {
        assert_reads(line, line);
        let (keyword, rest) = line.split_once(' ').unwrap();
        assert_reads(&format!("  {}\t{rest}  ", keyword.to_lowercase()), line);
    }
}

/// "Trusted-storage only: parse, warn, ignore."
#[test]
fn statements_on_trusted_storage_are_read_and_ignored() {
    for keyword in [
        "ACTIVATION_LOWWATER",
        "ACTIVATION_EXPIRY_DAYS",
        "EXCLUDE_ENTITLEMENT",
        "EXCLUDEALL_ENTITLEMENT",
        "INCLUDE_ENTITLEMENT",
        "INCLUDEALL_ENTITLEMENT",
    ] {
        let (statements, remarks) = understood(&format!("{keyword} x=\"y z\" 5 USER bob"));
        assert_eq!(statements, [keyword]);
        let remark = format!(
            "1:1: warning: {keyword} is for FlexNet's trusted storage; licgate has none and ignores the line"
        );
        assert_eq!(remarks, [remark]);
    }
}

/// "feature:keyword=value … If the feature name or value holds a colon, write the whole in quotes with a space instead."
#[test]
fn a_rule_is_narrowed_by_an_attribute_in_two_spellings() {
    for (written, canonical) in [
        ("solver:VERSION=2024.06", "solver:VERSION=2024.06"),
        ("\"solver VERSION=2024.06\"", "solver:VERSION=2024.06"),
        ("solver:version=2024.06", "solver:VERSION=2024.06"),
        ("solver:HOSTID=0050560A1B2C", "solver:HOSTID=0050560a1b2c"),
        ("\"solver HOSTID=ANY DEMO\"", "\"solver HOSTID=ANY DEMO\""),
        ("solver:EXPDATE=30-jun-2027", "solver:EXPDATE=30-jun-2027"),
        ("solver:EXPDATE=1-jan-0", "solver:EXPDATE=permanent"),
        ("solver:KEY=7D57F8AC868C", "solver:KEY=7D57F8AC868C"),
        ("solver:SIGN=7D57", "solver:SIGN=7D57"),
        ("solver:ISSUER=ACME", "solver:ISSUER=ACME"),
        ("solver:NOTICE=\"two words\"", "\"solver NOTICE=two words\""),
        ("\"solver VENDOR_STRING=a:b\"", "\"solver VENDOR_STRING=a:b\""),
        ("\"sol:ver VENDOR_STRING=\"", "\"sol:ver VENDOR_STRING=\""),
        ("\"sol:ver\"", "\"sol:ver\""),
        ("solver:DIST_INFO=x", "solver:dist_info=x"),
        ("solver:user_info=x", "solver:user_info=x"),
        ("solver:asset_info=x", "solver:asset_info=x"),
        ("\"ARC/INFO\"", "ARC/INFO"),
    ] {
        assert_reads(&format!("LINGER {written} 5"), &format!("LINGER {canonical} 5"));
    }
}

#[test]
fn what_cannot_narrow_a_rule_is_said() {
    for (written, remark) in [
        ("solver:VERSOIN=1", "`VERSOIN` is no keyword that a feature can be narrowed by"),
        ("solver:VERSION=x", "`x` is no value for VERSION"),
        ("solver:EXPDATE=soon", "`soon` is no value for EXPDATE"),
        ("solver:HOSTID=00:50", "`00:50` is no value for HOSTID"),
        ("sol:ver", "`ver` is no KEY=VALUE"),
        ("solver=2", "`solver=2` cannot be the name of a feature"),
        (":VERSION=1", "`` cannot be the name of a feature"),
    ] {
        assert_remark(&format!("LINGER {written} 5"), &format!("1:8: error: {remark}"));
    }
}

/// "MAX … USER ALL_USERS, GROUP ALL_GROUPS (and host analogues) allowed."
#[test]
fn all_of_a_kind_may_be_named_on_max_lines_only() {
    for (kind, all) in [
        ("USER", "ALL_USERS"),
        ("HOST", "ALL_HOSTS"),
        ("GROUP", "ALL_GROUPS"),
        ("HOST_GROUP", "ALL_HOST_GROUPS"),
    ] {
        let line = format!("MAX 1 solver {kind} {all}");
        assert_reads(&line, &line);
        let column = 18 + kind.len();
        let remark = format!("1:{}: error: {all} has a meaning on MAX lines only", column - 1);
        assert_remark(&format!("EXCLUDE solver {kind} {all}"), &remark);
    }
    assert_remark(
        "GROUP ALL_GROUPS a",
        "1:7: error: ALL_GROUPS cannot be the name of a group: it stands for all of them",
    );
    // As a name of another kind it is nothing special.
    assert_reads("EXCLUDE solver PROJECT ALL_USERS", "EXCLUDE solver PROJECT ALL_USERS");
}

/// "HOST accepts host name or IP, INTERNET dotted IP, `*` wildcard per octet, IPv6 also."
#[test]
fn addresses_may_have_wildcards_for_whole_octets() {
    for address in ["10.1.2.3", "10.1.2.*", "*.*.*.*", "2001:db8::1", "2001:db8:*:*:*:*:*:*"] {
        assert_reads(&format!("EXCLUDEALL INTERNET {address}"), &format!("EXCLUDEALL INTERNET {address}"));
        assert_reads(&format!("EXCLUDEALL HOST {address}"), &format!("EXCLUDEALL HOST {address}"));
    }
    for address in ["10.1.2", "10.1.2.300", "10.1.2*", "node1", "2001:db8:*"] {
        assert_remark(
            &format!("EXCLUDEALL INTERNET {address}"),
            &format!("1:21: error: `{address}` is no address"),
        );
    }
    let remark = "is no address, and in a host's name `*` stands for itself";
    assert_remark("EXCLUDEALL HOST node*", &format!("1:17: warning: `node*` {remark}"));
    assert_remark("HOST_GROUP nodes node*", &format!("1:18: warning: `node*` {remark}"));
}

#[test]
fn names_are_kept_as_they_are_written() {
    assert_reads("EXCLUDEALL USER DOMAIN\\Bob", "EXCLUDEALL USER DOMAIN\\Bob");
    assert_reads("EXCLUDEALL USER \"Bob Smith\"", "EXCLUDEALL USER \"Bob Smith\"");
    assert_reads("EXCLUDEALL USER cn=bob,dc=x", "EXCLUDEALL USER cn=bob,dc=x");
    assert_reads("EXCLUDEALL USER jürgen", "EXCLUDEALL USER jürgen");
    assert_remark("EXCLUDEALL USER \"\"", "1:17: error: the user name is empty");
    assert_remark(
        "EXCLUDEALL USER cn=\"bob\"",
        "1:17: error: `cn=` cannot be a user name: only part of it is in quotes",
    );
}

/// "GROUPCASEINSENSITIVE … must precede the groups."
#[test]
fn group_case_after_a_group_is_said() {
    assert_remark(
        "GROUP g a\nGROUPCASEINSENSITIVE ON\n",
        "2:1: warning: GROUPCASEINSENSITIVE has no effect on the groups before it",
    );
}

/// "`#` comments, `\` continuation"; files come with CRLF and a byte order mark.
#[test]
fn lines_go_on_and_comments_end_them() {
    let text = "\u{feff}# comment\r\nGROUP g a \\\r\n\tb # more\r\n\r\nEXCLUDEALL USER \\\n bob";
    let (statements, remarks) = understood(text);
    assert_eq!(statements, ["GROUP g a b", "EXCLUDEALL USER bob"]);
    assert_eq!(remarks, [] as [String; 0]);
    let source = Source::new("acme.opt", text);
    let lines =
        parse(&source).0.statements.iter().map(|one| source.place(one.span.start).line).collect::<Vec<_>>();
    assert_eq!(lines, [2, 5]);
}

/// "Unknown/ill-formed lines are … never fatal (a top complaint: mistakes go unseen)."
#[test]
fn mistakes_are_errors_with_a_hint_and_the_rest_is_read() {
    let source =
        Source::new("acme.opt", "EXLUDE solver USER bob\nEXCLUDE solver USR bob\nMAX 1 solver USER anna");
    let (options, remarks) = parse(&source);
    assert_eq!(options.to_string(), "MAX 1 solver USER anna\n");
    let said: Vec<_> =
        remarks.iter().map(|it| (it.severity, it.message.as_str(), it.hint.as_str())).collect();
    assert_eq!(
        said,
        [
            (
                Severity::Error,
                "`EXLUDE` is no keyword of an options file",
                "did you mean EXCLUDE? a comment begins with `#`"
            ),
            (Severity::Error, "`USR` is no type", "did you mean USER?"),
        ]
    );
}

#[test]
fn what_is_missing_or_too_much_is_said_where_it_is() {
    for (line, remark) in [
        ("EXCLUDE", "1:8: error: this EXCLUDE line has no feature"),
        ("EXCLUDE solver", "1:15: error: this EXCLUDE line has no type"),
        ("EXCLUDE solver USER", "1:20: error: this EXCLUDE line has no user name"),
        (
            "EXCLUDE solver USER bob carl",
            "1:25: error: `carl` has no place on this EXCLUDE line and is not read",
        ),
        (
            "EXCLUDE solver USER bob carl dora",
            "1:25: error: `carl` and what follows have no place on this EXCLUDE line and are not read",
        ),
        ("RESERVE x solver USER bob", "1:9: error: `x` is no number of seats"),
        ("RESERVE -1 solver USER bob", "1:9: error: `-1` is no number of seats"),
        ("MAX 4294967296 solver USER bob", "1:5: error: `4294967296` is no number of seats"),
        ("LINGER solver", "1:14: error: this LINGER line has no number of seconds"),
        ("GROUP", "1:6: error: this GROUP line has no group name"),
        ("GROUP g", "1:1: warning: the group `g` has no members on this line"),
        ("NOLOG IN OUT", "1:10: error: `OUT` has no place on this NOLOG line and is not read"),
        ("NOLOG DENIALS", "1:7: error: `DENIALS` is no class of events"),
        ("FQDN_MATCHING strict", "1:15: error: `strict` is no way to match host names"),
        ("AUTOMATIC_REREAD no", "1:18: error: `no` is no switch"),
        ("DEBUGLOG", "1:9: error: this DEBUGLOG line has no path"),
        ("DEBUGLOG +", "1:10: error: there is no path behind the `+`"),
        ("DEBUGLOG /a", "1:10: note: `/a` begins anew at every start of the daemon"),
        ("DEBUGLOG +/a AUTO_ROLLOVER x", "1:28: error: `x` is no size"),
        ("\"EXCLUDE\" solver USER bob", "1:1: error: a line begins with a keyword, not with a quoted text"),
    ] {
        assert_remark(line, remark);
    }
}

#[test]
fn a_text_that_is_too_long_is_not_read() {
    let source = Source::new("t", "#".repeat(Source::MAX + 1));
    let (options, remarks) = parse(&source);
    assert_eq!((options, remarks.len()), (Options::default(), 1));
}
