//! The override: one marked block in the hosts file, and the watcher that takes it back whatever happens to us.
