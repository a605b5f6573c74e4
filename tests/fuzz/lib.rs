//! Fuzzing: what may arbitrary bytes never do, said once, as functions from bytes to nothing or a panic.
//!
//! Each target holds every input against properties (what was read prints and reads the same again, bounds are kept, a replay is
//! the same as what was live), not only against panics. The same functions are run
//!
//! - by libFuzzer, which looks for inputs that break them: `tests/fuzz/run [seconds] [target…]` (needs a nightly compiler,
//!   a C++ compiler and cargo-fuzz);
//! - by the test `replay` with all that lies in `corpus/<target>`, with any compiler, as part of `tests/run`.
//!
//! An input that broke something lies as `corpus/<target>/found-<what>` once it is mended. Other inputs there are seeds.
//!
//! A new target takes a function with its properties in a module here, its line in [`TARGETS`], some seeds in
//! `corpus/<target>`, `targets/<target>.rs` (a copy of another with the name changed) and its `[[bin]]` in `Cargo.toml`.
//! Words that its inputs are made of may stand in `dict/<target>.dict`.

mod discover;
mod hosts;
mod ledger;
mod licence;
mod nouns;
mod people;
mod profile;
mod ssh;
mod text;
mod wire;

pub use discover::look;
pub use hosts::{hosts, hosts_helper};
pub use ledger::{journal, ledger};
pub use licence::{licence, signed};
pub use nouns::nouns;
pub use profile::{board, profile};
pub use ssh::{destination, key_file, known_hosts, ssh_config, ssh_dump};
pub use text::text;
pub use wire::{client, daemon, pipe};

/// A target: its name and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name.
pub const TARGETS: &[Target] = &[
    ("board", board),
    ("client", client),
    ("daemon", daemon),
    ("destination", destination),
    ("hosts", hosts),
    ("hosts_helper", hosts_helper),
    ("journal", journal),
    ("key_file", key_file),
    ("known_hosts", known_hosts),
    ("ledger", ledger),
    ("licence", licence),
    ("look", look),
    ("nouns", nouns),
    ("pipe", pipe),
    ("profile", profile),
    ("signed", signed),
    ("ssh_config", ssh_config),
    ("ssh_dump", ssh_dump),
    ("text", text),
];

/// The text that `bytes` are to a reader that takes everything for text.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Panics unless `text` is fit for a terminal or a log: nothing in it moves the cursor or forges a line.
fn assert_plain(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character in {text:?}");
}
