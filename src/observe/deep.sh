# The wider look of `doctor`: read-only, part of the same answer. Needs `section` and `look` of
# probe.sh. A command that hangs is given up; one that is not there ends with status 127.

# Paths that the given configuration files name, comments left out.
deep_paths() {
  sed 's/^[[:space:]]*#.*//' "$@" 2>/dev/null | grep -oE '/[A-Za-z0-9._/+-]+' | sort -u
}

# Connects as a client would and asks the server for its version, which needs no login.
deep_connect() {
  said=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "VER\nLOGOUT\n" >&3 && IFS= read -r -u 3 line && printf "%s" "$line"' \
    "$1" "$2" 2>&1)
  printf 'tcp %s %s %s %s\n' "$1" "$2" "$?" "$(printf '%s' "$said" | head -c 300 | tr '\n' ' ')"
}

deep_resolve() {
  found=$(timeout 3 getent ahosts "$1" 2>&1)
  printf 'name %s %s %s\n' "$1" "$?" "$(printf '%s\n' "$found" | cut -d' ' -f1 | sort -u | tr '\n' ' ')"
}

# One line for each server that upsmon watches: all of them at once, for a dead one takes 3 s.
deep_network() {
  for target in $(
    printf '%s\n' $SYSTEMS $(sed -n \
      's/^[[:space:]]*MONITOR[[:space:]]\{1,\}"\{0,1\}\([^[:space:]"]*\).*/\1/p' "$ROOT/etc/nut/upsmon.conf" 2>/dev/null) |
      sed -n 's/^[^@]*@//p' | sort -u
  ); do
    case $target in
      \[*\]:*) host=${target#\[} host=${host%%\]*} port=${target##*:} ;;
      \[*\]) host=${target#\[} host=${host%\]} port=3493 ;;
      *:*) host=${target%%:*} port=${target##*:} ;;
      *) host=$target port=3493 ;;
    esac
    deep_connect "$host" "$port" &
    case $host in *[!0-9.]*) case $host in *:*) ;; *) deep_resolve "$host" & ;; esac ;; esac
  done
  wait
}

# What the account nut, as which upsd and the scripts run, may do with a path: `r`, `w`, `x`.
deep_rights() {
  runuser -u nut -- sh -c 'for path; do
      may=-
      [ -r "$path" ] && may=${may}r
      [ -w "$path" ] && may=${may}w
      [ -x "$path" ] && may=${may}x
      printf "%s %s\n" "$may" "$path"
    done' sh "$@" 2>&1
}

deep_firewall() {
  if command -v nft >/dev/null; then
    timeout 4 nft list ruleset 2>&1 | grep -E 'hook input|policy|dport|drop|reject|jump|iifname|accept' | head -n 150
  elif command -v iptables-save >/dev/null; then
    timeout 4 iptables-save -t filter 2>&1 | grep -E '^:INPUT|dport|DROP|REJECT|^-A INPUT' | head -n 150
  else
    return 127
  fi
  for rules in "$ROOT"/etc/pve/firewall/*.fw "$ROOT"/etc/pve/local/host.fw; do
    [ -f "$rules" ] && grep -HE '^enable|^policy_in|3493|nut' "$rules"
  done
  return 0
}

deep_processes() {
  ps -eo pid=,ppid=,user=,pcpu=,etimes=,comm= | while read -r pid parent user cpu age comm; do
    case $comm in
      upsd | upsmon | upssched | *usb* | *-ups | nutdrv* | blazer* | apcsmart* | apcupsd | pwrstatd | bcmxcp* | mge* | riello* | tripplite*)
        printf '%s %s %s %s %s %s\n' "$pid" "$parent" "$user" "$cpu" "$age" "$comm" ;;
    esac
  done
}

deep_journal() {
  name=$1 count=$2
  shift 2
  look "deep journal $name" timeout 6 journalctl --no-pager -q -o short-unix -b -n "$count" "$@"
}

deep() {
  section "deep network"
  command -v upsc >/dev/null && deep_network
  # shellcheck disable=SC2046
  look "deep paths" stat -L -c '%n|%F|%U|%G|%a|%Y|%s' \
    $(deep_paths "$ROOT/etc/nut/upsmon.conf" "$ROOT/etc/nut/ups.conf" "$ROOT/etc/nut/upssched.conf") \
    "$ROOT"/etc/nut/* /sbin/shutdown /sbin/poweroff /run/nut /lib/systemd/system-shutdown/nutshutdown /etc/killpower
  look "deep rights" deep_rights \
    "$ROOT/etc/nut" "$ROOT"/etc/nut/*.conf "$ROOT/etc/nut/upsd.users" /run/nut \
    $(deep_paths "$ROOT/etc/nut/upsmon.conf" "$ROOT/etc/nut/upssched.conf")
  flag=$(sed -n 's/^[[:space:]]*POWERDOWNFLAG[[:space:]]\{1,\}"\{0,1\}\([^[:space:]"]*\).*/\1/p' "$ROOT/etc/nut/upsmon.conf" 2>/dev/null | tail -n 1)
  [ -n "$flag" ] && [ -f "$flag" ] && look "deep flag" head -c 64 "$flag"
  look "deep drivers" ls -1 /lib/nut
  look "deep disk" timeout 3 df -P / /etc /etc/nut /run /run/nut /var /var/log /var/lib
  look "deep inodes" timeout 3 df -Pi / /etc/nut /run/nut /var
  look "deep mounts" grep -E ' (/|/etc|/etc/nut|/run|/var|/var/log) ' /proc/mounts
  look "deep processes" deep_processes
  look "deep firewall" deep_firewall
  look "deep wrappers" grep -Hsv '^[[:space:]]*\(#.*\)\{0,1\}$' "$ROOT/etc/hosts.allow" "$ROOT/etc/hosts.deny"
  look "deep usbnodes" stat -c '%n|%U|%G|%a' /dev/bus/usb/*/*
  look "deep rivals" systemctl show --no-pager -p Id,LoadState,ActiveState apcupsd.service pwrstatd.service upower.service
  deep_journal monitor 120 -u nut-monitor
  deep_journal server 120 -u nut-server
  deep_journal driver 80 -u nut-driver.service -u 'nut-driver@*'
  [ -n "$USB" ] && look "deep kernel" sh -c "dmesg 2>/dev/null | grep -iE 'usb.*(disconnect|descriptor|error -)' | tail -n 8"
  return 0
}
