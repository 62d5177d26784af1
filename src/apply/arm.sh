# What undoes a deploy that nobody ends: a timer, and a unit for the next boot. Defines functions.
BOOT_UNIT=upsctl-undo.service

# A timer fires up to a minute late unless AccuracySec is set. When the undo fails it comes again each
# minute; when the record is gone there is nothing to come for. Its command has no character that means
# something to systemd or a shell: 252 does not read back what it quoted itself after a daemon-reload, which
# the enumerator asks for.
arm_timer() {
  if [ -d "$ROOT/run/systemd/system" ]; then
    systemd-run --quiet --collect --unit="upsctl-undo-$ID" --on-active="${1}s" --on-unit-inactive=60s \
      --timer-property=AccuracySec=1s \
      /bin/sh -c "test -e $T/undo.sh && exec /bin/sh $T/undo.sh timer || systemctl stop upsctl-undo-$ID.timer"
    return
  fi
  (
    trap '' HUP
    exec 9>&- </dev/null >/dev/null 2>&1
    wait_s=$1
    while sleep "$wait_s" && [ -e "$T/undo.sh" ]; do
      ! sh "$T/undo.sh" timer || exit
      wait_s=60
    done
  ) &
  put "$T/timer.pid" $!
}

arm_boot() {
  units=$ROOT/etc/systemd/system
  [ -d "$ROOT/run/systemd/system" ] || return 0
  put "$units/$BOOT_UNIT" "[Unit]
Description=Undo an unfinished upsctl deploy
DefaultDependencies=no
After=local-fs.target
RequiresMountsFor=$STATE $ROOT/etc/nut
Before=nut-driver-enumerator.service nut-driver-enumerator.path nut-driver.service nut-driver.target nut-server.service nut-monitor.service nut.target
ConditionPathExists=$STATE/open
[Service]
Type=oneshot
ExecStart=/bin/sh $T/undo.sh boot
[Install]
WantedBy=multi-user.target" && mkdir -p "$units/multi-user.target.wants" &&
    ln -sfn "../$BOOT_UNIT" "$units/multi-user.target.wants/$BOOT_UNIT" &&
    sync "$units/$BOOT_UNIT" "$units" "$units/multi-user.target.wants"
}

disarm() {
  rm -f "$ROOT/etc/systemd/system/multi-user.target.wants/$BOOT_UNIT" "$ROOT/etc/systemd/system/$BOOT_UNIT"
  if [ -d "$ROOT/run/systemd/system" ]; then
    systemctl stop "upsctl-undo-$ID.timer" 2>/dev/null
  elif [ -e "$T/timer.pid" ]; then
    kill "$(cat "$T/timer.pid")" 2>/dev/null
  fi
  rm -f "$T/timer.pid"
}
