#!/bin/bash
# Every fault at every step on the fake host, then hundreds of deploys on real hosts that are killed,
# cut off, starved of disk and rebooted at random moments. RUNS says how many [200].
set -euo pipefail
cd "$(dirname "$0")/.."
export UPSCTL_TORTURE="${RUNS:-200}"
cargo test --test transaction -- --nocapture
cargo test --test lab_torture -- --nocapture --test-threads=2
