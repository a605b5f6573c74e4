//! The program of the target `look`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::look(data));
