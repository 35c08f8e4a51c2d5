//! `cargo fuzz run --fuzz-dir tests/fuzz verify_form`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("verify_form", data);
});
