//! `lictunnel.toml`, and what a tunnel says of itself.

use std::path::Path;

use licgate_core::text::Source;
use lictunnel::engine::Board;
use lictunnel::profile::parse;

use crate::lossy;
use crate::text::shown;

/// Any text gives profiles within their bounds, or remarks that point into it.
pub fn profile(data: &[u8]) {
    let source = Source::new("lictunnel.toml", lossy(data));
    match parse(&source, Path::new("/etc/lictunnel")) {
        Ok(profiles) => {
            for profile in profiles.values() {
                assert!(
                    profile.hold.as_secs() <= 600 && !profile.ports.contains(&0) && profile.master != Some(0)
                );
                let mut paths = profile.licences.iter().chain(&profile.identities);
                assert!(paths.all(|path| path.is_absolute() || path.starts_with("~")), "{profile:?}");
            }
        }
        Err(remarks) => {
            assert!(!remarks.is_empty());
            remarks.iter().for_each(|remark| shown(&source, remark));
        }
    }
}

/// What is understood of a tunnel's answer is said in the same way again.
pub fn board(data: &[u8]) {
    if let Ok(board) = serde_json::from_slice::<Board>(data) {
        let said = serde_json::to_value(&board).expect("a board is JSON");
        let heard = serde_json::from_value::<Board>(said.clone()).expect("what we say ourselves");
        assert_eq!(serde_json::to_value(heard).ok(), Some(said));
    }
}
