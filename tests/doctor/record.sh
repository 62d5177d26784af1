#!/bin/bash
# Records what broken hosts look like: breaks one thing on real lab hosts, runs `upsctl doctor
# --save`, mends it. `tests/doctor.rs` says which rule each recording must name first.
#
#   tests/doctor/record.sh LAB [CASE...]     # the lab has pve (a server) and nas (its client)
#
# The hosts' /sbin/shutdown is replaced, so that a power failure ends no host. UPSCTL names the
# binary; KEEP=1 leaves the last fault in place.
set -u
cd "$(dirname "$0")/../.." || exit 1
LAB=$1
shift
L=tests/lab/lab
UPSCTL=${UPSCTL:-$PWD/target/debug/upsctl}
OUT=${OUT:-/tmp/recorded}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
SSH_CONFIG=$($L path "$LAB")/ssh_config

pve() { $L in "$LAB" pve sh -c "$1" >/dev/null 2>&1; }
nas() { $L in "$LAB" nas sh -c "$1" >/dev/null 2>&1; }
upsctl() { $L exec "$LAB" "$UPSCTL" -i "$WORK/site.toml" --ssh-config "$SSH_CONFIG" --timeout 4 "$@"; }
edit() { # edit HOST FILE SED-PROGRAM: in place, owner and mode kept
  $L in "$LAB" "$1" sh -c "sed '$3' /etc/nut/$2 >/tmp/edited && cat /tmp/edited >/etc/nut/$2"
}
restart() { for unit in "${@:2}"; do $L in "$LAB" "$1" systemctl restart "$unit" >/dev/null 2>&1; done; }
status() { sleep 1.2; pve "sed -i 's/^ups.status:.*/ups.status: $1/' /etc/nut/ups.dev"; sleep "${2:-4}"; }
ssh_off() { $L cut "$LAB" "$1" >/dev/null; }

