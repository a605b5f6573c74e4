//! The model's options file: every question is a walk over the words of all lines.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use super::{Life, Model};
use crate::ledger::{Denial, Why};
use crate::licence::Pool;

impl Model {
    /// The lines of the options file, as words.
    fn rules(&self) -> impl Iterator<Item = Vec<&str>> {
        self.options.lines().map(|line| line.split_whitespace().collect())
    }

    /// `excluded`, `not included`, or why not: neither.
    pub(super) fn refusal(&self, life: &Life, pool: &Pool) -> Option<&'static str> {
        let of = |keyword: &'static str| {
            self.rules().filter(move |line| line[0].starts_with(keyword) && is_for(&scope(line), pool))
        };
        if of("EXCLUDE").any(|line| self.means(&line, life)) {
            return Some("excluded");
        }
        let is_listed = of("INCLUDE").next().is_none() || of("INCLUDE").any(|line| self.means(&line, life));
        (!is_listed).then_some("not included")
    }

    /// Whether the last two words of the line, such as `USER bob`, mean this client.
    fn means(&self, line: &[&str], life: &Life) -> bool {
        let [.., kind, name] = line else { panic!("{line:?}") };
        let has = |member: &str| {
            self.rules().any(|group| group[..2] == ["GROUP", name] && group[2..].contains(&member))
        };
        let address = life.address.map(|address| address.to_string()).unwrap_or_default();
        let mut octets = name.split('.').zip(address.split('.'));
        match *kind {
            "USER" => life.holder.user == *name,
            "HOST" => life.holder.host == *name,
            "DISPLAY" => life.holder.display == *name,
            "PROJECT" => life.holder.project == *name,
            "INTERNET" => octets.all(|(wanted, own)| wanted == "*" || wanted == own),
            "GROUP" => has(&life.holder.user),
            other => panic!("{other}"),
        }
    }

    /// Checks that a refusal names a line that stands in the file and refuses the client a pool.
    pub(in crate::ledger::tests) fn check_rule(&self, life: &Life, denial: &Denial, word: &str) {
        let Why::Ruled { rule, .. } = &denial.why else { return };
        assert_eq!(rule.file.as_ref(), "acme.opt");
        let text = self.options.lines().nth(rule.line as usize - 1).expect("there is no such line");
        assert_eq!(rule.text.as_ref(), text);
        let line: Vec<_> = text.split_whitespace().collect();
        let kept = |pool: &Pool| pool.feature == life.feature && self.refusal(life, pool) == Some(word);
        let mut pools = self.book.pools().iter().filter(|pool| kept(pool) && is_for(&scope(&line), pool));
        let decides = |pool: &Pool| match word {
            "excluded" => self.means(&line, life),
            _ => {
                let mut all = self.options.lines().map(|it| it.split_whitespace().collect::<Vec<_>>());
                let first = all.find(|it| it[0].starts_with("INCLUDE") && is_for(&scope(it), pool));
                first.is_some_and(|it| it == line)
            }
        };
        assert!(pools.any(decides), "{word} by {text}");
    }
}

/// The feature that a line is for; `None`: all of them.
fn scope<'a>(line: &[&'a str]) -> Option<&'a str> {
    (!line[0].ends_with("ALL")).then(|| line[1])
}

fn is_for(scope: &Option<&str>, pool: &Pool) -> bool {
    let Some(scope) = scope else { return true };
    let (feature, version) =
        scope.split_once(":VERSION=").map_or((*scope, None), |(it, own)| (it, Some(own)));
    feature.eq_ignore_ascii_case(pool.feature.as_str())
        && version.is_none_or(|version| format!("{}", pool.version) == version)
}
