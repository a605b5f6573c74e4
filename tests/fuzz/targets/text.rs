//! The program of the target `text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::text(data));
