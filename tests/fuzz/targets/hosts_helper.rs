//! The program of the target `hosts_helper`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::hosts_helper(data));
