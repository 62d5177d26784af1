#!/bin/bash
# Every test. Those with real hosts run one after the other: two cores boot only so many at once.
set -euo pipefail
cd "$(dirname "$0")/.."
if tests/lab/lab check; then
  # Bases first, so that no test waits for a download.
  tests/lab/lab base bullseye bookworm trixie
elif [ "${CI:-}" = true ]; then
  echo "the lab cannot run here, and in CI it must" >&2
  exit 1
fi
cargo test --no-fail-fast -- --test-threads="${TEST_THREADS:-3}"
