# Runs on the host, started by the undo timer (`timer`), at boot (`boot`) or by the next upsctl
# (`next`): puts the old state back unless the transaction has ended.
umask 077
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
T=$STATE/txn/$ID
WAY=$ROOT/etc/nut/.upsctl-$ID
# `systemctl start multi-user.target` starts the boot unit on a running host as well: there the deploy
# may be at it, and its timer is armed.
[ "$1" != boot ] || [ "$(boot_of)" != "$(cat "$T/boot")" ] || exit 0
# Open for reading: a state that became read-only must not keep the files from being put back.
command exec 9<"$STATE/lock" || exit 1
if ! flock -n 9; then
  # The deploy is still at it, or hangs: its time is over.
  if read -r pid began <"$T/pid" && [ "$(born "$pid")" = "$began" ]; then
    kill -KILL "$pid" 2>/dev/null
  fi
  flock -w 120 9 || exit 1
fi
if [ "$(cat "$STATE/open" 2>/dev/null)" != "$ID" ]; then
  # It never began, or has ended.
  clear_up
  exit 0
fi
case $(cat "$T/state") in
  confirmed | undone)
    close "$(cat "$T/state")"
    exit
    ;;
esac
{ say "undo of $ID since $(date +%Y-%m-%dT%H:%M:%S%z)" >"$STATE/holder"; } 2>/dev/null || true
unread=
BEFORE=$(cat "$T/before") && ANSWERED=$(cat "$T/answered") && DID=$(ls "$T/did") ||
  unread="; $T cannot be read: which units were touched is not known"
# As a deploy has them: on one line.
DID=" $(printf '%s ' $DID)"
undo "$1" && exit 0
# The timer of the deploy did not outlive a boot.
[ "$1" != boot ] || arm_timer 60
exit 1
