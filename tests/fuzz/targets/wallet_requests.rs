//! `cargo fuzz run --fuzz-dir tests/fuzz wallet_requests`

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run("wallet_requests", data);
});
