//! `hostile::token`, driven by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|tape: &[u8]| hostile::token::holds(tape));
