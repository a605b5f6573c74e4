//! The program of the target `ssh_config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::ssh_config(data));
