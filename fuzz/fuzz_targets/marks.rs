#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hangspy::fuzzing::run("marks", bytes));
