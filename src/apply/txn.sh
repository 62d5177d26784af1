# A transaction on the host, and its undoing. Defines functions, runs nothing.
#
# STATE/lock      flock: one transaction at a time; the kernel frees it when its holder dies
# STATE/holder    who holds it and since when
# STATE/open      id of the transaction that is neither confirmed nor undone
# STATE/txn/ID/   state   staged -> armed -> files -> units -> applied -> confirmed | undone | undo-failed
#                 files   one line a file: NAME OWNER:GROUP/MODE before, or NAME absent
#                 new/ old/   what is written, what was there (old/NAME.absent: nothing)
#                 actions one line a unit action, in order: ACTION UNIT
#                 did     the actions begun, written before each begins
#                 before  one line a unit: UNIT ACTIVESTATE
#                 answered  UPSes that answered before
#                 log     what happened, for people

say() { printf '%s\n' "$*"; }
note() { printf '%s %s\n' "$(date +%Y-%m-%dT%H:%M:%S)" "$*" >>"$T/log"; }

# Everything of the transaction is on disk before the next step begins.
mark() {
  printf '%s\n' "$1" >"$T/state.new" && sync "$T/state.new" && mv -f "$T/state.new" "$T/state" && sync "$T"
  note "state $1"
}

# Prints the first UPS that is on battery or shutting down, with its status. UPSes that do not
# answer say nothing: what cannot be asked cannot be protected by waiting.
on_battery() {
  for system in $GATE; do
    status=$(timeout 4 upsc "$system" ups.status 2>/dev/null)
    case " $status " in
      *' OB '* | *' FSD '* | *' LB '*)
        say "$system: $status"
        return 0
        ;;
    esac
  done
  return 1
}

serving() {
  case $(timeout 4 upsc "$1" ups.status 2>/dev/null) in
    '' | WAIT*) return 1 ;;
  esac
}

meta_of() { stat -c '%U:%G/%a' "$1"; }

# Puts the bytes of $1 at $2 with owner and mode of $3 ("owner:group/mode"), by rename. The time is
# taken along too: what is put back must not look newer than the units that have read it.
replace() {
  temp=$(dirname "$2")/.upsctl-$(basename "$2")
  rm -f "$temp"
  (umask 077 && : >"$temp") &&
    chown "${3%/*}" "$temp" && chmod "${3#*/}" "$temp" &&
    cat "$1" >"$temp" && touch -r "$1" "$temp" && sync "$temp" && mv -fT "$temp" "$2" && sync "$(dirname "$2")"
}

# The enumerator's path unit acts on every write to ups.conf (Debian 12 and later); it must not
# race with the transaction. It is enabled, so a reboot brings it back by itself.
hold_enumerator() {
  if systemctl is-active --quiet nut-driver-enumerator.path 2>/dev/null; then
    : >"$T/enumerator-held"
    systemctl stop nut-driver-enumerator.path
  fi
}

release_enumerator() {
  [ -e "$T/enumerator-held" ] || return 0
  systemctl start nut-driver-enumerator.path || { sleep 1 && systemctl start nut-driver-enumerator.path; }
}

# One unit action. Bounded; systemd's own job goes on when the wait ends.
act() {
  case $1 in
    enable) timeout 30 systemctl enable "$2" ;;
    disable) timeout 30 systemctl disable "$2" ;;
    unmask) timeout 30 systemctl unmask "$2" ;;
    mask) timeout 30 systemctl mask "$2" ;;
    # A driver is asked for again even when systemd gave up on it.
    restart) systemctl reset-failed "$2" 2>/dev/null; timeout 90 systemctl restart "$2" ;;
    start) systemctl reset-failed "$2" 2>/dev/null; timeout 90 systemctl start "$2" ;;
    stop) timeout 90 systemctl stop "$2" ;;
    reload) timeout 30 systemctl reload "$2" ;;
    # 2.7.4's units have no ExecReload.
    reload-upsd) timeout 30 upsd -c reload ;;
    reload-upsmon) timeout 30 upsmon -c reload ;;
    enumerate)
      timeout 60 systemctl restart "$2"
      # Its instances come up in the background.
      for wait in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(systemctl show -p ActiveState --value "$2")" = activating ] || break
        sleep 0.5
      done
      ;;
  esac
}

# Restarting upsd or a driver on battery can shut a NUT 2.8.1 host down; upsmon can be restarted.
risky() {
  case $1 in
    enable | disable | unmask | mask) return 1 ;;
  esac
  case $2 in
    nut-monitor*) return 1 ;;
  esac
  return 0
}

