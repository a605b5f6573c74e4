//! The program of the target `signed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::signed(data));
