#!/bin/bash
# Every test: first what needs no hosts, then what does. LAB_THREADS=N runs N of the latter at a time
# (default 2; each boots up to three hosts, and two cores boot only so many at once). `test.sh quick`
# runs the first kind alone.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = quick ]; then
  :
elif tests/lab/lab check; then
  # Bases first, so that no test waits for a download.
  tests/lab/lab base bullseye bookworm trixie forky
elif [ "${CI:-}" = true ]; then
  echo "the lab cannot run here, and in CI it must" >&2
  exit 1
fi
quick=()
for file in tests/*.rs; do
  name=$(basename "$file" .rs)
  case $name in lab_*) ;; *) quick+=(--test "$name") ;; esac
done
# Both run, so that one run tells everything.
failed=0
cargo test --no-fail-fast --lib --bins "${quick[@]}" || failed=1
[ "${1:-}" = quick ] || cargo test --no-fail-fast --test 'lab_*' -- --test-threads="${LAB_THREADS:-2}" || failed=1
if [ $failed = 0 ]; then echo "all tests passed"; else echo "there are failures, see above"; fi
exit $failed
