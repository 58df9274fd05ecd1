//! `hostile::vaka_page`, driven by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|tape: &[u8]| hostile::vaka_page::holds(tape));
