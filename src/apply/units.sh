# Units: acted upon, remembered, put back, read back. Defines functions, runs nothing.
# BEFORE    words UNIT,ACTIVE,ENABLED,INVOCATION from before the transaction
# DID       words ACTION:UNIT that have begun
# ANSWERED  UPSes that answered before
PATH_UNIT=nut-driver-enumerator.path
NUT_UNITS="nut-driver.service nut-driver@*.service nut-server.service nut-monitor.service $PATH_UNIT
  nut-driver-enumerator.service nut-driver.target nut.target"

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

# Prints words like those of BEFORE for NUT's units and those of the plan, as they are now.
units_now() {
  planned=
  for action in $ACTIONS; do planned="$planned ${action#*:}"; done
  shown=$(systemctl show --no-pager -p Id,ActiveState,UnitFileState,InvocationID $NUT_UNITS $planned) || return 1
  printf '%s\n\n' "$shown" | {
    id='' words=''
    while IFS='=' read -r key value; do
      case $key in
        Id) id=$value active='' enabled='' invocation='' ;;
        ActiveState) active=$value ;;
        UnitFileState) enabled=$value ;;
        InvocationID) invocation=$value ;;
        '')
          case "$words " in
            *" $id,"*) ;;
            *) [ -z "$id" ] || words="$words $id,$active,$enabled,$invocation" ;;
          esac
          id=
          ;;
      esac
    done
    say "${words# }"
  }
}

# Splits a word of BEFORE into unit active enabled invocation.
split_unit() {
  IFS=,
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  unit=$1 active=$2 enabled=$3 invocation=$4
}

# Finds unit $2 among the words $1: is_active is_enabled is_invocation.
find_unit() {
  is_active='' is_enabled='' is_invocation=''
  for word in $1; do
    case $word in
      "$2",*)
        IFS=,
        # shellcheck disable=SC2086
        set -- $word
        unset IFS
        is_active=$2 is_enabled=$3 is_invocation=$4
        return
        ;;
    esac
  done
}

# One action on a unit, or a restart of several, its words in the log. Bounded; systemd's own job goes on when the wait ends. The
# words go through memory: a log that cannot be written must not stop the action.
act() {
  said=$(perform "$1" "$2" 2>&1)
  acted=$?
  [ -z "$said" ] || note "$said"
  return $acted
}

perform() {
  case $1 in
    enable) timeout 30 systemctl enable "$2" ;;
    disable) timeout 30 systemctl disable "$2" ;;
    unmask) timeout 30 systemctl unmask "$2" ;;
    mask) timeout 30 systemctl mask "$2" ;;
    # A driver is asked for again even when systemd gave up on it.
    restart) systemctl reset-failed $2 2>/dev/null; timeout 90 systemctl restart $2 ;;
    start) systemctl reset-failed "$2" 2>/dev/null; timeout 90 systemctl start "$2" ;;
    stop) timeout 90 systemctl stop "$2" ;;
    reload) timeout 30 systemctl reload "$2" ;;
    # 2.7.4's units have no ExecReload.
    reload-upsd) timeout 30 upsd -c reload ;;
    reload-upsmon) timeout 30 upsmon -c reload ;;
    enumerate)
      timeout 60 systemctl restart "$2" || return
      # Its instances come up in the background: a start waits for one under way.
      drivers=
      for step in $ACTIONS; do
        case $step in restart:nut-driver@*) drivers="$drivers ${step#*:}" ;; esac
      done
      [ -z "$drivers" ] || timeout 20 systemctl start $drivers || true
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

# Written down before it begins: what began must be undone, whoever undoes it.
begin() {
  DID="$DID $1"
  mv -T "$T/todo/$1" "$T/did/$1" || return 1
  # A reboot undoes the rest by itself; these outlive it.
  case $1 in
    enable:* | unmask:*) sync "$T/did" "$T/todo" ;;
  esac
}

# The enumerator's path unit acts on every write to ups.conf (Debian 12 and later); it must not
# race with the transaction. It is enabled, so a reboot brings it back by itself.
hold_enumerator() {
  find_unit "$BEFORE" "$PATH_UNIT"
  [ "$is_active" != active ] || timeout 30 systemctl stop "$PATH_UNIT"
}

