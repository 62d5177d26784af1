#!/bin/bash
# Shell that runs on hosts is POSIX sh; what runs here is bash.
set -euo pipefail
cd "$(dirname "$0")/.."
# SC2034, SC2154: the pieces are joined before they run, so names come from the other pieces.
# SC2086: lists are split on purpose.
shellcheck -s sh -e SC2034,SC2154,SC2086,SC2148 src/*/*.sh
shellcheck -x scripts/*.sh .ci/run tests/lab/lab tests/lab/lib/*.sh tests/lab/selftest.sh
shellcheck tests/fake_host/shim.sh
