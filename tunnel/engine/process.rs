//! What the tunnels of one process share.

use std::sync::Arc;

use super::rights::Rights;
use super::spec::Spec;
use super::trust::Keys;
use crate::discover::is_same_host;
use crate::ssh::prompt::Prompt;
use crate::tasks::Tasks;

/// Who is asked, what was answered, what was lent, and where tasks run.
pub struct Shared {
    pub(super) prompt: Arc<dyn Prompt>,
    pub(super) keys: Arc<Keys>,
    pub(super) rights: Rights,
    pub(super) tasks: Tasks,
    /// The servers of all tunnels with the names that the user gives them.
    servers: Vec<(String, Vec<String>)>,
}

impl Shared {
    /// For tunnels to these. `at_terminal`: whether a person can be asked for a password.
    pub fn new(prompt: Arc<dyn Prompt>, at_terminal: bool, specs: &[Spec], tasks: &Tasks) -> Self {
        let rights = Rights::new(Arc::clone(&prompt), at_terminal);
        let keys = Arc::new(Keys::new(Arc::clone(&prompt)));
        let servers = specs.iter().map(|spec| (spec.server.clone(), spec.names())).collect();
        Self { prompt, keys, rights, tasks: tasks.clone(), servers }
    }

    /// How many tunnels there are.
    pub(super) fn tunnels(&self) -> usize {
        self.servers.len()
    }

    /// Whether the user gives this name to another server than this one. The three servers of a triad have one licence file, in
    /// which each finds the names of all.
    pub(super) fn is_anothers(&self, server: &str, name: &str) -> bool {
        let mut others = self.servers.iter().filter(|(other, _)| other != server);
        others.any(|(_, names)| names.iter().any(|other| is_same_host(other, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::ssh::prompt::Nobody;

    #[tokio::test]
    async fn a_name_that_the_user_gives_to_another_server_is_that_ones() {
        let spec = |server: &str, names: &[&str]| Spec {
            server: server.to_owned(),
            profile: Profile {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                ..Profile::default()
            },
            masters: Vec::new(),
            at_terminal: false,
        };
        let specs = [spec("ada@lic1", &["old"]), spec("lic2", &[])];
        let shared = Shared::new(Arc::new(Nobody), false, &specs, &Tasks::new());
        assert_eq!(shared.tunnels(), 2);
        for (name, of_first, of_second) in [
            ("lic1", false, true),
            ("OLD", false, true),
            ("lic2.corp.example", true, false),
            ("lic3", false, false),
        ] {
            assert_eq!(shared.is_anothers("ada@lic1", name), of_first, "{name}");
            assert_eq!(shared.is_anothers("lic2", name), of_second, "{name}");
        }
    }
}
