# Takes away what is left of deploys that have ended or never began: expects STATE ROOT. Whoever is at
# it holds the lock, and what is open is owed its undo.
[ -e "$STATE/lock" ] || exit 0
command exec 9<"$STATE/lock" && flock -n 9 || exit 0
[ ! -e "$STATE/open" ] || exit 0
rm -rf "$ROOT"/etc/nut/.upsctl-*
rm -f "$ROOT/etc/systemd/system/multi-user.target.wants/upsctl-undo.service" \
  "$ROOT/etc/systemd/system/upsctl-undo.service"
