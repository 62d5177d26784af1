#!/bin/bash
# Shell that runs on hosts is POSIX sh; what runs here is bash.
set -euo pipefail
cd "$(dirname "$0")/.."
# SC2034, SC2154, SC2148: the pieces are joined before they run, so names come from the others.
# SC2086, SC2046, SC2013: lists of units, files and UPSes are words, and split on purpose.
# SC2015: `a && b || refuse` means just that: refuse when either fails.
# SC2016: dpkg-query and the inner sh expand these, not this shell.
# SC2317: functions are called from the other pieces.
# SC2153: PORT is a setting, port a loop variable.
shellcheck -s sh -e SC2034,SC2154,SC2148,SC2086,SC2046,SC2013,SC2015,SC2016,SC2317,SC2153 src/*/*.sh
shellcheck -x scripts/*.sh .ci/run tests/lab/lab tests/lab/lib/*.sh tests/lab/selftest.sh
shellcheck tests/fake_host/shim.sh
