# What a host remembers: expects NONCE STATE ROOT, TARGET (an id, `last`, or nothing) and the function
# of order.sh. Read-only.
# Sections `txn ID`; with a target also, for each file that the target or a later deploy changed, its
# oldest backup: `old NAME` with owner and mode in a line of its own, or `gone NAME`.
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
section() { printf '\n--%s %s\n' "$NONCE" "$*"; }

# The deploys that no rollback has undone, oldest first.
standing=
# What cannot be read ends it: without the last section there is no answer.
ids=$(in_order) || exit 1
for id in $ids; do
  T=$STATE/txn/$id
  # What wrote no file, a restart alone, is nothing to go back to.
  [ -s "$T/files" ] || continue
  if [ "$(cat "$T/state")" = confirmed ]; then
    undone=$(sed -n 's/^undoes //p' "$T/meta")
    kept=
    for other in $standing; do
      [ "$other" = "$undone" ] && break
      kept="$kept $other"
    done
    standing=$kept
    [ -n "$undone" ] || standing="$standing $id"
  fi
  section "txn $id"
  printf 'state %s\n' "$(cat "$T/state")"
  [ ! -e "$T/number" ] || printf 'number %s\n' "$(cat "$T/number")"
  cat "$T/meta"
  sed 's/^/file /' "$T/files" && sed 's/^/unit /' "$T/actions" || exit 1
done
[ "$TARGET" = last ] && TARGET=${standing##* }
if [ -n "$TARGET" ]; then
  section target
  printf '%s\n' "$TARGET"
  reached=
  done=
  for id in $ids; do
    T=$STATE/txn/$id
    [ "$id" = "$TARGET" ] && reached=1
    [ -n "$reached" ] && [ "$(cat "$T/state")" = confirmed ] || continue
    entries=$(cat "$T/files") || exit 1
    while read -r name meta; do
      case " $done " in *" $name "*) continue ;; esac
      done="$done $name"
      if [ "$meta" = absent ]; then
        section "gone $name"
      else
        section "old $name"
        printf '%s\n' "$meta"
        cat "$T/old/$name" || exit 1
      fi
    done <<LINES
$entries
LINES
  done
fi
section end
