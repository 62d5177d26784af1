# The five files of a transaction: staged, written, put back, read back. Defines functions.
# PLAN  words NAME,SIZE,META,BEFORE-DIGEST,BEFORE-META ("absent,-" for no file; SIZE `remove`)
# WAY   folder beside the files, on their file system, root's alone:
#       new/   what is to be written
#       old/   the way back; `done/` once everything is back, so that no later try writes again
# Both are whole before the first change: from then on there are only renames and removals, which
# a full disk lets through.

meta_of() { stat -c '%U:%G/%a' "$1"; }

is_digest() {
  sum=$(sha256sum <"$1") && [ "${sum%% *}" = "$digest" ]
}

# Whether the file of `fields` is as it was before the transaction: bytes, owner, mode.
as_before() {
  if [ "$digest" = absent ]; then
    [ ! -e "$path" ] && [ ! -L "$path" ]
    return
  fi
  [ -f "$path" ] && [ ! -L "$path" ] && [ "$(meta_of "$path")" = "$old_meta" ] && is_digest "$path"
}

# Takes a new file's bytes from stdin. It begins as a copy of what it replaces, for the sake of what
# nobody plans: access lists, attributes.
receive() {
  [ "$digest" = absent ] || cp --preserve=all "$path" "$WAY/new/$name" || return 1
  head -c "$size" >"$WAY/new/$name" && [ "$(wc -c <"$WAY/new/$name")" -eq "$size" ] || return 1
  [ "$(meta_of "$WAY/new/$name")" = "$meta" ] ||
    { chown "${meta%/*}" "$WAY/new/$name" && chmod "${meta#*/}" "$WAY/new/$name"; }
}

# Copies what is there, for the undo and for later rollbacks.
keep() {
  if [ "$digest" = absent ]; then
    put "$T/old/$name.absent" && printf '%s absent\n' "$name" >>"$T/files"
    return
  fi
  cp -a "$path" "$T/old/$name" && cp -a "$path" "$WAY/old/$name" &&
    printf '%s %s\n' "$name" "$old_meta" >>"$T/files" || return 1
  path=$WAY/old/$name
  as_before
}

put_back() {
  if [ "$digest" = absent ]; then
    rm -f "$path"
  elif [ -f "$WAY/old/$name" ] && is_digest "$WAY/old/$name"; then
    mv -fT "$WAY/old/$name" "$path"
  else
    # Somebody took the way back away: the copy in the record needs room.
    temp=$ROOT/etc/nut/.upsctl-$ID.$name
    cp -a "$T/old/$name" "$temp" && sync "$temp" && mv -fT "$temp" "$path" || { rm -f "$temp"; return 1; }
  fi
}

restore_files() {
  [ ! -e "$WAY/done" ] || return 0
  for entry in $PLAN; do
    fields "$entry"
    as_before || put_back
  done
  sync "$ROOT/etc/nut" || failed="$failed; $ROOT/etc/nut cannot be synced"
  for entry in $PLAN; do
    fields "$entry"
    as_before || failed="$failed; could not put back $path"
  done
  # Later tries have the units to see to. What a person writes meanwhile is that person's.
  [ -n "$failed" ] || [ ! -e "$WAY/old" ] || mv -T "$WAY/old" "$WAY/done"
}
