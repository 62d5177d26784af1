#!/bin/bash
# A site of two real hosts in a lab: diff, deploy and verify against it, then leave it for playing.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  # The lab needs root; the build does not.
  cargo build --quiet --release
  exec sudo env "PATH=$PATH" "$0"
fi
cargo build --quiet --release
upsctl=$PWD/target/release/upsctl
lab=tests/lab/lab
dir=$PWD/.lab/demo

$lab down demo >/dev/null 2>&1 || true
$lab up demo pve=bookworm,192.0.2.10 nas=bookworm,192.0.2.11
$lab in demo pve sh -c "printf 'ups.status: OL\nbattery.charge: 100\nbattery.runtime: 1800\n' >/etc/nut/ups.dev; chmod 644 /etc/nut/ups.dev"
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

run() {
  printf '\n$ upsctl %s\n' "$*"
  $lab exec demo "$upsctl" -i "$dir/site.toml" --ssh-config "$($lab path demo)/ssh_config" "$@"
}
run diff
run deploy -y
run verify

cat >"$dir/upsctl" <<SH
#!/bin/sh
# upsctl in the demo's network.
exec $PWD/$lab exec demo $upsctl -i $dir/site.toml --ssh-config $($lab path demo)/ssh_config "\$@"
SH
chmod +x "$dir/upsctl"
cat <<TEXT

The lab stays up. To play (as root):
  .lab/demo/upsctl diff                       upsctl in the lab's network
  $lab ssh demo pve                  look around on the server
  $lab in demo pve sed -i 's/^ups.status:.*/ups.status: OB LB/' /etc/nut/ups.dev
                                              mains fail: watch nas go down first
  $lab list; $lab down demo     see it; end it
TEXT
