# What a host's journal has of NUT, of its boots, and of upsctl: expects NONCE ROOT SPAN (seconds back)
# CURSOR (only what came after it) MOST (lines) MATCHES. Read-only.
export LC_ALL=C TZ=UTC PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
section() { printf '\n--%s %s\n' "$NONCE" "$*"; }

section clock
date +%s.%N
section boot
cat /proc/sys/kernel/random/boot_id
if [ -z "$CURSOR" ]; then
  section kept
  [ -d "$ROOT/var/log/journal" ] && echo yes
  section begins
  timeout 5 journalctl -q --no-pager -o short-unix 2>/dev/null | head -n 1
  section boots
  timeout 10 journalctl -q --no-pager --list-boots 2>/dev/null
fi
# No password leaves the host: only what says how events are written, and FINALDELAY.
section upsmon
sed -e ':again' -e '/\\$/{N;s/\\\n//;b again' -e '}' "$ROOT/etc/nut/upsmon.conf" 2>/dev/null |
  grep -E '^[[:space:]]*(NOTIFYMSG|NOTIFYFLAG|FINALDELAY)[[:space:]]'
section lines
set -- --since "@$(($(date +%s) - SPAN))"
[ -n "$CURSOR" ] && set -- --after-cursor "$CURSOR"
# A poll that fails says so every few seconds; that contact was lost is a line of its own.
# shellcheck disable=SC2086
{
  timeout 30 journalctl -q --no-pager -o json -n 50000 "$@" \
    --output-fields=MESSAGE,UNIT,MESSAGE_ID,_SYSTEMD_UNIT $MATCHES
  printf 'status %s\n' "$?"
} 2>&1 | grep -v -e 'Poll UPS \[' -e '"Network UPS Tools up' | tail -n "$((MOST + 2))"
if [ -z "$CURSOR" ]; then
  for T in "$ROOT"/var/lib/upsctl/txn/*; do
    [ -e "$T/state" ] || continue
    section "deploy ${T##*/}"
    printf 'state %s\nended %s\n' "$(cat "$T/state")" "$(stat -c %Y "$T/state")"
    cat "$T/meta"
  done
fi
section clock-again
date +%s.%N
section end
