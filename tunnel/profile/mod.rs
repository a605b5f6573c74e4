//! What is kept about a server: `lictunnel.toml`.
