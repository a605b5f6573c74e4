//! One table of the file: reads its keys, and complains about all that it cannot use.

use std::path::{Path, PathBuf};
use std::time::Duration;

use licgate_core::text::{Diagnostic, Severity, closest};
use toml::de::{DeTable, DeValue};

use super::{loopback, span};
use crate::hosts::name::HostName;
use crate::loopback::Loopback;

/// A table and what was wrong with it so far. [`finish`](Self::finish) reports keys that nobody asked for.
pub(super) struct Section<'a> {
    name: String,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Section<'a> {
    /// A table with its name.
    pub(super) fn new(name: &str, table: &'a DeTable<'a>, problems: &'a mut Vec<Diagnostic>) -> Self {
        Self { name: name.to_owned(), table, known: Vec::new(), problems }
    }

    /// Reads one key into `target`, which keeps its default when the key is absent. `expected` says what would do.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        convert: impl FnOnce(&DeValue<'_>) -> Option<T>,
        target: &mut T,
    ) {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return };
        match convert(value.get_ref()) {
            Some(converted) => *target = converted,
            None => self.complain(value.span(), format!("`{}{key}` must be {expected}", self.prefix())),
        }
    }

    /// Reads the keys of every table `[key.NAME]`.
    pub(super) fn each_within(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Section<'_>)) {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return };
        let Some(tables) = value.get_ref().as_table() else {
            return self.complain(value.span(), format!("`{key}` must be followed by a name: [{key}.NAME]"));
        };
        for (name, value) in tables {
            let whole = format!("{key}.{}", name.get_ref());
            let Some(table) = value.get_ref().as_table() else {
                self.complain(value.span(), format!("`{whole}` must be a table: [{whole}]"));
                continue;
            };
            let mut section = Section::new(&whole, table, self.problems);
            read(name.get_ref(), &mut section);
            section.finish();
        }
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let message = format!("unknown key `{}{}`", self.prefix(), key.get_ref());
            let hint = match closest(key.get_ref(), self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.problems.push(Diagnostic::new(Severity::Error, span(key.span()), message).with_hint(hint));
        }
    }

    fn complain(&mut self, place: std::ops::Range<usize>, message: String) {
        self.problems.push(Diagnostic::new(Severity::Error, span(place), message));
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }
}

/// A name; empty means none.
pub(super) fn name(value: &DeValue<'_>) -> Option<Option<String>> {
    value.as_str().map(|name| (!name.is_empty()).then(|| name.to_owned()))
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Option<bool> {
    value.as_bool()
}

/// Names of hosts.
pub(super) fn host_names(value: &DeValue<'_>) -> Option<Vec<String>> {
    list(value, |item| HostName::parse(item.as_str()?).ok().map(|name| name.as_str().to_owned()))
}

/// Ports.
pub(super) fn ports(value: &DeValue<'_>) -> Option<Vec<u16>> {
    list(value, |item| number(item).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0))
}

/// A port; 0 means none.
pub(super) fn port(value: &DeValue<'_>) -> Option<Option<u16>> {
    let port = u16::try_from(number(value)?).ok()?;
    Some((port > 0).then_some(port))
}

/// Paths, relative ones from `base`, `~/` from the user's home.
pub(super) fn paths(value: &DeValue<'_>, base: &Path) -> Option<Vec<PathBuf>> {
    list(value, |item| {
        let text = item.as_str().filter(|text| !text.is_empty())?;
        Some(match (text.strip_prefix("~/"), std::env::home_dir()) {
            (Some(below), Some(home)) => home.join(below),
            _ => base.join(text),
        })
    })
}

/// A time of up to ten minutes.
pub(super) fn seconds(value: &DeValue<'_>) -> Option<Duration> {
    number(value).filter(|seconds| *seconds <= 600).map(Duration::from_secs)
}

/// An address that can be a server's here; empty means none.
pub(super) fn address(value: &DeValue<'_>) -> Option<Option<Loopback>> {
    match value.as_str()? {
        "" => Some(None),
        text => loopback(text).map(Some),
    }
}

fn list<T>(value: &DeValue<'_>, item: impl Fn(&DeValue<'_>) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(|value| item(value.get_ref())).collect()
}

fn number(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
