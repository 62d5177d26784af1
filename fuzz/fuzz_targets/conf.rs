#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| upsctl_fuzz::conf(data));
