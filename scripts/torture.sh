#!/bin/bash
# Every fault at every step on the fake host; a power cut at every step of a deploy on three Debians; then
# hundreds of deploys on real hosts that are killed, cut off, starved of disk and rebooted at random
# moments. RUNS says how many [400], SEED repeats the moments of an earlier run.
set -euo pipefail
cd "$(dirname "$0")/.."
export UPSCTL_TORTURE="${RUNS:-400}"
cargo test --test transaction -- --nocapture
cargo test --test lab_power_cut -- --nocapture --test-threads=1
cargo test --test lab_torture -- --nocapture --test-threads=2
