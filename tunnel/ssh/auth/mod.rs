//! Logging in: agent, key files, certificates, questions, passwords.
