//! The program of the target `key_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::key_file(data));
