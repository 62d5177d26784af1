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
enabled_of() { cat "$(unit_file "$1").enabled" 2>/dev/null || echo enabled; }
invocation_of() { cat "$(unit_file "$1").invocation" 2>/dev/null || echo 0; }

# A daemon has what its file said when it was started: a driver named `broken` never answers, and MODE
# decides whether upsd and upsmon run at all.
start_unit() {
  unit=${1%.service}
  case $unit in
    nut-server | nut-monitor)
      if grep -q '^MODE=none' "$ROOT_DIR/etc/nut/nut.conf" 2>/dev/null; then
        echo inactive >"$(unit_file "$1")"
        return
      fi
      ;;
  esac
  [ ! -e "$(unit_file "$1").broken" ] || { echo failed >"$(unit_file "$1")"; return 1; }
  echo active >"$(unit_file "$1")"
  echo $(($(invocation_of "$1") + 1)) >"$(unit_file "$1").invocation"
  case $unit in
    nut-server | nut-driver@*) cat "$ROOT_DIR/etc/nut/ups.conf" ;;
    nut-monitor) cat "$ROOT_DIR/etc/nut/upsmon.conf" ;;
    *) return 0 ;;
  esac >"$FAKE/runs-$unit" 2>/dev/null
  return 0
}

serves() {
  [ "$(state_of nut-server)" = active ] && [ -e "$FAKE/runs-nut-server" ] && ! grep -q broken "$FAKE/runs-nut-server"
}

# Takes every block, or every inode, of the file system of folder $1.
fill() {
  mkdir -p "$1/filler"
  case $FAULT in
    *-blocks) for size in 64k 4k 1k; do dd if=/dev/zero of="$1/filler/$size" bs=$size status=none 2>/dev/null; done ;;
    *) i=0; while mkdir "$1/filler/$i" 2>/dev/null; do i=$((i + 1)); done ;;
  esac
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
                  *\**) unit=nut-driver@ups.service ;;
                esac
                printf 'Id=%s\nLoadState=loaded\nActiveState=%s\nSubState=running\nUnitFileState=%s\nInvocationID=%s\n' \
                  "$unit" "$(state_of "$unit")" "$(enabled_of "$unit")" "$(invocation_of "$unit")"
                printf 'ActiveEnterTimestampMonotonic=99999999999\nStateChangeTimestampMonotonic=99999999999999\n\n'
              done
              ;;
          esac
          ;;
        restart | start)
          action=$1 all=0
          shift
          for unit; do
            case $unit in -*) continue ;; esac
            # To start what runs changes nothing.
            [ "$action $(state_of "$unit")" != 'start active' ] || continue
            echo "$action $unit" >>"$FAKE/log"
            start_unit "$unit" || all=1
          done
          [ $all = 0 ]
          ;;
        stop)
          for unit; do :; done
          case $unit in upsctl-undo-*) : >"$FAKE/timer-off" ;; esac
          echo inactive >"$(unit_file "$unit")"
          ;;
        enable | disable) echo "$1d" >"$(unit_file "$2").enabled" ;;
        reset-failed) : ;;
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
    "fill-etc-blocks fill-var-inodes") FAULT=fill-etc-blocks; fill "$ROOT_DIR/etc/nut"; FAULT=fill-var-inodes; fill "$ROOT_DIR/var/lib" ;;
    fill-etc-*) fill "$ROOT_DIR/etc/nut" ;;
    fill-var-*) fill "$ROOT_DIR/var/lib" ;;
    state-gone) PATH=$REAL_PATH rm -rf "$ROOT_DIR/var/lib/upsctl" ;;
    state-torn) find "$ROOT_DIR/var/lib/upsctl" -type f ! -name open ! -name lock -delete ;;
    state-read-only) mount -o remount,ro,bind "$ROOT_DIR/var/lib" ;;
    etc-read-only) mount -o remount,ro,bind "$ROOT_DIR/etc/nut" ;;
    fail-after) effect "$@"; exit 1 ;;
    kill-before) kill -KILL "$DEPLOY_PID" 2>/dev/null || kill -KILL "$PPID"; exit 1 ;;
    kill-after) effect "$@"; kill -KILL "$DEPLOY_PID" 2>/dev/null || kill -KILL "$PPID"; exit 1 ;;
  esac
fi
effect "$@"
