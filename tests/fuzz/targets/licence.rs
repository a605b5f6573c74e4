//! The program of the target `licence`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::licence(data));
