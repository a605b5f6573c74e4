//! Licence path lists: where they are cut, and what makes no sense in them.

use super::*;
use Separator::{Colon, Semicolon};
use std::format;
use std::vec;

/// The elements, each with a letter for its kind.
fn kinds(text: &str, separator: Separator) -> Vec<String> {
    let list = PathList::parse(text, separator).unwrap();
    let kind = |element: &Element| match element {
        Element::Path(path) => format!("path {path}"),
        Element::Server(PortAtHost { host, port }) => format!("server {host} {port:?}"),
        Element::Triad(servers) => format!("triad {}", servers.each_ref().map(|s| &*s.host).join(" ")),
    };
    list.elements().iter().map(kind).collect()
}

#[test]
fn lists_are_cut_where_flexnet_cuts_them() {
    for (text, separator, expected) in [
        ("27000@lic1", Colon, vec!["server lic1 Some(27000)"]),
        ("@lic1", Colon, vec!["server lic1 None"]),
        ("27000@a:27001@b", Colon, vec!["server a Some(27000)", "server b Some(27001)"]),
        ("27000@[::1]:@[fe80::1%eth0]", Colon, vec!["server ::1 Some(27000)", "server fe80::1%eth0 None"]),
        ("/opt/a.lic:b.lic:/etc/lic", Colon, vec!["path /opt/a.lic", "path b.lic", "path /etc/lic"]),
        ("5280@a,5280@b,5280@c:x.lic", Colon, vec!["triad a b c", "path x.lic"]),
        (
            "C:\\flexlm\\a.dat;27000@lic1",
            Semicolon,
            vec!["path C:\\flexlm\\a.dat", "server lic1 Some(27000)"],
        ),
        ("27000@::1;d:/x", Semicolon, vec!["server ::1 Some(27000)", "path d:/x"]),
        ("C:\\a.lic:b.lic", Colon, vec!["path C:\\a.lic", "path b.lic"]),
        ("c:/a.lic", Colon, vec!["path c", "path /a.lic"]),
        ("::27000@a:", Colon, vec!["server a Some(27000)"]),
        ("/opt/me@work/a,b.lic", Colon, vec!["path /opt/me@work/a,b.lic"]),
        ("@[::1]:/odd@[dir:b.lic", Colon, vec!["server ::1 None", "path /odd@[dir", "path b.lic"]),
        ("/odd[dir:b.lic", Colon, vec!["path /odd[dir", "path b.lic"]),
        ("", Colon, vec![]),
    ] {
        assert_eq!(kinds(text, separator), expected, "{text}");
    }
}

#[test]
fn a_list_prints_as_it_is_read() {
    for (text, separator) in [
        ("27000@lic1:@lic2:27000@[::1]:/opt/a.lic:1@a,2@b,@c", Colon),
        ("27000@lic1;C:\\flexlm\\license.dat;@[fe80::1]", Semicolon),
    ] {
        let list = PathList::parse(text, separator).unwrap();
        assert_eq!(list.to_string(), text);
        assert_eq!(PathList::parse(&list.to_string(), separator).unwrap(), list);
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    use PathFault::*;
    for (text, element, fault) in [
        ("a.lic:99999@lic1", "99999@lic1", Port),
        ("0@lic1", "0@lic1", Port),
        ("port@lic1", "port@lic1", Port),
        ("+1@lic1", "+1@lic1", Port),
        ("27000@", "27000@", NoHost),
        ("27000@::1", "27000@", NoHost),
        ("27000@a@b", "27000@a@b", Host),
        ("27000@a b", "27000@a b", Host),
        ("27000@[a]", "27000@[a]", Host),
        ("lic1:27000", "27000", BarePort),
        ("1@a,2@b", "1@a,2@b", Triad),
        ("1@a,2@b,3@c,4@d", "1@a,2@b,3@c,4@d", Triad),
        ("1@a,b,3@c", "b", NoHost),
        (&"x:".repeat(65), "x", TooMany),
        (&format!("1@{}", "x".repeat(254)), &format!("1@{}", "x".repeat(254)), Host),
    ] {
        let error = PathList::parse(text, Colon).unwrap_err();
        assert_eq!((&*error.element, error.fault), (element, fault), "{text}");
        assert!(error.to_string().starts_with(&format!("'{element}' is no place")));
    }
}
