//! A profile as text: the table that reads as the same profile again.

use std::path::PathBuf;

use super::Profile;

impl Profile {
    /// `[server.NAME]` with the keys that are not at their defaults, with an empty line before it.
    pub fn table(&self, name: &str) -> String {
        let usual = Self::default();
        let steps = |pick: fn(&crate::discover::Steps) -> bool| {
            (pick(&self.steps) != pick(&usual.steps), pick(&self.steps))
        };
        let mut lines = vec![String::new(), head(name)];
        let mut set = |is_set: bool, key: &str, value: String| {
            if is_set {
                lines.push(format!("{key} = {value}"));
            }
        };
        let mut optional =
            |key, value: Option<&str>| set(value.is_some(), key, text(value.unwrap_or_default()));
        optional("ssh", self.ssh.as_deref());
        optional("user", self.user.as_deref());
        optional("jump", self.jump.as_deref());
        optional("forward_to", self.forward_to.as_deref());
        optional("address", self.address.map(|address| address.to_string()).as_deref());
        set(!self.names.is_empty(), "names", list(self.names.iter().map(|name| name.as_str().into())));
        set(!self.ports.is_empty(), "ports", list(self.ports.iter().map(|port| i64::from(*port).into())));
        set(self.master.is_some(), "master", self.master.unwrap_or_default().to_string());
        set(!self.licences.is_empty(), "licences", paths(&self.licences));
        set(!self.identities.is_empty(), "identities", paths(&self.identities));
        for (key, (is_set, flag)) in [
            ("look_in_licences", steps(|steps| steps.licence)),
            ("ask_master", steps(|steps| steps.master)),
            ("look_at_server", steps(|steps| steps.look)),
            ("all_ports", steps(|steps| steps.all_ports)),
            ("hosts", (self.hosts != usual.hosts, self.hosts)),
            ("direct_on_site", (self.direct_on_site != usual.direct_on_site, self.direct_on_site)),
        ] {
            set(is_set, key, flag.to_string());
        }
        set(self.hold != usual.hold, "hold", self.hold.as_secs().to_string());
        lines.join("\n") + "\n"
    }
}

fn head(name: &str) -> String {
    let table = |key: &str, value| toml::Table::from_iter([(key.to_owned(), toml::Value::Table(value))]);
    table("server", table(name, toml::Table::new())).to_string().trim_end().to_owned()
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(items: impl Iterator<Item = toml::Value>) -> String {
    toml::Value::Array(items.collect()).to_string()
}

fn paths(paths: &[PathBuf]) -> String {
    list(paths.iter().map(|path| path.display().to_string().into()))
}
