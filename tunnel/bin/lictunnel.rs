//! The lictunnel program.
fn main() {}
