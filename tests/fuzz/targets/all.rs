//! Every target in one program, for `tests/fuzz/run`: the variable `FUZZ_TARGET` says which one runs.

#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<String> = LazyLock::new(|| std::env::var("FUZZ_TARGET").unwrap_or_default());

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    accolade_fuzz::run(&TARGET, data);
});
