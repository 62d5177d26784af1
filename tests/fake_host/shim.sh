#!/bin/sh
# Stands in for one command of the fake host (its own name says which). Commands that change
# something are counted; at call FAULT_AT it fails or kills the deploy, before or after its effect.
# FAKE holds: real/ (the real commands' folder list), units/UNIT, calls, log.
name=${0##*/}
real() {
  PATH=$REAL_PATH "$name" "$@"
}

unit_file() { printf '%s/units/%s' "$FAKE" "${1%.service}"; }
state_of() { cat "$(unit_file "$1")" 2>/dev/null || echo inactive; }

# upsd serves what the files say when it was started: a driver named `broken` never answers, and
# MODE decides whether upsd runs at all.
start_unit() {
  case ${1%.service} in
    nut-server | nut-monitor)
      if grep -q '^MODE=none' "$ROOT_DIR/etc/nut/nut.conf" 2>/dev/null; then
        echo inactive >"$(unit_file "$1")"
        return
      fi
      ;;
  esac
  echo active >"$(unit_file "$1")"
  case ${1%.service} in
    nut-server) cp "$ROOT_DIR/etc/nut/ups.conf" "$FAKE/serving" 2>/dev/null ;;
    *) : ;;
  esac
}

serves() {
  [ "$(state_of nut-server)" = active ] && [ -e "$FAKE/serving" ] && ! grep -q broken "$FAKE/serving"
}

effect() {
  case $name in
    systemctl)
      case $1 in
        is-active)
          shift
          [ "$1" = --quiet ] && shift
          [ "$(state_of "$1")" = active ]
          ;;
        show)
          case "$*" in
            *--value*) for unit; do :; done; state_of "$unit" ;;
            *)
              for unit; do
                case $unit in
                  show | -* | *,*) continue ;;
                  *\**) continue ;;
                esac
                printf 'Id=%s\nLoadState=loaded\nActiveState=%s\nSubState=running\nUnitFileState=enabled\n' \
                  "$unit" "$(state_of "$unit")"
                printf 'ActiveEnterTimestampMonotonic=99999999999\nStateChangeTimestampMonotonic=99999999999999\n\n'
              done
              ;;
          esac
          ;;
        restart | start) start_unit "$2"; echo "$1 $2" >>"$FAKE/log" ;;
        reload) cp "$ROOT_DIR/etc/nut/ups.conf" "$FAKE/serving" ;;
        stop)
          case $2 in upsctl-undo-*) : >"$FAKE/timer-off" ;; esac
          echo inactive >"$(unit_file "$2")"
          ;;
        enable | disable | reset-failed) : ;;
      esac
      ;;
    systemd-run)
      rm -f "$FAKE/timer-off"
      echo "$*" >"$FAKE/timer"
      ;;
    upsc)
      if [ -e "$FAKE/on-battery" ]; then status=OB; else status=OL; fi
      serves || { echo 'Error: Connection failure: Connection refused' >&2; return 1; }
      case "$*" in
        -c*) echo 127.0.0.1 ;;
        *ups.status) echo "$status" ;;
        *) printf 'battery.charge: 100\nups.status: %s\n' "$status" ;;
      esac
      ;;
    ss) serves && echo 'LISTEN 0 16 127.0.0.1:3493 0.0.0.0:* users:(("upsd",pid=1,fd=4))' ;;
    ip) echo '2: eth0    inet 192.0.2.10/24 scope global eth0' ;;
    lsusb) : ;;
    journalctl) echo 'nut-server[1]: a line of NUT' ;;
    dpkg-query) printf 'nut-client ii  2.8.1-5\nnut-server ii  2.8.1-5\n' ;;
    apt-cache) : ;;
    flock | timeout) : ;;
    *) real "$@" ;;
  esac
}

case "$name $1" in
  'systemctl is-active' | 'systemctl show' | upsc* | ss* | ip* | lsusb* | journalctl* | dpkg-query* | apt-cache*)
    effect "$@"
    exit
    ;;
esac
calls=$(cat "$FAKE/calls" 2>/dev/null || echo 0)
calls=$((calls + 1))
echo $calls >"$FAKE/calls"
echo "$calls $name $*" >>"$FAKE/trace"
if [ "$calls" = "${FAULT_AT:-0}" ]; then
  case $FAULT in
    refuse) exit 1 ;;
    battery) : >"$FAKE/on-battery" ;;
    fail-after) effect "$@"; exit 1 ;;
    kill-before) kill -KILL "$DEPLOY_PID" 2>/dev/null || kill -KILL "$PPID"; exit 1 ;;
    kill-after) effect "$@"; kill -KILL "$DEPLOY_PID" 2>/dev/null || kill -KILL "$PPID"; exit 1 ;;
  esac
fi
effect "$@"
