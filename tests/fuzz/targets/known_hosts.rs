//! The program of the target `known_hosts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::known_hosts(data));
