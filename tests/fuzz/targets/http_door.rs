//! `hostile::http_door`, driven by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|tape: &[u8]| hostile::http_door::holds(tape));
