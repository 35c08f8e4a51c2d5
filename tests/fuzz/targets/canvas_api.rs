//! `cargo fuzz run --fuzz-dir tests/fuzz canvas_api`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("canvas_api", data);
});
