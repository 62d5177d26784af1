# The wider look of `doctor`: read-only, part of the same answer. Needs `section` and `look` of
# probe.sh. A command that hangs is given up; one that is not there ends with status 127.

# Paths that the given configuration files name, comments left out.
deep_paths() {
  sed 's/^[[:space:]]*#.*//' "$@" 2>/dev/null | grep -oE '/[A-Za-z0-9._/+-]+' | sort -u
}

# The same, and the folders they are in.
deep_places() {
  for path in $(deep_paths "$@"); do
    printf '%s\n%s\n' "$path" "${path%/*}/"
  done | sort -u
}

# Connects as a client would and asks the server for its version, which needs no login.
deep_connect() {
  said=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf + && printf "VER\nLOGOUT\n" >&3 && IFS= read -r -u 3 line && printf "%s" "$line"' \
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
  timeout 4 runuser -u nut -- sh -c 'for path; do
      may=-
      [ -r "$path" ] && may=${may}r
      [ -w "$path" ] && may=${may}w
      [ -x "$path" ] && may=${may}x
      printf "%s %s\n" "$may" "$path"
    done' sh "$@" 2>&1
}

deep_firewall() {
  tools=0
  if command -v nft >/dev/null; then
    tools=1
    timeout 4 nft -a list ruleset 2>&1 | grep -E '^table|chain |hook (in|out)put|policy|dport|drop|reject|jump|iifname|accept|redirect|dnat' | head -n 200
  fi
  # iptables-legacy keeps rules that nft does not list.
  for save in iptables-legacy-save ip6tables-legacy-save; do
    command -v $save >/dev/null || continue
    tools=1
    timeout 4 $save 2>/dev/null | grep -E '^:(INPUT|OUTPUT)|dport|DROP|REJECT|^-A (INPUT|OUTPUT|PREROUTING)' | sed 's/^/legacy /' | head -n 80
  done
  if [ $tools = 0 ]; then
    command -v iptables-save >/dev/null || return 127
    timeout 4 iptables-save 2>&1 | grep -E '^:(INPUT|OUTPUT)|dport|DROP|REJECT|^-A (INPUT|OUTPUT|PREROUTING)' | head -n 150
  fi
  for rules in "$ROOT"/etc/pve/firewall/*.fw "$ROOT"/etc/pve/local/host.fw; do
    [ -f "$rules" ] && grep -HE '^enable|^policy_in|3493|nut' "$rules"
  done
  return 0
}

# The folders in which upssched makes its pipe and its lock.
deep_upssched() {
  sed -n 's/^[[:space:]]*\(PIPEFN\|LOCKFN\)[[:space:]]\{1,\}"\{0,1\}\([^[:space:]"]*\/\)[^/]*$/\2/p' "$ROOT/etc/nut/upssched.conf" 2>/dev/null | sort -u
}

# The accounts that NUT's files name, and NUT's own: `NAME yes` or `NAME no`.
deep_accounts() {
  for name in nut $(sed -n \
    -e 's/^[[:space:]]*RUN_AS_USER[[:space:]]\{1,\}"\{0,1\}\([A-Za-z0-9._-]*\).*/\1/p' \
    -e 's/^[[:space:]]*user[[:space:]]*=[[:space:]]*"\{0,1\}\([A-Za-z0-9._-]*\).*/\1/p' \
    "$ROOT/etc/nut/upsmon.conf" "$ROOT/etc/nut/ups.conf" 2>/dev/null | sort -u); do
    if timeout 3 getent passwd "$name" >/dev/null; then echo "$name yes"; else echo "$name no"; fi
  done
}

# Where a shell finds the words of SHUTDOWNCMD that are no paths.
deep_commands() {
  for word in $(sed -n 's/^[[:space:]]*SHUTDOWNCMD[[:space:]]\{1,\}//p' "$ROOT/etc/nut/upsmon.conf" 2>/dev/null | tr -c 'A-Za-z0-9._/+-' '\n' | grep '^[A-Za-z]' | sort -u); do
    printf '%s %s\n' "$word" "$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$word")"
  done
}

