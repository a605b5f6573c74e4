//! A running licence host for tests, and hands to use it with.
