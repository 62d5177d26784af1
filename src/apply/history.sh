# What a host remembers: expects NONCE STATE ROOT and TARGET (an id, `last`, or nothing). Read-only.
# Sections `txn ID`; with a target also, for each file that the target or a later deploy changed, its
# oldest backup: `old NAME` with owner and mode in a line of its own, or `gone NAME`.
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
section() { printf '\n--%s %s\n' "$NONCE" "$*"; }

latest=
for T in "$STATE"/txn/*; do
  [ -e "$T/state" ] || continue
  id=${T##*/}
  [ "$(cat "$T/state")" = confirmed ] && latest=$id
  section "txn $id"
  printf 'state %s\n' "$(cat "$T/state")"
  cat "$T/meta"
  while read -r name meta; do printf 'file %s %s\n' "$name" "$meta"; done <"$T/files"
  while read -r action unit; do printf 'unit %s %s\n' "$action" "$unit"; done <"$T/actions"
done
[ "$TARGET" = last ] && TARGET=$latest
if [ -n "$TARGET" ]; then
  section target
  printf '%s\n' "$TARGET"
  reached=
  done=
  for T in "$STATE"/txn/*; do
    [ "${T##*/}" = "$TARGET" ] && reached=1
    [ -n "$reached" ] && [ "$(cat "$T/state")" = confirmed ] || continue
    while read -r name meta; do
      case " $done " in *" $name "*) continue ;; esac
      done="$done $name"
      if [ "$meta" = absent ]; then
        section "gone $name"
      else
        section "old $name"
        printf '%s\n' "$meta"
        cat "$T/old/$name"
      fi
    done <"$T/files"
  done
fi
section end
