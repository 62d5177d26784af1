# The look: read-only, one answer. Expects NONCE ROOT UNITS SYSTEMS CLIENTS_OF USB JOURNAL
# JOURNAL_ON_BATTERY DEEP MORE
# and, for waiting first, SETTLE WANT_UNITS WANT_UPS. Every section is a header line
# `--NONCE NAME`, then raw bytes, then a line feed that is not part of them.
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"

section() { printf '\n--%s %s\n' "$NONCE" "$*"; }

# Runs the rest of the words as section $1 and ends it with its exit status.
look() {
  section "$1"
  shift
  "$@" 2>&1
  section "status $?"
}

# Daemons that start answer late: looks again until all is well or SETTLE seconds have passed.
settled() {
  for unit in $WANT_UNITS; do
    timeout 10 systemctl is-active --quiet "$unit" || return 1
  done
  for system in $WANT_UPS; do
    case $(timeout 4 upsc "$system" ups.status 2>/dev/null) in
      '' | WAIT*) return 1 ;;
    esac
    logged_in "$system" "$(timeout 4 upsc -c "$system" 2>/dev/null)" || return 1
  done
}

# Whether an address of this host is among those that the upsd of $1 lists in $2. Loopback is this
# host only where that upsd is its own: elsewhere it is the server's own upsmon.
logged_in() {
  case $1 in
    *@127.* | *@localhost* | *'@[::1]'*) mine="127.0.0.1 ::1 localhost $own" ;;
    *) mine=$own ;;
  esac
  for address in $2; do
    case " $mine " in *" ${address#::ffff:} "*) return 0 ;; esac
  done
  return 1
}

settle() {
  own=$(timeout 5 ip -o addr show scope global | while read -r _ _ _ address _; do printf '%s ' "${address%%/*}"; done)
  # By the time since boot: a clock that is set must not move the end.
  read -r uptime _ </proc/uptime
  until=$((${uptime%.*} + SETTLE))
  until settled || [ "${uptime%.*}" -ge "$until" ]; do
    sleep 0.1
    read -r uptime _ </proc/uptime
  done
}

# Runs a reading beside the others where the look is a wide one. Its section is printed in one piece:
# the lock is on a folder, for which nothing needs to be written.
aside() {
  [ -n "$DEEP" ] || { "$@"; return; }
  (
    text=$("$@"; printf .)
    exec 9</
    flock 9
    printf '%s' "${text%.}"
  ) &
}

observe() {
  # Every process counts: this runs before and after each deploy, and upsctl waits for it.
  section system
  read -r hostname </proc/sys/kernel/hostname
  read -r uptime _ </proc/uptime
  printf 'user %s\nhostname %s\nclock %s\nuptime %s\n' \
    "$(timeout 5 id -un)" "$hostname" "$(date +%s)" "$uptime"
  [ -d "$ROOT/run/systemd/system" ] && echo systemd
  [ -d "$ROOT/var/lib/upsctl/txn" ] && echo upsctl
  grep -E '^(ID|ID_LIKE|PRETTY_NAME)=' "$ROOT/etc/os-release"

  look packages timeout 10 dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\n' 'nut-*'
  command -v upsmon >/dev/null || look candidate timeout 10 apt-cache policy nut-client

  set -- "$ROOT/etc/nut"
  for file in $FILES; do
    set -- "$@" "$ROOT/etc/nut/$file"
  done
  look stat timeout 5 stat -c '%n|%F|%U|%G|%a|%Y|%N' "$@"
  set --
  for file in $FILES; do
    [ -f "$ROOT/etc/nut/$file" ] || continue
    look "file $file" timeout 5 head -c 1048577 "$ROOT/etc/nut/$file"
    case $file in ups.conf | upsmon.conf) set -- "$@" "$ROOT/etc/nut/$file" ;; esac
  done

  look units timeout 10 systemctl show --no-pager \
    -p Id,LoadState,ActiveState,SubState,UnitFileState,Result,MainPID,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,NRestarts,ExecMainStatus,NeedDaemonReload \
    $UNITS
  look sockets timeout 5 ss -Hltnp
  look addresses timeout 5 ip -o addr show scope global

  # What is asked for, what upsmon watches now, and what ups.conf declares now.
  line_feed='
'
  named=
  [ $# = 0 ] || named=$(sed -n '
    /^[[:space:]]*MONITOR[[:space:]]/ {
      s/^[[:space:]]*MONITOR[[:space:]]*"\{0,1\}\([^[:space:]"]*\).*/\1/
      s/@localhost\(:.*\)\{0,1\}$/@127.0.0.1\1/
      p
      d
    }
    s/^[[:space:]]*\[\([^][[:space:]]*\)\].*/\1@127.0.0.1/p' "$@" 2>/dev/null)
  for system in $SYSTEMS $named; do
    case " $seen " in *" $system "*) continue ;; esac
    seen="$seen $system"
    command -v upsc >/dev/null || continue
    if [ -n "$DEEP" ]; then
      aside look "upsc $system" timeout 4 upsc "$system"
      continue
    fi
    section "upsc $system"
    answer=$(timeout 4 upsc "$system" 2>&1)
    status=$?
    printf '%s\n' "$answer"
    section "status $status"
    # Only the journal knows since when a UPS is on battery.
    case $answer in *'ups.status: '*)
      status=${answer#*ups.status: }
      case " ${status%%"$line_feed"*} " in *' OB '*) JOURNAL=${JOURNAL:-$JOURNAL_ON_BATTERY} ;; esac ;;
    esac
  done
  # Whoever knows no inventory yet asks for the clients of all.
  case $CLIENTS_OF in '*') CLIENTS_OF=$seen ;; esac
  for system in $CLIENTS_OF; do
    command -v upsc >/dev/null && aside look "clients $system" timeout 4 upsc -c "$system"
  done

  [ -n "$USB" ] && look usb timeout 5 lsusb
  [ -n "$JOURNAL" ] && look journal timeout 8 journalctl --no-pager -o short-unix -b \
    --since "$JOURNAL" -n 400 -u nut-server -u nut-monitor -u 'nut-driver*'

  if [ -e "$ROOT/var/lib/upsctl/open" ]; then
    section transaction
    id=$(cat "$ROOT/var/lib/upsctl/open")
    printf 'id %s\nstate %s\n' "$id" "$(cat "$ROOT/var/lib/upsctl/txn/$id/state")"
    flock -n "$ROOT/var/lib/upsctl/lock" true || printf 'holder %s\n' "$(cat "$ROOT/var/lib/upsctl/holder")"
  fi
  # Beside the files there is nothing of a deploy but while it is at it.
  if [ ! -e "$ROOT/var/lib/upsctl/open" ]; then
    for left in "$ROOT"/etc/nut/.upsctl-*; do
      [ -e "$left" ] && flock -n "$ROOT/var/lib/upsctl/lock" true || continue
      section "leftover $left"
    done
  fi
  [ -n "$DEEP" ] && deep
  wait
  [ -n "$MORE" ] && more
  section end
}
