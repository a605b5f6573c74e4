//! The program of the target `ssh_dump`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| licgate_fuzz::ssh_dump(data));
