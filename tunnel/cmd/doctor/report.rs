//! What the doctor saw of each link, and how it is told.

use serde::Serialize;

use crate::failure::Failure;

/// How wide the names of links are shown.
const WIDTH: usize = 15;

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It does what it has to.
    Good,
    /// It is broken.
    Wrong,
    /// It was not looked at: a link before it is broken, or there is nothing to look at.
    Untried,
}

/// One link of the chain. The field names are an interface: `doctor --json` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// The link.
    link: String,
    /// How it is.
    state: State,
    /// What was seen.
    message: String,
    /// What to do about it; empty where that is nothing.
    hint: String,
}

/// The links in the order in which they were looked at.
pub(super) struct Report {
    checks: Vec<Check>,
    /// Hears at which link it is; empty at none.
    at: Box<dyn Fn(&str)>,
}

impl Report {
    /// No links yet. `at` hears at which link it is, for a person who waits; an empty word at the end.
    pub(super) fn new(at: impl Fn(&str) + 'static) -> Self {
        Self { checks: Vec::new(), at: Box::new(at) }
    }

    /// This link is looked at now, which may take its time.
    pub(super) fn begin(&self, link: &str) {
        (self.at)(link);
    }

    /// Nothing is looked at any more.
    pub(super) fn end(&self) {
        (self.at)("");
    }

    /// Adds what came of a link, and gives on what the next ones need.
    pub(super) fn add<T>(
        &mut self,
        link: &str,
        result: Result<T, Failure>,
        words: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(good) => {
                self.push(link, State::Good, words(&good), String::new());
                Some(good)
            }
            Err(Failure { message, hint, .. }) => {
                self.push(link, State::Wrong, message, hint);
                None
            }
        }
    }

    /// Adds a link that is good or broken, and nothing hangs on it.
    pub(super) fn say(&mut self, link: &str, result: Result<String, Failure>) {
        self.add(link, result, String::clone);
    }

    /// Adds a link that was not looked at.
    pub(super) fn leave_out(&mut self, link: &str, why: impl Into<String>) {
        self.push(link, State::Untried, why.into(), String::new());
    }

    /// Adds those of `links` that are not there yet, as left out.
    pub(super) fn leave_out_rest(&mut self, links: &[&str]) {
        for link in links {
            if !self.checks.iter().any(|check| check.link == *link) {
                self.leave_out(link, "not looked at, for what is wrong above");
            }
        }
    }

    /// Whether no link is broken.
    pub(super) fn is_good(&self) -> bool {
        self.checks.iter().all(|check| check.state != State::Wrong)
    }

    /// For programs: an array with an object for each link.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(&self.checks).unwrap_or_default() + "\n"
    }

    /// For people: a line for each link, and below it what to do.
    pub(super) fn text(&self) -> String {
        self.checks.iter().map(Check::text).collect()
    }

    fn push(&mut self, link: &str, state: State, message: String, hint: String) {
        self.checks.push(Check { link: link.to_owned(), state, message, hint });
    }
}

impl Check {
    fn text(&self) -> String {
        let mark = match self.state {
            State::Good => "good",
            State::Wrong => "WRONG",
            State::Untried => "-",
        };
        let hint = if self.hint.is_empty() { String::new() } else { format!("\nto do: {}", self.hint) };
        // What takes more lines stays under its first.
        let words = (self.message.clone() + &hint).replace('\n', &format!("\n{:1$}", "", WIDTH + 8));
        format!("{mark:<5}  {:<WIDTH$} {words}\n", self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn whoever_waits_hears_what_is_looked_at() {
        let (tell, heard) = std::sync::mpsc::sync_channel(2);
        let report = Report::new(move |link| tell.send(link.to_owned()).unwrap());
        report.begin("login");
        report.end();
        drop(report);
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["login", ""]);
    }

    #[test]
    fn each_link_has_a_line_and_a_broken_one_says_what_to_do() {
        let mut report = Report::new(|_| {});
        assert_eq!(report.add("address", Ok(7), |it| format!("is {it}")), Some(7));
        assert!(report.is_good());
        report.say("login", Err(Failure::new(Exit::NotAllowed, "no way in\n  tried: all").with_hint("ask")));
        report.leave_out_rest(&["address", "ports"]);
        let text = "good   address         is 7\n\
                    WRONG  login           no way in\n\
                    \x20                        tried: all\n\
                    \x20                      to do: ask\n\
                    -      ports           not looked at, for what is wrong above\n";
        assert_eq!(report.text(), text);
        assert!(!report.is_good());
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json[1]["state"], "wrong");
        assert_eq!((&json[1]["hint"], &json[2]["state"]), (&"ask".into(), &"untried".into()));
    }
}
