//! Small nouns: what is read prints and reads the same again.

use std::fmt::{Debug, Display};

use licgate_core::host::HostId;
use licgate_core::licence::Signer;
use licgate_core::path::{PathList, Separator};
use licgate_core::time::Date;
use licgate_core::version::Version;
use licgate_core::wire::foreign;
use lictunnel::hosts::name::HostName;

use crate::people::host;
use crate::{assert_plain, lossy};

/// Versions, days, host ids, licence paths, host names, keys.
pub fn nouns(data: &[u8]) {
    let text = lossy(data);
    same(&text, Version::parse);
    same(&text, Date::parse);
    same(&text, HostId::parse);
    for separator in [Separator::Colon, Separator::Semicolon] {
        paths(&text, separator);
    }
    for id in HostId::parse_list(&text).into_iter().flatten() {
        let _either: bool = id.matches(&host());
    }
    if let Ok(name) = HostName::parse(&text) {
        assert_eq!(HostName::parse(name.as_str()), Ok(name));
    }
    if let Ok(signer) = Signer::from_pem(&text) {
        let again = Signer::from_pem(&signer.to_pem());
        assert_eq!(again.map(|it| it.public()), Ok(signer.public()));
    }
    foreign(data).into_iter().for_each(assert_plain);
}

fn same<T: Debug + Display + PartialEq>(text: &str, read: impl Fn(&str) -> Option<T>) {
    if let Some(value) = read(text) {
        assert_eq!(read(&value.to_string()), Some(value));
    }
}

fn paths(text: &str, separator: Separator) {
    match PathList::parse(text, separator) {
        Ok(list) => {
            assert!(list.elements().len() <= PathList::MAX);
            let printed = list.to_string();
            let again = PathList::parse(&printed, separator);
            // What stands behind a one-letter path and begins with a backslash looks like a drive with its path.
            if !text.contains('\\') {
                assert_eq!(again.as_ref(), Ok(&list), "{printed}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
