//! A made-up machine for tests and fuzzing.

use std::path::PathBuf;

use super::local::Local;

/// The laptop of jane, who has a colleague bob.
pub(super) fn local() -> Local {
    Local {
        user: "jane".into(),
        uid: "1001".into(),
        home: "/home/jane".into(),
        host: "laptop.example.com".into(),
        directory: "/keys".into(),
        variable: |name| (name == "KEYS").then(|| "/keys".to_owned()),
        home_of: |name| (name == "bob").then(|| PathBuf::from("/home/bob")),
    }
}
