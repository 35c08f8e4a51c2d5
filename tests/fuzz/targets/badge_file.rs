//! `cargo fuzz run --fuzz-dir tests/fuzz badge_file`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("badge_file", data);
});
