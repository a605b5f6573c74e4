//! A client of the end-to-end tests.
fn main() {}
