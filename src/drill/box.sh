# The box of a drill. Defines functions, runs nothing. Expects MAX, DRILL (the drill's folder), LOCK.
# Whatever runs in it has /etc/nut and /run/nut of its own, can reach the network, and can end, power
# off or tell nothing outside of it: systemd.exec(5). All units hang on one, which has the lock and an
# end of its own, so that nothing is needed from outside to be rid of them.

BOX=upsctl-drill
ABOUT='a drill of upsctl: nothing goes down'

# Starts the unit that all others hang on. It is up when DRILL/held is there: it has the lock.
open_box() {
  systemd-run --quiet --collect --unit="$BOX" --description="$ABOUT" \
    -p RuntimeMaxSec="$MAX" -p TimeoutStopSec=2 -p LogLevelMax=emerg \
    -p RuntimeDirectory="${DRILL#/run/}" -p RuntimeDirectoryMode=0755 \
    flock -w 2 "$LOCK" sh -c "echo >$DRILL/held; exec sleep $MAX"
}

# Runs the words after the first in the box, as a unit of that name.
#
# Capabilities stand in ONE property: of several only the last counts. Root needs none to signal
# pid 1, so kill is filtered, too; SETUID, SETGID and CHOWN stay, for NUT's daemons become `nut`.
# Without dev-log no line of NUT reaches the journal; LogLevelMax keeps systemd's own out (from 252).
boxed() {
  name=$1
  shift
  systemd-run --quiet --collect --unit="$BOX-$name" --description="$ABOUT" \
    -p BindsTo="$BOX.service" -p After="$BOX.service" \
    -p RuntimeMaxSec="$MAX" -p TimeoutStopSec=2 -p Nice=5 -p LogLevelMax=emerg \
    -p BindPaths="$DRILL/etc:/etc/nut $DRILL/run:/run/nut" \
    -p ReadWritePaths="$DRILL" \
    -p InaccessiblePaths="-/run/systemd/private -/run/systemd/io.systemd.Manager -/run/systemd/io.systemd.Login -/run/dbus/system_bus_socket -/run/initctl -/dev/initctl -/run/systemd/journal/dev-log -/run/systemd/journal/syslog -/run/systemd/journal/socket -/run/systemd/journal/stdout -/usr/bin/wall -/run/utmp -/proc/sysrq-trigger -/var/lib/upsctl" \
    -p CapabilityBoundingSet='~CAP_SYS_BOOT CAP_SYS_ADMIN CAP_KILL CAP_NET_ADMIN CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_PTRACE CAP_SYS_TTY_CONFIG' \
    -p SystemCallFilter='~@reboot kill tkill tgkill' -p SystemCallErrorNumber=EPERM \
    -p NoNewPrivileges=yes -p ProtectSystem=strict -p ProtectHome=yes \
    -p PrivateTmp=yes -p PrivateDevices=yes \
    -p RestrictAddressFamilies='AF_UNIX AF_INET AF_INET6' \
    -p StandardOutput="append:$DRILL/log/$name" -p StandardError="append:$DRILL/log/$name" \
    -- "$@"
}

# Names what is still there of the box; nothing when all is gone.
left_of_box() {
  [ ! -e "$DRILL" ] || printf '%s\n' "$DRILL"
  systemctl list-units --all --no-legend --plain "$BOX*" | cut -d' ' -f1
  grep -lsF "$BOX" /proc/[0-9]*/cgroup
}

# Takes the box away, in bounded time: units have 2 s before they are killed.
close_box() {
  timeout 15 systemctl stop "$BOX.service" "$BOX-*.service" 2>/dev/null
  tries=0
  until [ -z "$(left_of_box)" ] || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
}
