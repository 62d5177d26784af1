# upsctl's own folder on a host, and its lock. Expects STATE ROOT. Defines functions, runs nothing.

say() { printf '%s\n' "$*"; }

# Says why what root reads here later, as a program, could be somebody else's: the folder or a way to
# it is a link, or not root's alone. Folders above ROOT are a test's.
not_our_own() {
  place=$(readlink -f "$ROOT/var/lib") || { say "$ROOT/var/lib does not exist"; return; }
  [ ! -L "$STATE" ] || { say "$STATE is a symbolic link"; return; }
  [ ! -e "$STATE" ] || place=$place/${STATE##*/}
  top=$(readlink -f "$ROOT/")
  me=$(id -u)
  while :; do
    stat -c '%F,%u,%g,%a' "$place" | {
      IFS=, read -r kind owner group mode
      case $mode in *[2367]) others=1 ;; *[2367]?) others=$group ;; *) others=0 ;; esac
      [ "$kind" = directory ] && [ "$owner" = "$me" ] && [ "$others" = 0 ]
    } || { say "$place is not root's alone"; return; }
    [ "$place" != "$top" ] && [ "$place" != / ] || return 0
    place=${place%/*}
    place=${place:-/}
  done
}