release_enumerator() {
  find_unit "$BEFORE" "$PATH_UNIT"
  [ "$is_active" != active ] || systemctl is-active --quiet "$PATH_UNIT" ||
    timeout 30 systemctl start "$PATH_UNIT" || { sleep 1 && timeout 30 systemctl start "$PATH_UNIT"; }
}

# Instances of the driver are enabled by the enumerator and not by us.
is_enumerated() {
  case $1 in nut-driver@*) return 0 ;; esac
  return 1
}

restore_enabled() {
  now=$(units_now) || { failed="$failed; systemd does not answer"; return; }
  for entry in $BEFORE; do
    split_unit "$entry"
    find_unit "$now" "$unit"
    is_enumerated "$unit" || [ "$is_enabled" = "$enabled" ] || case $is_enabled-$enabled in
      *-masked) act mask "$unit" ;;
      masked-*) act unmask "$unit" ;;
      enabled-disabled)
        act disable "$unit"
        # At boot it has been asked for already, and waits for us.
        [ "$1" != boot ] || timeout 30 systemctl stop --no-block "$unit"
        ;;
      disabled-enabled) act enable "$unit" ;;
    esac
  done
}

# Whether the unit of `split_unit` has been acted upon, or was started anew by somebody since: $1 are
# the units after the files were put back.
is_touched() {
  case $unit in *.target | nut-driver-enumerator.*) return 1 ;; esac
  case "$DID " in *":$unit "*) return 0 ;; esac
  find_unit "$1" "$unit"
  [ "$is_invocation" != "$invocation" ]
}

# Non-zero when it was left for later.
restore_units() {
  since=$(units_now) || { failed="$failed; systemd does not answer"; return 1; }
  touched=
  for entry in $BEFORE; do
    split_unit "$entry"
    ! is_touched "$since" || touched="$touched $entry"
  done
  case "$DID " in *' enumerate:'*) touched="$touched " ;; esac
  if [ -n "$touched" ]; then
    # While mains are gone, what still serves is left alone: restarting upsd or a driver then can
    # shut a NUT 2.8.1 host down. The timer tries again each minute.
    if [ -z "$EVEN_ON_BATTERY" ] && on_battery >/dev/null; then
      failed="$failed; on battery: the units are restarted when mains are back"
      return 1
    fi
    # ups.conf may have other drivers now; the enumerator makes the old ones again.
    case "$DID " in *' enumerate:'*) act enumerate nut-driver-enumerator.service ;; esac
    for entry in $touched; do
      split_unit "$entry"
      case $active in
        active) act restart "$unit" || failed="$failed; $unit did not start again" ;;
        # It did not run before either: as it was is enough.
        activating | reloading) timeout 30 systemctl restart --no-block "$unit" ;;
        *) act stop "$unit" ;;
      esac
    done
  fi
  find_unit "$BEFORE" "$PATH_UNIT"
  case "$is_active $DID " in
    active*) ;;
    *":$PATH_UNIT "*) act stop "$PATH_UNIT" ;;
  esac
  release_enumerator || failed="$failed; $PATH_UNIT did not start again"
  return 0
}

# Reads back: units as before, each with the old files, and every UPS that answered answers.
units_are_back() {
  until=$(($(uptime_s) + 30))
  for system in $ANSWERED; do
    until serving "$system" || [ "$(uptime_s)" -ge "$until" ]; do sleep 0.5; done
    serving "$system" || failed="$failed; $system does not answer as before"
  done
  now=$(units_now) || { failed="$failed; systemd does not answer"; return; }
  for entry in $BEFORE; do
    split_unit "$entry"
    find_unit "$now" "$unit"
    is_enumerated "$unit" || [ "$is_enabled" = "$enabled" ] ||
      failed="$failed; $unit is ${is_enabled:-gone} and was ${enabled:-not there}"
    case $unit in *.target | nut-driver-enumerator.service) continue ;; esac
    case $active-$is_active in
      active-active)
        runs=$is_invocation
        if is_touched "$since"; then
          find_unit "$since" "$unit"
          [ "$runs" != "$is_invocation" ] || failed="$failed; $unit still runs what was undone"
        fi
        ;;
      active-*) failed="$failed; $unit is not active again" ;;
      inactive-active | failed-active) failed="$failed; $unit runs and did not before" ;;
    esac
  done
  for entry in $now; do
    split_unit "$entry"
    find_unit "$BEFORE" "$unit"
    [ "$active-$is_active" != active- ] || failed="$failed; $unit runs and was not there before"
  done
}
