# Ids of all transactions, oldest first. Those of old have no number.
in_order() {
  for txn in "$STATE"/txn/*/; do
    txn=${txn%/}
    [ -e "$txn/state" ] || continue
    number=0
    [ ! -e "$txn/number" ] || read -r number <"$txn/number"
    printf '%s %s\n' "$number" "${txn##*/}"
  done | sort -k1,1n -k2,2 | cut -d' ' -f2
}
