# Ids of all transactions, oldest first. Those of old have no number. Non-zero when a number cannot be
# read: then the order is not known.
in_order() {
  numbered=$(
    for txn in "$STATE"/txn/*/; do
      txn=${txn%/}
      [ -e "$txn/state" ] || continue
      number=0
      [ ! -e "$txn/number" ] || read -r number <"$txn/number" || exit 1
      printf '%s %s\n' "$number" "${txn##*/}"
    done
  ) || return 1
  [ -z "$numbered" ] || printf '%s\n' "$numbered" | sort -k1,1n -k2,2 | cut -d' ' -f2
}
