#!/bin/bash
# Records what journals look like: an outage that ends, a driver that is stopped and started, a refused
# login, an outage with a low battery, and the next boot. `tests/events.rs` says what must be read.
#
#   tests/journals/record.sh LAB VERSION     # the lab has pve (a server) and nas (its client), deployed
#                                            # with nut_address 192.0.2.10 and passwords canaryNAME77
set -eu
cd "$(dirname "$0")/../.."
LAB=$1
OUT=tests/journals/$2
L=tests/lab/lab
ups() {
  $L in "$LAB" pve sh -c "sed 's/^ups.status:.*/ups.status: $1/' /etc/nut/ups.dev >/etc/nut/ups.new
    chmod 644 /etc/nut/ups.new; mv /etc/nut/ups.new /etc/nut/ups.dev"
  sleep "$2"
}
driver() {
  $L in "$LAB" pve sh -c "systemctl $1 nut-driver@ups 2>/dev/null || systemctl $1 nut-driver"
  sleep 12
}
course() {
  sleep 12
  ups 'OB DISCHRG' 12
  ups OL 10
  driver stop
  driver start
  $L in "$LAB" nas sh -c 'cp -p /etc/nut/upsmon.conf /root/kept
    sed -i s/canarynas77/canaryold88/ /etc/nut/upsmon.conf; systemctl restart nut-monitor; sleep 8
    cat /root/kept >/etc/nut/upsmon.conf; systemctl restart nut-monitor; sleep 9'
  ups 'OB DISCHRG LB' 0
  $L wait "$LAB" nas off 60
  $L wait "$LAB" pve off 60
  sed -i 's/^ups.status:.*/ups.status: OL/' "$($L path "$LAB")/hosts/pve/root/etc/nut/ups.dev"
  $L start "$LAB" pve
  $L start "$LAB" nas
  $L wait "$LAB" pve up 60
  $L wait "$LAB" nas up 60
  sleep 15
}
[ -n "${RECORD_ONLY:-}" ] || course
mkdir -p "$OUT"
set_of() { printf "%s " "${@:2}" | sed "s/[^ ]\+/$1=&/g"; }
units='nut-monitor.service nut-server.service'
about="$units nut-driver.service nut-driver@ups.service poweroff.target reboot.target halt.target"
# shellcheck disable=SC2086
matches="$(set_of _SYSTEMD_UNIT $units)+ _PID=1 $(set_of UNIT $about)+ _SYSTEMD_UNIT=systemd-journald.service MESSAGE_ID=f77379a8490b408bbe5f6940505a777b MESSAGE_ID=d93fb3c9c24d451a97cea615ce59c00b"
for host in pve nas; do
  {
    printf "NONCE=nonce ROOT= SPAN=86400 CURSOR= MOST=5000 MATCHES='%s'\n" "$matches"
    cat src/observe/journal.sh
  } | $L in "$LAB" "$host" sh -s |
    grep -av -e 'fopen' -e 'PID file' -e 'foreground' -e 'sock_connect' -e 'SSL' |
    sed 's/"__CURSOR":"[^"]*"/"__CURSOR":"c"/' >"$OUT/$host.txt"
done
