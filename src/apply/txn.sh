# A transaction's record on the host, and its end. Defines functions, runs nothing.
#
# STATE/lock      flock: one transaction at a time; the kernel frees it when its holder dies
# STATE/holder    who holds it and since when
# STATE/open      id of the transaction that is neither confirmed nor undone
# STATE/txn/ID/   state   staged -> armed -> files -> applied -> confirmed | undone | undo-failed
#                 marks/  the states still to come, as files: a state is marked by a rename
#                 number  which deploy of this host it is; clocks do not say
#                 files   one line a file: NAME OWNER:GROUP/MODE before, or NAME absent
#                 old/    what was there (old/NAME.absent: nothing)
#                 actions one line a unit action, in order: ACTION UNIT
#                 todo/ did/  the same actions as files ACTION:UNIT; moved before each begins
#                 before  the units: UNIT,ACTIVE,ENABLED,INVOCATION
#                 answered  UPSes that answered before
#                 boot    the boot it began in
#                 pid     process that does it, with its start time
#                 log     what happened, for people
#
# From the first change on, nothing here needs a new block or inode: a disk that fills in the middle
# stops neither the deploy nor its undoing.

# For people. A log that cannot be written stops nothing.
note() { { printf '%s %s\n' "$(date +%Y-%m-%dT%H:%M:%S)" "$*" >>"$T/log"; } 2>/dev/null || true; }

# Writes the rest of the words, as one line, to file $1.
put() {
  file=$1
  shift
  printf '%s\n' "$*" >"$file"
}

# Seconds that this machine has been up: a clock that is set, or set back, must not move a deadline.
uptime_s() {
  read -r uptime _ </proc/uptime
  say "${uptime%.*}"
}

# This boot. Containers share the kernel's id of it and differ in the start of their pid 1.
boot_of() { say "$(cat /proc/sys/kernel/random/boot_id) $(born 1)"; }

# When process $1 started, in ticks; nothing when there is none.
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# Marks state $1, on disk before the next step begins.
mark() {
  if [ -e "$T/marks/$1" ]; then
    mv -fT "$T/marks/$1" "$T/state" && sync "$T" || return 1
  else
    # A second undo that fails as the first did.
    [ "$(cat "$T/state")" = "$1" ] || return 1
  fi
  note "state $1"
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

# The end of a transaction, whichever: nothing of it is owed any more. From the mark on it has
# ended; what is left to clear away can be done by whoever comes next.
close() {
  if ! mark "$1"; then
    # Who takes the record away, or some of it, leaves nothing to mark and nothing that an undo could be
    # owed to: everything was read back.
    [ "$1" = undone ] && [ ! -e "$T/marks/undone" ] && rm -f "$STATE/open" && [ ! -e "$STATE/open" ] || return 1
  fi
  rm -f "$STATE/open" && sync "$STATE"
  clear_up
}

# Nothing of this transaction is owed: takes away what would undo it.
clear_up() {
  rm -rf "$WAY"
  disarm
}

# Puts everything back. $1 = why, for the log. Non-zero when the old state was not read back; then
# `failed` says what is amiss.
undo() {
  note "undo: $1"
  failed=$unread
  restore_files
  restore_enabled "$1"
  # At boot no unit runs yet: there is nothing else to put back.
  [ "$1" = boot ] || { restore_units && units_are_back; }
  if [ -z "$failed" ] && ! close undone; then
    failed="; everything is back, but $STATE cannot be written"
  fi
  [ -n "$failed" ] || return 0
  note "undo failed$failed"
  mark undo-failed
  return 1
}