# Where Debian keeps the drivers: in one of these.
deep_drivers() {
  for folder in "$ROOT/lib/nut" "$ROOT/usr/lib/nut" "$ROOT"/usr/lib/*/nut; do
    [ -d "$folder" ] && ls -1 "$folder" && found=1
  done
  [ -n "$found" ]
}

# What the target of the next boot brings up.
deep_boot() {
  timeout 4 systemctl list-dependencies --plain --no-pager default.target
}

deep_processes() {
  ps -eo pid=,ppid=,user:20=,pcpu=,etimes=,comm= | while read -r pid parent user cpu age comm; do
    case $comm in
      upsd | upsmon | upssched | *usb* | *-ups | nutdrv* | blazer* | apcsmart* | apcupsd | pwrstatd | bcmxcp* | mge* | riello* | tripplite*)
        unit=$(sed -n 's|.*/\([^/]*\)$|\1|p' "/proc/$pid/cgroup" 2>/dev/null | tail -n 1)
        printf '%s %s %s %s %s %s %s\n' "$pid" "$parent" "$user" "$cpu" "$age" "$comm" "${unit:--}" ;;
    esac
  done
}

deep_section_network() {
  section "deep network"
  command -v upsc >/dev/null && deep_network
}

deep_journal() {
  name=$1 count=$2
  shift 2
  aside look "deep journal $name" timeout 4 journalctl --no-pager -q -o short-unix -b -n "$count" "$@"
}

# What a UPS of this host says a few seconds later, unless it says that all is well: a word may be a
# blip.
deep_again() {
  for system in $seen; do
    case $system in *@127.0.0.1) ;; *) continue ;; esac
    case $(timeout 2 upsc "$system" ups.status 2>/dev/null) in
      OL | "OL CHRG" | "") ;;
      *) sleep 2; printf '%s %s\n' "$system" "$(timeout 2 upsc "$system" ups.status 2>/dev/null)" ;;
    esac
  done
}

# Everything at once: what hangs costs its own time alone.
deep() {
  deep_all
  wait
}

deep_all() {
  aside deep_section_network
  aside look "deep again" deep_again
  # shellcheck disable=SC2046
  aside look "deep paths" timeout 4 stat -L -c '%n|%F|%U|%G|%a|%Y|%s' \
    $(deep_places "$ROOT/etc/nut/upsmon.conf" "$ROOT/etc/nut/ups.conf" "$ROOT/etc/nut/upssched.conf") \
    "$ROOT"/etc/nut/* /sbin/shutdown /sbin/poweroff /run/nut /lib/systemd/system-shutdown/nutshutdown /etc/killpower
  aside look "deep rights" deep_rights \
    "$ROOT/etc/nut" "$ROOT"/etc/nut/*.conf "$ROOT/etc/nut/upsd.users" /run/nut \
    $(deep_places "$ROOT/etc/nut/upsmon.conf" "$ROOT/etc/nut/upssched.conf")
  aside look "deep upssched" deep_upssched
  aside look "deep accounts" deep_accounts
  aside look "deep commands" deep_commands
  aside look "deep boot" deep_boot
  flag=$(sed -n 's/^[[:space:]]*POWERDOWNFLAG[[:space:]]\{1,\}"\{0,1\}\([^[:space:]"]*\).*/\1/p' "$ROOT/etc/nut/upsmon.conf" 2>/dev/null | tail -n 1)
  [ -n "$flag" ] && [ -f "$flag" ] && aside look "deep flag" head -c 64 "$flag"
  aside look "deep drivers" deep_drivers
  aside look "deep disk" timeout 3 df -P / /etc /etc/nut /run /run/nut /var /var/log /var/lib
  aside look "deep inodes" timeout 3 df -Pi / /etc/nut /run/nut /var
  aside look "deep mounts" grep -E ' (/|/etc|/etc/nut|/run|/var|/var/log) | (nfs4?|cifs|smb3) ' /proc/mounts
  aside deep_guests
  aside look "deep processes" deep_processes
  aside look "deep firewall" deep_firewall
  aside look "deep wrappers" grep -Hsv '^[[:space:]]*\(#.*\)\{0,1\}$' "$ROOT/etc/hosts.allow" "$ROOT/etc/hosts.deny"
  aside look "deep usbnodes" stat -c '%n|%U|%G|%a' /dev/bus/usb/*/*
  aside look "deep rivals" timeout 4 systemctl show --no-pager -p Id,LoadState,ActiveState apcupsd.service pwrstatd.service upower.service
  deep_journal monitor 120 -u nut-monitor
  deep_journal server 120 -u nut-server
  deep_journal driver 80 -u nut-driver.service -u 'nut-driver@*'
  [ -n "$USB" ] && aside look "deep kernel" timeout 3 sh -c "dmesg 2>/dev/null | grep -iE 'usb.*(disconnect|descriptor|error -)' | tail -n 8"
  return 0
}
