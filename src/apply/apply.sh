# Applies one plan. Expects the probe's settings and functions, those of txn.sh, and
#   ID HOLDER STATE ROOT GATE EVEN_ON_BATTERY UNDO_AFTER CONFIRM KEEP
#   PLAN     words NAME,SIZE,META,BEFORE-DIGEST,BEFORE-META ("absent,-" for no file; SIZE `remove`)
#   ACTIONS  words ACTION:UNIT
#   LIBRARY  size of undo.sh
# stdin: undo.sh, then each file's bytes in order of PLAN, then one line: `confirm`, or why not.
# Answers are lines `--NONCE result WORD TEXT`; the last one is what became of the host.
trap '' HUP PIPE
umask 077
T=$STATE/txn/$ID

result() { printf '\n--%s result %s\n' "$NONCE" "$*"; }

# Ends without having changed anything.
refuse() {
  rm -rf "$T"
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

# Splits a word of PLAN into name size meta digest old_meta.
fields() {
  IFS=,
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  name=$1 size=$2 meta=$3 digest=$4 old_meta=$5
  path=$ROOT/etc/nut/$name
}

unchanged() {
  if [ "$digest" = absent ]; then
    [ ! -e "$path" ] && [ ! -L "$path" ]
    return
  fi
  [ -f "$path" ] && [ ! -L "$path" ] && [ "$(meta_of "$path")" = "$old_meta" ] &&
    [ "$(sha256sum <"$path" | cut -d' ' -f1)" = "$digest" ]
}

receive() {
  head -c "$LIBRARY" >"$T/undo.sh"
  for entry in $PLAN; do
    fields "$entry"
    [ "$size" = remove ] && continue
    head -c "$size" >"$T/new/$name"
    [ "$(wc -c <"$T/new/$name")" -eq "$size" ] || return 1
  done
  [ "$(wc -c <"$T/undo.sh")" -eq "$LIBRARY" ]
}

back_up() {
  : >"$T/files" && : >"$T/did" && : >"$T/before" && : >"$T/answered" || return 1
  for entry in $PLAN; do
    fields "$entry"
    if [ "$digest" = absent ]; then
      : >"$T/old/$name.absent" && say "$name absent" >>"$T/files" || return 1
    else
      cp -p "$path" "$T/old/$name" && say "$name $old_meta" >>"$T/files" || return 1
    fi
  done
  for action in $ACTIONS; do
    unit=${action#*:}
    say "$unit $(systemctl show -p ActiveState --value "$unit")" >>"$T/before"
  done
  for system in $GATE; do
    serving "$system" && say "$system" >>"$T/answered"
  done
  say "$ACTIONS" | tr ' ' '\n' | tr : ' ' >"$T/actions"
  printf 'holder %s\nstarted %s\n' "$HOLDER" "$STARTED" >"$T/meta"
  for kept in "$T"/* "$T"/old/* "$T"/new/*; do
    [ ! -f "$kept" ] || sync "$kept" || return 1
  done
  sync "$T"
}

STARTED=$(date +%s)
mkdir -p "$STATE/txn" && chmod 700 "$STATE" "$STATE/txn" && exec 9>>"$STATE/lock" ||
  refuse refused "cannot write to $STATE: is the disk full or read-only?"
if ! flock -n 9; then
  T=/nonexistent
  refuse locked "$(cat "$STATE/holder")"
fi
say "$HOLDER, process $$ on the host, since $(date +%Y-%m-%dT%H:%M:%S%z)" >"$STATE/holder"
if [ -e "$STATE/open" ]; then
  open=$(cat "$STATE/open")
  T=/nonexistent
  refuse unfinished "$open"
fi
mkdir "$T" "$T/new" "$T/old" && say $$ >"$T/pid" ||
  refuse refused "cannot write to $STATE: is the disk full or read-only?"

receive || refuse refused "could not receive the files: is the disk full, or was the connection lost?"
# From here on nothing but the answer is read from stdin.
exec 3<&0 </dev/null
for entry in $PLAN; do
  fields "$entry"
  unchanged || refuse stale "$path"
done
if [ -z "$EVEN_ON_BATTERY" ] && battery=$(on_battery); then
  refuse battery "$battery"
fi
back_up || refuse refused "cannot write the backup to $T: is the disk full?"

mark staged && printf '%s\n' "$ID" >"$STATE/open" && sync "$STATE/open" "$STATE" ||
  { rm -f "$STATE/open"; refuse refused "cannot write to $STATE: is the disk full?"; }
arm "$UNDO_AFTER" || { close undone; result refused "cannot arm the undo timer"; exit 0; }
mark armed || roll_back "cannot write to $STATE"
case " $PLAN" in *' ups.conf,'*) hold_enumerator ;; esac
for entry in $PLAN; do
  fields "$entry"
  if [ "$size" = remove ]; then
    note "remove $path"
    rm -f "$path" && sync "$(dirname "$path")" || roll_back "could not remove $path"
    continue
  fi
  note "write $path"
  replace "$T/new/$name" "$path" "$meta" || roll_back "could not write $path (disk full or read-only?)"
done
mark files || roll_back "cannot write to $STATE"

begun=
for action in $ACTIONS; do
  unit=${action#*:}
  action=${action%%:*}
  # Before the first risky step there is a way back without any restart; after it, forward is
  # the shorter way to a chain that works.
  if risky "$action" "$unit" && [ -z "$begun$EVEN_ON_BATTERY" ]; then
    battery=$(on_battery) && roll_back "mains failed during the deploy ($battery)"
    begun=1
  fi
  printf '%s %s\n' "$action" "$unit" >>"$T/did" && sync "$T/did" || roll_back "cannot write to $STATE"
  note "$action $unit"
  act "$action" "$unit" >>"$T/log" 2>&1 || roll_back "systemctl $action $unit failed"
done
release_enumerator || roll_back "nut-driver-enumerator.path did not start again"
mark applied || roll_back "cannot write to $STATE"

[ -n "$SETTLE" ] && settle
observe
section await
answer=$(timeout "$CONFIRM" sh -c 'read -r answer && printf %s "$answer"' <&3)
case $answer in
  confirm)
    close confirmed || roll_back "cannot write to $STATE"
    # shellcheck disable=SC2012
    ls -1 "$STATE/txn" | head -n "-$KEEP" | while read -r old; do rm -rf "$STATE/txn/${old:?}"; done
    result confirmed "$ID"
    ;;
  *) roll_back "${answer:-the connection was lost before the deploy was confirmed}" ;;
esac
