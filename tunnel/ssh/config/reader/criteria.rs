//! `Match`: its criteria, all of which have to hold.

use super::{Place, Reader, Stop};
use crate::ssh::config::build::host_name;
use crate::ssh::pattern::{Listed, listed};

/// A criterion as written.
struct Criterion<'v> {
    negated: bool,
    name: String,
    /// The patterns or the command; empty where none belongs to it.
    value: &'v str,
}

impl Reader<'_> {
    /// Whether the lines after this `Match` count, in a file that counts if `outer`.
    pub(super) fn matches(&mut self, place: Place<'_>, values: &[String], outer: bool) -> Result<bool, Stop> {
        let criteria = parse(values).map_err(|why| place.bad(why))?;
        let mut holds = outer;
        for criterion in &criteria {
            // Asked for in any case: a later pass may be wanted by a block that does not count yet.
            self.wants_last_pass |= criterion.name == "final";
            // A command is not run when the block does not count anyway.
            if holds {
                holds = self.holds(place, criterion)? != criterion.negated;
            }
        }
        Ok(holds)
    }

    fn holds(&self, place: Place<'_>, criterion: &Criterion<'_>) -> Result<bool, Stop> {
        let user = || self.settings.user.as_deref().unwrap_or(&self.local.user);
        let found = match criterion.name.as_str() {
            "all" => true,
            "canonical" | "final" => self.last_pass,
            "host" => {
                let host =
                    host_name(&self.settings, &self.typed, self.local).map_err(|why| place.bad(why))?;
                in_list(&criterion.value.to_ascii_lowercase(), &host)
            }
            "originalhost" => {
                in_list(&criterion.value.to_ascii_lowercase(), &self.typed.to_ascii_lowercase())
            }
            "user" => in_list(criterion.value, user()),
            "localuser" => in_list(criterion.value, &self.local.user),
            "tagged" => in_list(criterion.value, self.settings.tag.as_deref().unwrap_or_default()),
            // There is no command, and no session is wanted of ssh.
            "command" => in_list(criterion.value, ""),
            "sessiontype" => in_list(&criterion.value.to_ascii_lowercase(), "none"),
            "exec" => {
                let command = self.expanded(criterion.value).map_err(|why| place.bad(why))?;
                match self.answers.get(&command) {
                    Some(&succeeded) => succeeded,
                    None => return Err(Stop::Asks(command)),
                }
            }
            name => {
                let why = format!("Match {name} cannot be evaluated without OpenSSH on this machine");
                return Err(place.bad(format!("{why}; install its ssh program")));
            }
        };
        Ok(found)
    }
}

fn in_list(patterns: &str, text: &str) -> bool {
    listed(patterns.split(','), text) == Listed::Yes
}

/// Splits `name value name=value name = value …`; `all`, `canonical` and `final` have no value.
fn parse(values: &[String]) -> Result<Vec<Criterion<'_>>, String> {
    let mut criteria = Vec::new();
    let mut values = values.iter().map(String::as_str);
    while let Some(word) = values.next() {
        let (negated, word) = word.strip_prefix('!').map_or((false, word), |word| (true, word));
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let name = name.to_ascii_lowercase();
        let value = match (name.as_str(), value) {
            ("all" | "canonical" | "final", None) => "",
            ("all" | "canonical" | "final", Some(_)) => return Err(format!("Match {name} takes no value")),
            (_, Some(value)) if !value.is_empty() => value,
            (_, inside) => {
                let mut next = values.next().unwrap_or_default();
                if inside.is_none() {
                    next = next.strip_prefix('=').unwrap_or(next);
                }
                let value = if next.is_empty() { values.next() } else { Some(next) };
                value.ok_or_else(|| format!("Match {name} has no value"))?
            }
        };
        criteria.push(Criterion { negated, name, value });
    }
    let all = criteria.iter().position(|criterion| criterion.name == "all");
    if all.is_some_and(|at| at > 1 || at + 1 != criteria.len()) {
        return Err("Match all stands alone, or after one other".into());
    }
    Ok(criteria)
}
