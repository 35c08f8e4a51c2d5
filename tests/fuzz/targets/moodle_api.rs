//! `cargo fuzz run --fuzz-dir tests/fuzz moodle_api`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("moodle_api", data);
});
