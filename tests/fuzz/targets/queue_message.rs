//! `hostile::queue_message`, driven by libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|tape: &[u8]| hostile::queue_message::holds(tape));
