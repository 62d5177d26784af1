# Runs on the host, started by the undo timer (`timer`), at boot (`boot`) or by the next upsctl
# (`next`): puts the old state back unless the transaction has ended.
umask 077
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
T=$STATE/txn/$ID
exec 9>>"$STATE/lock"
if ! flock -n 9; then
  # The deploy is still at it, or hangs: its time is over.
  kill -KILL "$(cat "$T/pid")" 2>/dev/null
  flock -w 120 9 || exit 1
fi
[ "$(cat "$STATE/open" 2>/dev/null)" = "$ID" ] || exit 0
case $(cat "$T/state" 2>/dev/null) in
  confirmed | undone)
    close "$(cat "$T/state")"
    exit
    ;;
esac
say "undo of $ID since $(date +%Y-%m-%dT%H:%M:%S%z)" >"$STATE/holder"
undo "$1"
