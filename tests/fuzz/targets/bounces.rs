//! `cargo fuzz run --fuzz-dir tests/fuzz bounces`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("bounces", data);
});
