//! What the tunnels of one process share.

use std::sync::Arc;

use super::rights::Rights;
use super::trust::Keys;
use crate::ssh::prompt::Prompt;
use crate::tasks::Tasks;

/// Who is asked, what was answered, what was lent, and where tasks run.
pub struct Shared {
    pub(super) prompt: Arc<dyn Prompt>,
    pub(super) keys: Arc<Keys>,
    pub(super) rights: Rights,
    pub(super) tasks: Tasks,
    /// How many tunnels there are.
    pub(super) tunnels: usize,
}

impl Shared {
    /// For so many tunnels. `at_terminal`: whether a person can be asked for a password.
    pub fn new(prompt: Arc<dyn Prompt>, at_terminal: bool, tunnels: usize, tasks: &Tasks) -> Self {
        let rights = Rights::new(Arc::clone(&prompt), at_terminal);
        let keys = Arc::new(Keys::new(Arc::clone(&prompt)));
        Self { prompt, keys, rights, tasks: tasks.clone(), tunnels }
    }
}
