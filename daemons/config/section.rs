//! One table of the configuration: reads its keys, and complains about all that it cannot use.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use jiff::SignedDuration;
use licgate_core::licence::VendorKey;
use licgate_core::text::{Diagnostic, Severity};
use toml::de::{DeTable, DeValue};

use super::span;

/// The longest time that any key means.
const MAX_TIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A table and what was wrong with it so far. [`finish`](Self::finish) reports keys that nobody asked for.
pub(super) struct Section<'a> {
    name: String,
    place: std::ops::Range<usize>,
    table: Option<&'a DeTable<'a>>,
    known: Vec<&'static str>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn new(name: &str, table: &'a DeTable<'a>, problems: &'a mut Vec<Diagnostic>) -> Self {
        Self { name: name.to_owned(), place: 0..0, table: Some(table), known: Vec::new(), problems }
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
        let Some(value) = self.table.and_then(|table| table.get(key)) else { return };
        match convert(value.get_ref()) {
            Some(converted) => *target = converted,
            None => {
                let message = format!("`{}{key}` must be {expected}", self.prefix());
                self.problems.push(Diagnostic::new(Severity::Error, span(value.span()), message));
            }
        }
    }

    /// Reads the keys of the table `key`, even if it is absent (then nothing is found in it).
    pub(super) fn within(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>)) {
        self.known.push(key);
        let value = self.table.and_then(|table| table.get(key));
        if let Some(value) = value
            && !value.get_ref().is_table()
        {
            let message = format!("`{key}` must be a table: [{key}]");
            return self.problems.push(Diagnostic::new(Severity::Error, span(value.span()), message));
        }
        let mut section = Section {
            name: key.to_owned(),
            place: value.map(toml::Spanned::span).unwrap_or_default(),
            table: value.and_then(|value| value.get_ref().as_table()),
            known: Vec::new(),
            problems: self.problems,
        };
        read(&mut section);
        section.finish();
    }

    /// Reads the keys of every table `[key.NAME]`.
    pub(super) fn each_within(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Section<'_>)) {
        self.known.push(key);
        let Some(value) = self.table.and_then(|table| table.get(key)) else { return };
        let Some(tables) = value.get_ref().as_table() else {
            let message = format!("`{key}` must be followed by a name: [{key}.NAME]");
            return self.problems.push(Diagnostic::new(Severity::Error, span(value.span()), message));
        };
        for (name, value) in tables {
            let Some(table) = value.get_ref().as_table() else {
                let message =
                    format!("`{key}.{}` must be a table: [{key}.{}]", name.get_ref(), name.get_ref());
                self.problems.push(Diagnostic::new(Severity::Error, span(value.span()), message));
                continue;
            };
            let mut section = Section {
                name: format!("{key}.{}", name.get_ref()),
                place: name.span(),
                table: Some(table),
                known: Vec::new(),
                problems: self.problems,
            };
            read(name.get_ref(), &mut section);
            section.finish();
        }
    }

    /// Whether the key is there, be it right or wrong.
    pub(super) fn names(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Complains about the table as a whole.
    pub(super) fn complain(&mut self, message: &str, hint: &str) {
        let message = format!("[{}] {message}", self.name);
        self.problems
            .push(Diagnostic::new(Severity::Error, span(self.place.clone()), message).with_hint(hint));
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            if self.known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let message = format!("unknown key `{}{}`", self.prefix(), key.get_ref());
            let hint = format!("known here: {}", self.known.join(", "));
            self.problems.push(Diagnostic::new(Severity::Error, span(key.span()), message).with_hint(hint));
        }
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }
}

/// A path, relative ones from `base`; empty means none.
pub(super) fn path(value: &DeValue<'_>, base: &Path) -> Option<Option<PathBuf>> {
    name(value).map(|name| name.map(|name| base.join(name)))
}

/// A name; empty means none.
pub(super) fn name(value: &DeValue<'_>) -> Option<Option<String>> {
    value.as_str().map(|name| (!name.is_empty()).then(|| name.to_owned()))
}

/// A public key.
pub(super) fn key(value: &DeValue<'_>) -> Option<Option<VendorKey>> {
    VendorKey::parse(value.as_str()?).ok().map(Some)
}

/// At least one address.
pub(super) fn addresses(value: &DeValue<'_>) -> Option<Vec<IpAddr>> {
    let list: Option<Vec<_>> =
        value.as_array()?.iter().map(|address| address.get_ref().as_str()?.parse().ok()).collect();
    list.filter(|list| !list.is_empty())
}

/// Directives that the log understands.
pub(super) fn directives(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?;
    tracing_subscriber::EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}

/// `"120s"`, `"2m 30s"`, or a whole number of seconds.
pub(super) fn duration(value: &DeValue<'_>) -> Option<Duration> {
    let time = match value {
        DeValue::String(text) => Duration::try_from(SignedDuration::from_str(text).ok()?).ok()?,
        DeValue::Integer(_) => Duration::from_secs(integer(value)?),
        DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => {
            return None;
        }
    };
    (Duration::from_secs(1)..=MAX_TIME).contains(&time).then_some(time)
}

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<u64>>(bounds: RangeInclusive<u64>) -> impl Fn(&DeValue<'_>) -> Option<T> {
    move |value| {
        let number = integer(value)?;
        bounds.contains(&number).then(|| T::try_from(number).ok()).flatten()
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
