# Applies one plan. Expects the probe's settings and functions, those of txn.sh, files.sh, units.sh and
# arm.sh, and
#   ID HOLDER UNDOES STATE ROOT GATE EVEN_ON_BATTERY UNDO_AFTER CONFIRM KEEP PLAN (see files.sh)
#   ACTIONS  words ACTION:UNIT
#   LIBRARY  size of undo.sh
# stdin: undo.sh, then each file's bytes in order of PLAN, then one line: `confirm`, or why not.
# Answers are lines `--NONCE result WORD TEXT`; the last one is what became of the host.
trap '' HUP PIPE
umask 077
T=$STATE/txn/$ID
WAY=$ROOT/etc/nut/.upsctl-$ID
DID='' BEFORE='' ANSWERED='' WRITTEN='' ENUMERATED='' unread=''

result() { printf '\n--%s result %s\n' "$NONCE" "$*"; }

# Ends without having changed anything.
refuse() {
  rm -rf "$T" "$WAY"
  result "$@"
  exit 0
}

# The same, when what is there is another's.
refuse_at_once() {
  result "$@"
  exit 0
}

roll_back() {
  section journal
  timeout 8 journalctl --no-pager -o short -b --since "@$STARTED" -n 60 \
    -u nut-server -u nut-monitor -u 'nut-driver*' 2>/dev/null
  if undo deploy; then
    result rolled-back "$1"
  else
    result undo-failed "$1$failed"
  fi
  exit 0
}