site() {
  cat >"$WORK/site.toml" <<X
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
desc = "Rack UPS"
[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"
[hosts.nas]
address = "nas"
nut_address = "192.0.2.11"
powered_by = ["ups"]
[secrets]
password = { command = "echo canary{user}77" }
X
}

device() {
  pve 'cat >/etc/nut/ups.dev <<X
device.mfr: Dummy
device.model: Rack 1500
device.serial: SNCANARY4711
ups.status: OL
ups.load: 23
battery.charge: 100
battery.charge.low: 20
battery.runtime: 2400
battery.runtime.low: 120
input.voltage: 230
X
chown root:nut /etc/nut/ups.dev; chmod 640 /etc/nut/ups.dev'
}

# A healthy site, kept as a tar on each host to come back to.
setup() {
  site
  for host in pve nas; do
    $L in "$LAB" $host sh -c '[ -e /sbin/shutdown.real ] || mv /sbin/shutdown /sbin/shutdown.real
      rm -f /sbin/shutdown; printf "#!/bin/sh\nexit 0\n" >/sbin/shutdown; chmod 755 /sbin/shutdown'
  done
  device
  # Debian's samples are mostly comments, which say nothing of a host.
  for file in ups.conf upsd.conf upsd.users upssched.conf; do edit nas $file '/^#/d;/^$/d'; done
  upsctl deploy -y >"$WORK/deploy" 2>&1 || { tail -20 "$WORK/deploy"; exit 1; }
  for host in pve nas; do $L in "$LAB" $host tar -cpf /root/nut.tar -C / etc/nut; done
}

mend() {
  [ -n "${KEEP:-}" ] && return
  site
  $L mend "$LAB" pve >/dev/null 2>&1
  for host in pve nas; do
    $L in "$LAB" $host sh -c '
      command -v nft >/dev/null && nft flush ruleset; iptables -F
      systemctl stop squatter 2>/dev/null; umount -l /var/log 2>/dev/null
      rm -f /usr/local/bin/date /usr/local/bin/lsusb /etc/killpower
      [ -f /root/resolv.conf ] && cat /root/resolv.conf >/etc/resolv.conf
      pkill -CONT dummy-ups; pkill -KILL upsmon
      find /etc/nut -mindepth 1 -delete; tar -xpf /root/nut.tar -C /
      chown root:nut /etc/nut; chmod 755 /etc/nut
      systemctl unmask nut-server nut-monitor nut-driver@ups
      systemctl reset-failed
      [ -d /run/systemd/system ] && systemctl daemon-reload' >/dev/null 2>&1
  done
  pve 'systemctl enable nut-driver-enumerator.path nut-driver-enumerator.service; systemctl start nut-driver-enumerator.path
    systemctl restart nut-driver-enumerator; sleep 1; systemctl restart nut-driver@ups || systemctl restart nut-driver; systemctl enable nut-server nut-monitor; systemctl restart nut-server nut-monitor'
  nas 'systemctl enable nut-monitor; systemctl restart nut-monitor'
  for host in pve nas; do $L in "$LAB" $host sh -c 'journalctl --rotate; journalctl --vacuum-time=1s' >/dev/null 2>&1; done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    upsctl -q doctor >"$WORK/mended" 2>&1 && return
    sleep 1
  done
  echo "  NOT MENDED: $(head -1 "$WORK/mended")"
}

# --- the faults ---------------------------------------------------------------------------------

break_healthy() { :; }
break_server_stopped() { pve 'systemctl stop nut-server'; }
break_server_masked() { pve 'systemctl mask --now nut-server'; }
break_driver_stopped() { pve 'systemctl stop nut-driver@ups || systemctl stop nut-driver'; sleep 1; }
break_driver_masked() { pve 'systemctl mask --now nut-driver@ups'; sleep 1; }
break_driver_instance_absent() {
  pve 'systemctl disable --now nut-driver-enumerator.path nut-driver-enumerator.service
    printf "[second]\n driver = dummy-ups\n port = ups.dev\n" >>/etc/nut/ups.conf; systemctl reload nut-server'
  sleep 1
}
break_upsmon_stopped() { nas 'systemctl stop nut-monitor'; }
break_upsmon_masked() { nas 'systemctl mask --now nut-monitor'; }
break_mode_none() { edit pve nut.conf 's/^MODE=.*/MODE=none/'; restart pve nut-server nut-monitor; sleep 1; }
break_mode_none_client() { edit nas nut.conf 's/^MODE=.*/MODE=none/'; restart nas nut-monitor; sleep 1; }
break_mode_netclient() { edit pve nut.conf 's/^MODE=.*/MODE=netclient/'; restart pve nut-server nut-monitor; sleep 1; }
break_mode_misspelt() { edit pve nut.conf 's/^MODE=.*/MODE=netserve/'; restart pve nut-server nut-monitor; sleep 1; }
break_wrong_password() { edit nas upsmon.conf 's/canarynas77/canaryold88/'; restart nas nut-monitor; sleep 6; }
break_wrong_password_server() {
  edit pve upsd.users 's/canarynas77/canaryold88/'; pve 'systemctl reload nut-server || upsd -c reload'; restart nas nut-monitor; sleep 6
}
break_unknown_user() { edit nas upsmon.conf 's/ nas / nobody /'; restart nas nut-monitor; sleep 6; }
break_wrong_role() {
  edit pve upsd.users '/\[pve\]/,/^ *upsmon/s/^\( *\)upsmon .*/\1upsmon slave/'
  pve 'systemctl reload nut-server || upsd -c reload'; restart pve nut-monitor; sleep 6
}
break_user_without_role() {
  edit pve upsd.users '/\[nas\]/,/^ *upsmon/{/upsmon/d}'
  pve 'systemctl reload nut-server || upsd -c reload'; restart nas nut-monitor; sleep 6
}
break_duplicate_user() {
  pve 'printf "[pve]\n password = another99\n upsmon slave\n" >>/etc/nut/upsd.users; systemctl reload nut-server || upsd -c reload'
  sleep 1
}
break_two_primaries() { edit nas upsmon.conf 's/\(secondary\|slave\)/master/'; restart nas nut-monitor; sleep 6; }
break_wrong_ups_name() { edit nas upsmon.conf 's/ups@/rack@/'; restart nas nut-monitor; sleep 6; }
break_wrong_target() { edit nas upsmon.conf 's/@192.0.2.10/@192.0.2.99/'; restart nas nut-monitor; sleep 6; }
break_listen_loopback() { edit pve upsd.conf 's/^LISTEN.*/LISTEN 127.0.0.1/'; restart pve nut-server; sleep 6; }
break_listen_absent() { edit pve upsd.conf 's/^LISTEN.*/LISTEN 10.9.9.9/'; restart pve nut-server; sleep 2; }
break_firewall_drop() { pve 'iptables -A INPUT -s 192.0.2.11 -p tcp --dport 3493 -j DROP'; restart nas nut-monitor; sleep 3; }
break_firewall_reject() { pve 'iptables -A INPUT -s 192.0.2.11 -p tcp --dport 3493 -j REJECT'; restart nas nut-monitor; sleep 6; }
break_port_taken() {
  pve 'systemctl stop nut-server; systemd-run --unit squatter nc -lk 0.0.0.0 3493; sleep 1; systemctl start nut-server'
  sleep 2
}
break_wrong_owner() { pve 'chown root:root /etc/nut/ups.conf; chmod 600 /etc/nut/ups.conf'; restart pve nut-server; sleep 2; }
break_users_unreadable() { pve 'chown root:root /etc/nut/upsd.users; chmod 600 /etc/nut/upsd.users'; restart pve nut-server; restart nas nut-monitor; sleep 6; }
break_folder_shut() { pve 'chmod 700 /etc/nut; chown root:root /etc/nut'; restart pve nut-server; sleep 2; }
break_world_readable() { pve 'chmod 644 /etc/nut/upsd.users'; }
break_file_absent() { pve 'rm /etc/nut/upsd.users'; restart pve nut-server; sleep 2; }
break_driver_key() { edit pve ups.conf '/port =/a\  offdelay = 30'; pve 'sleep 2; systemctl restart nut-driver@ups || systemctl restart nut-driver'; sleep 6; }
break_driver_misspelt() { edit pve ups.conf 's/dummy-ups/dumy-ups/'; pve 'sleep 2; systemctl restart nut-driver@ups || systemctl restart nut-driver'; sleep 4; }
break_driver_crash_loop() { edit pve ups.conf 's/dummy-ups/usbhid-ups/;s/ups.dev/auto/'; pve 'sleep 2; systemctl restart nut-driver@ups || systemctl restart nut-driver'; sleep 6; }
break_usb_absent() {
  pve 'printf "#!/bin/sh\necho Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n" >/usr/local/bin/lsusb; chmod 755 /usr/local/bin/lsusb'
  break_driver_crash_loop
}
break_device_absent() {
  edit pve ups.conf 's/dummy-ups/apcsmart/;s/ups.dev/\/dev\/ttyUSB7/'; pve 'sleep 2; systemctl restart nut-driver@ups || systemctl restart nut-driver'; sleep 6
}
break_section_incomplete() { edit pve ups.conf '/port =/d'; pve 'sleep 2; systemctl restart nut-driver@ups nut-server || systemctl restart nut-driver nut-server'; sleep 4; }
break_open_quote() { edit pve ups.conf 's/desc = .*/desc = "Rack UPS/'; pve 'sleep 2; systemctl restart nut-driver@ups nut-server || systemctl restart nut-driver nut-server'; sleep 4; }
break_hash_password() { edit nas upsmon.conf 's/canarynas77/pa#ss99/;s/"pa#ss99"/pa#ss99/'; restart nas nut-monitor; sleep 3; }
break_stale() { pve 'pkill -STOP dummy-ups'; sleep 22; }
break_on_battery() { pve "sed -i 's/^battery.charge:.*/battery.charge: 63/;s/^battery.runtime:.*/battery.runtime: 840/' /etc/nut/ups.dev"; status 'OB DISCHRG' 5; }
break_battery_low() { pve "sed -i 's/^battery.charge:.*/battery.charge: 9/;s/^battery.runtime:.*/battery.runtime: 60/' /etc/nut/ups.dev"; status 'OB DISCHRG LB' 3; }
break_replace_battery() { status 'OL RB' 4; }
break_output_off() { status 'OFF' 4; }
break_overloaded() { status 'OL OVER' 4; }
break_low_on_mains() { pve "sed -i 's/^battery.charge:.*/battery.charge: 15/' /etc/nut/ups.dev"; status 'OL LB CHRG' 4; }
break_fsd() {
  pve "systemctl stop nut-monitor; (printf 'USERNAME pve\nPASSWORD canarypve77\nMASTER ups\nFSD ups\nLOGOUT\n'; sleep 1) | nc -w2 127.0.0.1 3493"
  nas 'systemctl stop nut-monitor'
  sleep 1
}
break_calibration() { status 'OL CAL' 12; status 'OL' 8; }
break_clock() { nas 'printf "#!/bin/sh\n/bin/date -d @\$((\$(/bin/date +%%s) + 10800)) \"\$@\"\n" >/usr/local/bin/date; chmod 755 /usr/local/bin/date'; }
break_dns() {
  nas 'cat /etc/resolv.conf >/root/resolv.conf; echo nameserver 192.0.2.77 >/etc/resolv.conf'
  edit nas upsmon.conf 's/@192.0.2.10/@nut.lab.example/'; restart nas nut-monitor; sleep 4
}
break_disk_full() { pve 'mount -t tmpfs -o size=300k tmpfs /var/log; dd if=/dev/zero of=/var/log/big bs=1k count=299'; }
break_shutdowncmd() { edit nas upsmon.conf 's/^SHUTDOWNCMD.*/SHUTDOWNCMD "\/sbin\/shutdwn -h +0"/'; restart nas nut-monitor; sleep 6; }
break_shutdowncmd_cut() { edit nas upsmon.conf 's/^SHUTDOWNCMD.*/SHUTDOWNCMD \/sbin\/shutdown -h +0/'; restart nas nut-monitor; sleep 6; }
break_shutdowncmd_test() { edit nas upsmon.conf 's/^SHUTDOWNCMD.*/SHUTDOWNCMD "\/usr\/bin\/touch \/tmp\/x"/'; restart nas nut-monitor; sleep 6; }
break_stale_flag() { pve 'printf upsmon-shutdown-file >/etc/killpower'; }
break_not_restarted() { sleep 2; edit nas upsmon.conf 's/^DEADTIME.*/DEADTIME 33/'; nas 'echo "# changed" >>/etc/nut/upsmon.conf'; }
break_users_not_reloaded() { sleep 2; pve 'printf "[late]\n password = late99\n upsmon slave\n" >>/etc/nut/upsd.users'; }
break_minsupplies() { edit nas upsmon.conf '$a MINSUPPLIES 2'; restart nas nut-monitor; sleep 2; }
break_notifycmd() { edit nas upsmon.conf '$a NOTIFYCMD /usr/local/bin/tell-me'; restart nas nut-monitor; sleep 6; }
break_not_at_boot() { nas 'systemctl disable nut-monitor'; }
break_unreachable() { ssh_off pve; restart nas nut-monitor; sleep 3; }
break_truenas_absent() {
  printf '[hosts.vault]\naddress = "192.0.2.12"\nplatform = "truenas"\npowered_by = ["ups"]\n' >>"$WORK/site.toml"
}

ALL=$(declare -F | sed -n 's/^declare -f break_//p')

setup
for case in ${*:-$ALL}; do
  mend
  "break_$case"
  upsctl doctor --save "$WORK/$case.json" >"$WORK/out" 2>&1
  code=$?
  printf '%-26s exit %s  %s\n' "$case" "$code" "$(head -1 "$WORK/out")"
  grep -E '^ +(FAIL|warn|note|\?)|\[[a-z-]+\]' "$WORK/out" | sed 's/^/    /'
  mkdir -p "$OUT" && cp "$WORK/$case.json" "$OUT/$(echo "$case" | tr _ -).json"
done
mend
