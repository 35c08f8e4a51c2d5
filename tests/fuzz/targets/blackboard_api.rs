//! `cargo fuzz run --fuzz-dir tests/fuzz blackboard_api`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("blackboard_api", data);
});