arm() {
  seconds=$1
  cp "$T/undo.sh" "$T/undo.run"
  if [ -d "$ROOT/run/systemd/system" ]; then
    # For a reboot in the middle: before NUT starts, put the old state back.
    printf '%s\n' '[Unit]' 'Description=Undo an unfinished upsctl deploy' \
      'DefaultDependencies=no' 'After=local-fs.target' \
      'Before=nut-driver-enumerator.service nut-driver.service nut-driver.target nut-server.service nut-monitor.service' \
      "ConditionPathExists=$STATE/open" \
      '[Service]' 'Type=oneshot' "ExecStart=/bin/sh $T/undo.run boot" \
      '[Install]' 'WantedBy=multi-user.target' >"$ROOT/etc/systemd/system/upsctl-undo.service"
    sync "$ROOT/etc/systemd/system/upsctl-undo.service"
    mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
    ln -sf ../upsctl-undo.service "$ROOT/etc/systemd/system/multi-user.target.wants/upsctl-undo.service"
    sync "$ROOT/etc/systemd/system/multi-user.target.wants"
    # A timer fires up to a minute late unless AccuracySec is set.
    systemd-run --quiet --collect --unit="upsctl-undo-$ID" --on-active="${seconds}s" \
      --timer-property=AccuracySec=1s /bin/sh "$T/undo.run" timer
  else
    (trap '' HUP; exec 9>&- </dev/null >/dev/null 2>&1; sleep "$seconds"; exec sh "$T/undo.run" timer) &
    say $! >"$T/timer.pid"
  fi
}

disarm() {
  rm -f "$ROOT/etc/systemd/system/multi-user.target.wants/upsctl-undo.service" \
    "$ROOT/etc/systemd/system/upsctl-undo.service"
  if [ -d "$ROOT/run/systemd/system" ]; then
    systemctl stop "upsctl-undo-$ID.timer" 2>/dev/null
  elif [ -e "$T/timer.pid" ]; then
    kill "$(cat "$T/timer.pid")" 2>/dev/null
  fi
  rm -f "$T/undo.run" "$T/timer.pid"
}

# The end of a transaction, whichever: nothing of it is owed any more. From the mark on it has
# ended: what is left to clear away can be done by whoever comes next.
close() {
  mark "$1" || return 1
  rm -f "$STATE/open"
  sync "$STATE"
  disarm
  # Staged secrets are not kept twice: after a confirmed deploy the files themselves have them.
  rm -rf "$T/new"
}

# Puts everything back. $1 = why, for the log. Returns non-zero when the old state is not proven.
undo() {
  note "undo: $1"
  failed=
  while read -r name meta; do
    path=$ROOT/etc/nut/$name
    rm -f "$ROOT/etc/nut/.upsctl-$name"
    if [ -e "$T/old/$name.absent" ]; then
      rm -f "$path" || failed="$failed; could not remove $path"
    elif [ -e "$T/old/$name" ]; then
      if ! cmp -s "$T/old/$name" "$path" || [ "$(meta_of "$path")" != "$meta" ]; then
        replace "$T/old/$name" "$path" "$meta" || failed="$failed; could not put back $path"
      fi
    fi
  done <"$T/files"
  sync "$ROOT/etc/nut"

  while read -r action unit; do
    case $action in
      enable) act disable "$unit" >>"$T/log" 2>&1 ;;
      unmask) act mask "$unit" >>"$T/log" 2>&1 ;;
    esac
  done <"$T/did"
  # At boot no unit runs yet: the files are all there is to put back.
  if [ -s "$T/did" ] && [ "$1" != boot ]; then
    # While mains are gone, what still serves is left alone: restarting upsd or a driver then can
    # shut a NUT 2.8.1 host down. The timer waits for mains longer than any battery lasts.
    patience=0
    [ "$1" = timer ] && patience=14400
    while on_battery >/dev/null && [ "$patience" -gt 0 ]; do
      patience=$((patience - 5))
      sleep 5
    done
    if on_battery >/dev/null; then
      failed="$failed; on battery: the units are restarted when mains are back"
    else
      undo_units
    fi
  fi
  [ "$1" = boot ] || release_enumerator || failed="$failed; nut-driver-enumerator.path did not start again"
  if [ -z "$failed" ]; then
    close undone
    return 0
  fi
  note "undo failed$failed"
  mark undo-failed
  return 1
}

undo_units() {
  # ups.conf may have other drivers now; the enumerator makes the old ones again.
  grep -q '^enumerate ' "$T/did" && act enumerate nut-driver-enumerator.service >>"$T/log" 2>&1
  while read -r unit active; do
    grep -q " $unit\$" "$T/did" || continue
    if [ "$active" = active ] || [ "$active" = activating ]; then
      act restart "$unit" >>"$T/log" 2>&1 || failed="$failed; $unit did not start again"
    else
      act stop "$unit" >>"$T/log" 2>&1
    fi
  done <"$T/before"
  until=$(($(date +%s) + 30))
  for system in $(cat "$T/answered"); do
    until serving "$system" || [ "$(date +%s)" -ge "$until" ]; do sleep 0.5; done
    serving "$system" || failed="$failed; $system does not answer as before"
  done
  while read -r unit active; do
    [ "$active" = active ] || continue
    grep -q " $unit\$" "$T/did" || continue
    systemctl is-active --quiet "$unit" || failed="$failed; $unit is not active again"
  done <"$T/before"
}
