#!/bin/bash
# What `upsctl diff` of a host in sync, and `upsctl status`, cost beside a plain ssh that reads the same, as a ratio.
# Both are cold: a process and a connection of their own each time. They take turns, and what counts
# is the ratio of each pair, so that load on the machine meets both.
# PAIRS=N sets how often (default 21), SUITE the host's Debian (default bookworm).
set -euo pipefail
cd "$(dirname "$0")/.."
lab=tests/lab/lab
name=demo-bench
pairs=${PAIRS:-21}

# The readings of src/observe/probe.sh, as one would type them.
read -r -d '' plain <<'SH' || true
id -un; cat /proc/sys/kernel/hostname; date +%s; cut -d' ' -f1 /proc/uptime
grep -E '^(ID|ID_LIKE|PRETTY_NAME)=' /etc/os-release
dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\n' 'nut-*'
cd /etc/nut; stat -c '%n|%F|%U|%G|%a|%Y|%N' . nut.conf ups.conf upsd.conf upsd.users upsmon.conf
cat nut.conf ups.conf upsd.conf upsd.users upsmon.conf
systemctl show --no-pager -p Id,LoadState,ActiveState,SubState,UnitFileState,Result,MainPID,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,NRestarts,ExecMainStatus,NeedDaemonReload nut-server.service nut-monitor.service nut-driver.service nut-driver-enumerator.service nut-driver-enumerator.path nut-driver.target nut.target 'nut-driver@*.service' nut-driver@ups.service
ss -Hltnp; ip -o addr show scope global
upsc ups@127.0.0.1; upsc -c ups@127.0.0.1
SH

# Microseconds that a command takes; what it says is thrown away, a failure ends the bench.
took() {
  local from=${EPOCHREALTIME/./}
  "$@" >/dev/null 2>&1 </dev/null || { echo "failed: ${*:0:9} …" >&2; exit 1; }
  echo $((${EPOCHREALTIME/./} - from))
}

# Prints the median, least and most of numbers on stdin, divided by $2.
say() {
  sort -n | awk -v what="$1" -v unit="$2" -v digits="$3" '
    { value[NR] = $1 / unit }
    END {
      form = "%-18s median %." digits "f   min %." digits "f   max %." digits "f   of %d\n"
      printf form, what, value[int((NR + 1) / 2)], value[1], value[NR], NR
    }'
}

# Runs inside the lab's network, so that what is timed is started without a detour.
race() {
  local upsctl=(target/release/upsctl -i "$2/site.toml" --ssh-config "$1" "${@:3}")
  local ssh=(ssh -F "$1" root@pve "$plain")
  local pair a b
  rm -f "$2"/{upsctl,ssh,ratio}
  # The first of each finds cold caches.
  took "${ssh[@]}" >/dev/null
  took "${upsctl[@]}" >/dev/null
  for pair in $(seq "$pairs"); do
    if [ $((pair % 2)) = 0 ]; then
      b=$(took "${ssh[@]}")
      a=$(took "${upsctl[@]}")
    else
      a=$(took "${upsctl[@]}")
      b=$(took "${ssh[@]}")
    fi
    echo "$a" >>"$2/upsctl"
    echo "$b" >>"$2/ssh"
    echo $((a * 10000 / b)) >>"$2/ratio"
  done
  say "upsctl $3, ms" 1000 0 <"$2/upsctl"
  say 'plain ssh, ms' 1000 0 <"$2/ssh"
  say 'ratio of the pairs' 10000 3 <"$2/ratio"
}

if [ "${1:-}" = inside ]; then
  race "$2" "$3" diff --exit-code
  race "$2" "$3" status
  exit
fi
if [ "$(id -u)" != 0 ]; then
  cargo build --quiet --release
  exec sudo env "PATH=$PATH" "PAIRS=$pairs" "SUITE=${SUITE:-bookworm}" "$0" built
fi
[ "${1:-}" = built ] || cargo build --quiet --release

dir=$(mktemp -d)
trap '$lab down $name; rm -rf "$dir"' EXIT
$lab down "$name" 2>/dev/null || true
$lab up "$name" "pve=${SUITE:-bookworm},192.0.2.10"
$lab in "$name" pve sh -c "umask 022; printf 'ups.status: OL\nbattery.charge: 100\n' >/etc/nut/ups.dev"
cat >"$dir/site.toml" <<'TOML'
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"

[hosts.pve]
address = "pve"
user = "root"

[secrets]
password = { literal = "bench" }
TOML
config=$($lab path "$name")/ssh_config
$lab exec "$name" target/release/upsctl -i "$dir/site.toml" --ssh-config "$config" deploy -y -q >/dev/null
$lab exec "$name" env "PAIRS=$pairs" "$PWD/scripts/bench.sh" inside "$config" "$dir"
