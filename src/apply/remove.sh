# Gives a host back: expects STATE ROOT and the function of order.sh. The files are as they were before
# the first deploy already; this looks whether they are, puts the units back too, and takes away the
# record and all else that is upsctl's. Says in its last line how it went:
#   gone         nothing of upsctl is left
#   refused WHY  nothing was changed
#   left WHAT    it is not all as it was, and the record is still there
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
say() { printf '%s\n' "$*"; }

traces() {
  for trace in "$STATE" "$ROOT"/etc/nut/.upsctl-* "$ROOT"/etc/systemd/system/upsctl* \
    "$ROOT"/etc/systemd/system/*/upsctl* "$ROOT"/run/systemd/transient/upsctl*; do
    [ ! -e "$trace" ] || [ -z "${1:-}" ] || rm -rf "$trace"
    [ ! -e "$trace" ] || say "$trace"
  done
}

# Words UNIT,ACTIVE,ENABLED,INVOCATION. Instances of the driver are the enumerator's affair.
split_unit() {
  IFS=,
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  unit=$1 active=$2 enabled=$3
  is_enabled=$(timeout 30 systemctl is-enabled "$unit" 2>/dev/null)
  timeout 30 systemctl is-active --quiet "$unit" && is_active=active || is_active=inactive
}

restore() {
  case $unit in *.target | nut-driver@* | nut-driver-enumerator.*) return ;; esac
  case $is_enabled-$enabled in
    masked-masked) ;;
    *-masked) timeout 30 systemctl -q mask "$unit" ;;
    masked-*) timeout 30 systemctl -q unmask "$unit" ;;
    enabled-disabled) timeout 30 systemctl -q disable "$unit" ;;
    disabled-enabled) timeout 30 systemctl -q enable "$unit" ;;
  esac
  case $active-$is_active in
    active-inactive) timeout 60 systemctl start "$unit" ;;
    inactive-active | failed-active) timeout 60 systemctl stop "$unit" ;;
  esac
}

differs() {
  case $unit in *.target | nut-driver@* | nut-driver-enumerator.*) return 1 ;; esac
  [ "$is_enabled" = "$enabled" ] || [ -z "$enabled" ] || return 0
  case $active-$is_active in active-inactive | inactive-active) return 0 ;; esac
  return 1
}

remove() {
  [ -d "$STATE" ] || { left=$(traces all) && [ -z "$left" ] && say gone || say "left $left"; return; }
  command exec 9<"$STATE/lock" && flock -n 9 || { say "refused $(cat "$STATE/holder") is at it"; return; }
  [ ! -e "$STATE/open" ] || { say "refused a deploy is not ended"; return; }
  ids=$(in_order) || { say "refused the record cannot be read"; return; }
  first='' seen='' amiss=''
  for id in $ids; do
    T=$STATE/txn/$id
    [ "$(cat "$T/state")" = confirmed ] || continue
    [ -n "$first" ] || first=$T
    while read -r name meta; do
      case " $seen " in *" $name "*) continue ;; esac
      seen="$seen $name"
      path=$ROOT/etc/nut/$name
      if [ "$meta" = absent ]; then
        [ ! -e "$path" ] || amiss="$amiss $path"
      else
        cmp -s "$T/old/$name" "$path" && [ "$(stat -c %U:%G/%a "$path")" = "$meta" ] || amiss="$amiss $path"
      fi
    done <"$T/files" || { say "refused the record cannot be read"; return; }
  done
  [ -z "$amiss" ] || { say "refused not as before the first deploy:$amiss"; return; }
  if [ -n "$first" ]; then
    before=$(cat "$first/before") || { say "refused the record cannot be read"; return; }
    for entry in $before; do
      split_unit "$entry"
      restore
    done
    for entry in $before; do
      split_unit "$entry"
      ! differs || amiss="$amiss $unit is $is_active/$is_enabled and was $active/$enabled;"
    done
    [ -z "$amiss" ] || { say "left$amiss"; return; }
  fi
  left=$(traces all)
  timeout 30 systemctl daemon-reload
  [ -z "$left" ] && say gone || say "left $left"
}
remove