# One more than the greatest there is.
next_number() {
  greatest=0
  for txn in "$STATE"/txn/*/number; do
    [ -e "$txn" ] || continue
    read -r number <"$txn" || return 1
    [ "$number" -le "$greatest" ] || greatest=$number
  done
  say $((greatest + 1))
}

stage() {
  head -c "$LIBRARY" >"$T/undo.sh" && [ "$(wc -c <"$T/undo.sh")" -eq "$LIBRARY" ] || return 1
  for entry in $PLAN; do
    fields "$entry"
    as_before || refuse stale "$path"
    [ "$size" = remove ] || receive || return 1
  done
}

back_up() {
  printf '' >"$T/files" || return 1
  for entry in $PLAN; do
    fields "$entry"
    keep || return 1
  done
  for word in armed files applied confirmed undone undo-failed; do
    put "$T/marks/$word" "$word" || return 1
  done
  for action in $ACTIONS; do
    put "$T/todo/$action" "$action" && printf '%s %s\n' "${action%%:*}" "${action#*:}" || return 1
  done >"$T/actions" || return 1
  BEFORE=$(units_now) && put "$T/before" "$BEFORE" || return 1
  for system in $GATE; do
    serving "$system" && ANSWERED="$ANSWERED $system"
  done
  number=$(next_number) && put "$T/number" "$number" && put "$T/answered" "$ANSWERED" && put "$T/boot" "$(boot_of)" &&
    put "$T/meta" "holder $HOLDER
started $STARTED${UNDOES:+
undoes $UNDOES}" && put "$T/open" "$ID" && put "$T/state" staged || return 1
  # Every byte and every name, so that a power cut finds the whole of it or no `open`.
  find "$T" "$WAY" -exec sync {} + && sync "$STATE/txn" "$STATE" "$ROOT/etc/nut"
}

write_files() {
  for entry in $PLAN; do
    fields "$entry"
    if [ "$size" = remove ]; then
      note "remove $path"
      rm -f "$path" || roll_back "could not remove $path"
    else
      note "write $path"
      mv -fT "$WAY/new/$name" "$path" || roll_back "could not write $path (disk full or read-only?)"
    fi
  done
  sync "$ROOT/etc/nut" || roll_back "$ROOT/etc/nut cannot be synced"
}

# What is restarted at once is restarted by one command: first all drivers, then upsd and upsmon, which
# systemd starts one after the other. upsd finds a driver that comes later only after seconds.
act_on_units() {
  begun='' group='' of=''
  for step in $ACTIONS; do
    unit=${step#*:}
    action=${step%%:*}
    case $step in
      restart:nut-driver*) kind=drivers ;;
      restart:*) kind=daemons ;;
      *) kind='' ;;
    esac
    [ "$kind" = "$of" ] && [ -n "$kind" ] || restart_group
    # Before the first risky step there is a way back without any restart; after it, forward is
    # the shorter way to a chain that works.
    if risky "$action" "$unit" && [ -z "$begun$EVEN_ON_BATTERY" ]; then
      battery=$(on_battery) && roll_back "mains failed during the deploy ($battery)"
      begun=1
    fi
    if [ "$kind" = drivers ] && runs_anew "$unit"; then
      note "$unit was started by the enumerator"
      continue
    fi
    begin "$step" || roll_back "cannot write to $STATE"
    of=$kind
    if [ -n "$kind" ]; then
      group="$group $unit"
      continue
    fi
    note "$action $unit"
    act "$action" "$unit" || roll_back "systemctl $action $unit failed"
    [ "$action" != enumerate ] || ENUMERATED=$(units_now) || roll_back "systemd does not answer"
  done
  restart_group
}

restart_group() {
  of=
  [ -n "$group" ] || return 0
  note "restart$group"
  act restart "$group" || roll_back "systemctl restart$group failed"
  group=
}

# Whether a driver is of the new files already: since they were written it was started, by the enumerator.
runs_anew() {
  find_unit "$ENUMERATED" "$1"
  [ "$is_active" = active ] || return 1
  runs=$is_invocation
  find_unit "$WRITTEN" "$1"
  [ "$runs" != "$is_invocation" ]
}

# Drops transactions beyond the newest KEEP. The state before the first deploy is never dropped: what
# it does not have, it takes over from those that go.
prune() {
  # What wrote no file, a restart alone, is nothing to go back to, and takes no place.
  for old in "$STATE"/txn/*; do
    [ "$old" = "$T" ] || [ -s "$old/files" ] || rm -rf "$old"
  done
  [ -s "$T/files" ] || KEEP=$((KEEP + 1))
  first=
  # What cannot be told to be old stays.
  listed=$(in_order) || return
  say "$listed" | head -n "-$KEEP" | while read -r old; do
    old=$STATE/txn/$old
    ended=$(cat "$old/state") || return
    if [ "$ended" = confirmed ] && [ -z "$first" ]; then
      first=$old
      continue
    fi
    [ "$ended" != confirmed ] || inherit "$first" "$old" || return
    rm -rf "${old:?}"
  done
}

inherit() {
  entries=$(cat "$2/files") && [ -n "$entries" ] || return 1
  say "$entries" | while read -r name meta; do
    grep -q "^$name " "$1/files"
    case $? in
      0) continue ;;
      1) ;;
      *) return 1 ;;
    esac
    if [ "$meta" = absent ]; then put "$1/old/$name.absent"; else cp -a "$2/old/$name" "$1/old/$name"; fi &&
      printf '%s %s\n' "$name" "$meta" >>"$1/files" || return 1
  done && sync "$1/files" "$1"/old/*
}

STARTED=$(date +%s)
foreign=$(not_our_own)
[ -z "$foreign" ] || refuse_at_once refused "$foreign: root would run what others put there"
mkdir -p "$STATE/txn" && chmod 700 "$STATE" "$STATE/txn" && touch "$STATE/lock" &&
  command exec 9<"$STATE/lock" ||
  refuse_at_once refused "cannot write to $STATE: is the disk full or read-only?"
flock -n 9 || refuse_at_once locked "$(cat "$STATE/holder")"
if [ -e "$STATE/open" ]; then
  refuse_at_once unfinished "$(cat "$STATE/open")"
fi
put "$STATE/holder" "$HOLDER, process $$ on the host, since $(date +%Y-%m-%dT%H:%M:%S%z)" &&
  mkdir "$T" "$T/old" "$T/marks" "$T/todo" "$T/did" && put "$T/pid" "$$ $(born $$)" ||
  refuse refused "cannot write to $STATE: is the disk full or read-only?"
# What an earlier deploy could not clear away is nobody's: none is open.
rm -rf "$ROOT"/etc/nut/.upsctl-* && mkdir "$WAY" "$WAY/new" "$WAY/old" ||
  refuse refused "cannot write to $ROOT/etc/nut: is the disk full or read-only?"
stage || refuse refused "could not receive the files: is the disk full, or was the connection lost?"
# From here on nothing but the answer is read from stdin.
exec 3<&0 </dev/null
if [ -z "$EVEN_ON_BATTERY" ] && battery=$(on_battery); then
  refuse battery "$battery"
fi
back_up || refuse refused "cannot write the backup to $T and $WAY: is the disk full?"

arm_boot && arm_timer "$UNDO_AFTER" || { disarm; refuse refused "cannot arm the undo timer"; }
mv -T "$T/open" "$STATE/open" && sync "$STATE" || roll_back "cannot write to $STATE"
mark armed || roll_back "cannot write to $STATE"
case " $PLAN" in *' ups.conf,'*)
  hold_enumerator || roll_back "$PATH_UNIT did not stop"
  ;;
esac
write_files
mark files || roll_back "cannot write to $STATE"
WRITTEN=$(units_now) || roll_back "systemd does not answer"
act_on_units
release_enumerator || roll_back "$PATH_UNIT did not start again"
mark applied || roll_back "cannot write to $STATE"

[ -n "$SETTLE" ] && settle
observe
section await
answer=$(timeout "$CONFIRM" sh -c 'read -r answer && printf %s "$answer"' <&3)
case $answer in
  confirm)
    close confirmed || roll_back "cannot write to $STATE"
    prune
    result confirmed "$ID"
    ;;
  *) roll_back "${answer:-the connection was lost before the deploy was confirmed}" ;;
esac
