#!/bin/bash
# A site of two real hosts in a lab: diff, deploy, verify, a hand edit and a fault; then the lab stays
# for playing. It can be run again at any time and begins anew.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != built ]; then
  cargo build --quiet --release
fi
if [ "$(id -u)" != 0 ]; then
  # The lab needs root; the build is the user's own.
  exec sudo env "PATH=$PATH" "$0" built
fi
upsctl=$PWD/target/release/upsctl
lab=tests/lab/lab
dir=$PWD/.lab/demo

echo "Booting two Debian 12 hosts as Debian ships NUT: unconfigured, MODE=none."
$lab down demo >/dev/null 2>&1 || true
$lab up demo pve=bookworm,192.0.2.10 nas=bookworm,192.0.2.11
$lab in demo pve sh -c "umask 022; printf 'ups.status: OL\nbattery.charge: 100\nbattery.runtime: 1800\n' >/etc/nut/ups.dev"
mkdir -p "$dir"
cat >"$dir/site.toml" <<'TOML'
# The demo's site: a UPS on pve, and nas that it feeds too.
[ups.ups]
host = "pve"
driver = "dummy-ups"        # reads /etc/nut/ups.dev instead of a cable
port = "ups.dev"
desc = "Demo UPS"

[hosts.pve]
address = "pve"             # a Host alias of the lab's ssh configuration
nut_address = "192.0.2.10"

[hosts.nas]
address = "nas"
powered_by = ["ups"]
shutdown_takes = "10s"

[secrets]
password = { command = "printf '%s-demo-password' {user}" }
TOML
cat >"$dir/upsctl" <<SH
#!/bin/sh
# upsctl in the demo's network.
exec $PWD/$lab exec demo $upsctl -i $dir/site.toml --ssh-config $($lab path demo)/ssh_config "\$@"
SH
chmod 755 "$dir/upsctl"

# Shows a command and runs it; $1 is the exit code it must have.
run() {
  local want=$1 got=0
  shift
  printf '\n$ upsctl %s\n' "$*"
  "$dir/upsctl" "$@" || got=$?
  [ "$got" = "$want" ] || { echo "exit code $got, not $want" >&2; exit 1; }
}
# The same for a command on a host.
on() {
  local host=$1
  shift
  printf '\n%s# %s\n' "$host" "$*"
  $lab in demo "$host" sh -c "$*"
}

run 4 diff --exit-code nas
run 0 deploy -y
on nas upsc ups@192.0.2.10 ups.status
on pve upsc -c ups
run 0 verify
run 0 status
run 0 timeline
on pve "echo 'MAXAGE 99' >>/etc/nut/upsd.conf"
run 4 diff --exit-code
run 0 deploy -y
on pve systemctl stop nut-server
run 3 doctor
on pve systemctl start nut-server
run 0 verify
run 0 events --since 10m

cat <<TEXT

The lab stays up. To play$([ -z "${SUDO_USER:-}" ] || echo ', with sudo'):
  .lab/demo/upsctl diff             upsctl in the lab's network; the inventory is .lab/demo/site.toml
  .lab/demo/upsctl status --watch   how long, who goes down when; stays and redraws
  $lab ssh demo pve         look around on the server
  $lab in demo pve sed -i 's/^ups.status:.*/ups.status: OB LB/' /etc/nut/ups.dev
                                    mains fail, the battery is low: $lab list
                                    soon says that nas is off, then pve
  $lab down demo            end it; \`make demo\` begins anew
TEXT
