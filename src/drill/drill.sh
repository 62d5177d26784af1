# One host's part in a drill. Expects the functions of state.sh and box.sh, `copies` (the plan's own: it
# makes the files of the drill from those in $1, into the folder $2), and
#   NONCE STATE ROOT HOLDER DRILL MAX PORT
#   SEEN      words FILE,DIGEST: files that must be as they were when the drill was planned
#   UPSES     the UPSes that this host serves; nothing on a client
#   OWN       address at which its own upsd answers, in the drill and else
#   SERVERS   words ADDRESS,PORT,REALPORT that its upsmon logs in to in the drill
#   LOGINS    words ADDRESS,PORT,UPS,FROM,SIZE,FROM,SIZE: real logins, with the stretches of upsmon.conf that
#             hold user and password
#   RUN_AS    the account of upsmon and upsd
#   PROGRAMS  the programs of SHUTDOWNCMD and NOTIFYCMD, as KIND:WORD, for being there; never run
#   FRONT     what keeps NUT's daemons in front
# Lines `--NONCE WORD …` are told; each `tick` is answered with one line, within 20 s, or all is over.
trap '' HUP PIPE
umask 022
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
exec 3<&0 </dev/null
LOCK=$STATE/lock

tell() { printf -- '--%s %s\n' "$NONCE" "$*"; }

now() { date +%s.%N; }

# Hears what to do next. Who is not heard of any more wants nothing more.
hear() {
  tell tick "$(now)"
  answer=$(timeout 20 sh -c 'read -r answer && printf %s "$answer"' <&3)
  answer=${answer:-gone}
}

refuse() {
  tell refused "$@"
  exit 0
}

# The first UPS of this host that is not calmly on mains, with what it says.
not_on_mains() {
  for ups in $UPSES; do
    status=$(timeout 4 upsc "$ups@$OWN" ups.status 2>/dev/null)
    case " $status " in
      *' OB '* | *' LB '* | *' FSD '* | *' CAL '* | *' OFF '*) ;;
      *' OL '*) continue ;;
    esac
    say "$ups ${status:+says }${status:-does not answer}"
    return 0
  done
  return 1
}

# The same once the drill runs: a driver that lost its UPS for a moment is no outage.
mains_lost() {
  for ups in $UPSES; do
    status=$(timeout 4 upsc "$ups@$OWN" ups.status 2>/dev/null)
    case " $status " in
      *' OB '* | *' LB '* | *' FSD '*)
        say "$ups says $status"
        return 0
        ;;
    esac
  done
  return 1
}

# Everything of the real chain that a drill must leave alone.
real_chain() {
  systemctl show --no-pager -p Id,MainPID,ActiveState,ActiveEnterTimestampMonotonic,NRestarts \
    nut-server.service nut-monitor.service nut-driver.service 'nut-driver@*.service'
  find /etc/nut /etc/killpower -exec stat -c '%n %F %U:%G %a %i %Y' {} + 2>/dev/null | sort
  find /etc/nut -type f -exec sha256sum {} + | sort
  find /run/nut -exec stat -c '%n %F %i' {} + 2>/dev/null | sort
  for ups in $UPSES; do
    printf 'logged in to %s: ' "$ups"
    timeout 4 upsc -c "$ups@$OWN" 2>/dev/null | sort | tr '\n' ' '
    echo
  done
}

# Lines of $1 that are not in $2, and the other way round.
differing() {
  printf '%s\n' "$1" | while IFS= read -r line; do
    case "
$2
" in *"
$line
"*) ;; *) printf '%s %s\n' "$3" "$line" ;; esac
  done
}

prepare() {
  for needed in systemd-run flock bash upsmon; do
    command -v "$needed" >/dev/null || refuse missing "$needed"
  done
  [ -d /run/systemd/system ] || refuse missing systemd
  LIB=
  for folder in /lib/nut /usr/lib/nut /usr/libexec/nut /usr/lib/*/nut; do
    [ ! -x "$folder/dummy-ups" ] || LIB=$folder
  done
  [ -z "$UPSES" ] || [ -n "$LIB" ] || refuse missing dummy-ups
  foreign=$(not_our_own)
  [ -z "$foreign" ] || refuse other "$foreign: root would run what others put there"
  mkdir -p "$STATE" && chmod 700 "$STATE" && touch "$LOCK" || refuse other "cannot write to $STATE"
  [ ! -e "$STATE/open" ] || refuse unfinished "$(cat "$STATE/open")"
  for entry in $SEEN; do
    [ "$(sha256sum <"/etc/nut/${entry%%,*}")" = "${entry#*,}  -" ] || refuse stale "/etc/nut/${entry%%,*}"
  done
  battery=$(not_on_mains) && refuse battery "$battery"
  flock -w 2 "$LOCK" true || refuse busy "$(cat "$STATE/holder" 2>/dev/null)"
  # After the lock: the port of another drill is not somebody else's.
  if [ -n "$UPSES" ] && ss -Hltn "sport = :$PORT" | grep -q .; then
    refuse port "$PORT"
  fi
  why=$(open_box 2>&1) || refuse busy "$(cat "$STATE/holder" 2>/dev/null || say "$why")"
  trap close_box EXIT
  trap 'exit 1' TERM INT
  tries=0
  until [ -e "$DRILL/held" ] || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  [ -e "$DRILL/held" ] || refuse busy "$(cat "$STATE/holder" 2>/dev/null)"
  before=$(real_chain)
  say "a drill of $HOLDER, since $(date +%Y-%m-%dT%H:%M:%S%z)" >"$STATE/holder"
  make_files || refuse other "cannot write to $DRILL"
}

# The files of the drill. Passwords are copied from file to file here and go nowhere else.
make_files() {
  mkdir -p "$DRILL/run" "$DRILL/log" "$DRILL/did" &&
    mkdir -m 0750 "$DRILL/real" && cp -a /etc/nut "$DRILL/etc" && rm -rf "$DRILL"/etc/.upsctl-* || return 1
  cp -a /etc/nut/*.conf /etc/nut/upsd.users "$DRILL/real/" 2>/dev/null
  for entry in $SEEN; do
    [ "$(sha256sum <"$DRILL/real/${entry%%,*}")" = "${entry#*,}  -" ] || refuse stale "/etc/nut/${entry%%,*}"
  done
  copies "$DRILL/real" "$DRILL/etc" || return 1
  if [ -d /run/nut ]; then
    chown --reference=/run/nut "$DRILL/run" && chmod --reference=/run/nut "$DRILL/run"
  else
    chown "root:$RUN_AS" "$DRILL/run" && chmod 770 "$DRILL/run"
  fi || return 1
  # What upsmon calls in place of SHUTDOWNCMD, as root, and of NOTIFYCMD, as its own account. /run may be
  # mounted noexec: it is called by sh.
  cat >"$DRILL/did.sh" <<'DID'
read -r uptime _ </proc/uptime
printf '%s %s %s %s\n' "$(date +%s.%N)" "$uptime" "$1" "${NOTIFYTYPE:--}" >>"/run/upsctl-drill/did/$(id -u)"
DID
  : >"$DRILL/did/0" && : >"$DRILL/did/$(id -u "$RUN_AS")" && chown "$RUN_AS" "$DRILL/did/$(id -u "$RUN_AS")"
}

# One stretch of a file: the first $3 bytes from byte $2 on.
stretch() { tail -c "+$(($2 + 1))" "$1" | head -c "$3"; }

set_status() {
  printf 'ups.status: %s\nbattery.charge: %s\nups.mfr: upsctl\nups.model: drill\n' "$1" "$2" >"$DRILL/etc/drill.new" &&
    chmod 644 "$DRILL/etc/drill.new" && mv -f "$DRILL/etc/drill.new" "$DRILL/etc/upsctl-drill.dev"
}

# Waits until the drill's upsd says $1 of every UPS.
until_says() {
  tries=0
  for ups in $UPSES; do
    until case " $(timeout 4 upsc "$ups@$OWN:$PORT" ups.status 2>/dev/null) " in *" $1 "*) true ;; *) false ;; esac; do
      tries=$((tries + 1))
      [ "$tries" -le 300 ] || return 1
      sleep 0.04
    done
  done
}

# Driver and upsd, with the wrapper that Debian puts before upsd and upsmon: it goes by MODE.
serve() {
  set_status OL 100
  number=0
  for ups in $UPSES; do
    number=$((number + 1))
    boxed "driver-$number" "$LIB/dummy-ups" -a "$ups" $FRONT || return 1
  done
  tries=0
  until [ "$(find "$DRILL/run" -type s | wc -l)" -ge "$number" ] || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  boxed upsd "$(command -v upsd)" $FRONT && until_says OL
}

# Logs in to the real upsd as upsmon does, and out again, without touching what upsmon has there.
# What is sent is what the file has, quotes and all: both are read by the same rules (parseconf).
real_logins() {
  for entry in $LOGINS; do
    IFS=,
    # shellcheck disable=SC2086
    set -- $entry
    unset IFS
    said=$(
      {
        printf 'USERNAME '
        stretch /etc/nut/upsmon.conf "$4" "$5"
        printf '\nPASSWORD '
        stretch /etc/nut/upsmon.conf "$6" "$7"
        printf '\nLOGIN %s\nLOGOUT\n' "$3"
      } | timeout 6 bash -c 'exec 4<>"/dev/tcp/$0/$1" || exit 9; cat >&4; cat <&4' "$1" "$2" 2>/dev/null
    )
    tell login "$1" "$2" "$3" "$?" "$(say "$said" | head -c 300 | tr '\n' ';')"
  done
}

# Whether the servers can be reached, on the port of the drill and on their own.
reach() {
  for entry in $SERVERS; do
    IFS=,
    # shellcheck disable=SC2086
    set -- $entry
    unset IFS
    for port in "$2" "$3"; do
      timeout 3 bash -c 'exec 4<>"/dev/tcp/$0/$1"' "$1" "$port" 2>/dev/null
      tell reach "$1" "$port" "$?"
    done
  done
}

programs() {
  for entry in $PROGRAMS; do
    word=${entry#*:}
    found=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$word")
    case $found in
      /*) if [ -x "$found" ]; then found=yes; else found=no; fi ;;
      '') found=no ;;
      *) found=yes ;;
    esac
    tell program "${entry%%:*}" "$found" "$word"
  done
}

clients() {
  for ups in $UPSES; do
    tell clients "$ups" "$(timeout 4 upsc -c "$ups@$OWN:$PORT" 2>/dev/null | tr '\n' ' ')"
  done
}

# What NUT's daemons said that bears on the drill; nothing of it holds a password.
logs() {
  for log in "$DRILL"/log/*; do
    grep -hE 'failed - got|Host sync timer|Giving up on the|not listening|[Cc]annot|[Cc]an.t|disabled|refused|Fatal|[Nn]o such|Insufficient' "$log" 2>/dev/null |
      grep -v 'PID file\|upsnotify' | tail -n 6 | cut -c1-200 | sed "s|^|--$NONCE log ${log##*/} |"
  done
}

moments() { cat "$DRILL"/did/* 2>/dev/null | sed "s|^|--$NONCE did |"; }

end() {
  moments
  logs
  [ ! -e "$DRILL/run/upsctl-powerdown" ] || tell flag written
  trap - EXIT
  close_box
  left=$(left_of_box)
  [ -z "$left" ] || tell left "$(say "$left" | tr '\n' ' ')"
  after=$(real_chain)
  # A login that the real upsd has not dropped yet: it is asked again.
  tries=0
  until [ "$before" = "$after" ] || [ "$tries" -ge 5 ]; do
    tries=$((tries + 1))
    sleep 0.5
    after=$(real_chain)
  done
  if [ "$before" = "$after" ]; then
    tell untouched
  else
    { differing "$before" "$after" was; differing "$after" "$before" now; } | head -n 12 | sed "s|^|--$NONCE touched |"
  fi
  tell ended
}

# How the last drill went, and the files it was of: for `status` and `doctor`.
remember() {
  {
    say "$1"
    sha256sum /etc/nut/nut.conf /etc/nut/ups.conf /etc/nut/upsd.conf /etc/nut/upsd.users /etc/nut/upsmon.conf 2>/dev/null
  } >"$STATE/drill.new" && mv -f "$STATE/drill.new" "$STATE/drill"
}

prepare
# For telling this host's clock from ours.
for _ in 1 2 3 4 5; do
  hear
done
programs
tell prepared
rounds=0 over=''
while :; do
  if [ -z "$over" ]; then
    moments
    rounds=$((rounds + 1))
    if [ $((rounds % 4)) = 0 ] && battery=$(mains_lost); then
      tell mains-lost "$battery"
      end
      over=1
    fi
  fi
  hear
  case $answer in
    log-in)
      real_logins
      tell logged-in
      ;;
    serve) if serve; then tell serving; else logs; tell not-serving; fi ;;
    watch) if boxed upsmon "$(command -v upsmon)" $FRONT; then tell watching; else tell not-watching; fi ;;
    clients) clients ;;
    reach) reach ;;
    on-battery)
      set_status 'OB DISCHRG' 60
      until_says OB
      tell on-battery "$? $(now)"
      ;;
    low)
      set_status 'OB DISCHRG LB' 9
      until_says LB
      tell low "$? $(now)"
      ;;
    end)
      [ -n "$over" ] || end
      over=1
      ;;
    'remember '*)
      remember "${answer#remember }"
      exit 0
      ;;
    # Whoever began this is gone, or has heard all there is.
    gone)
      [ -n "$over" ] || end
      exit 0
      ;;
    *) sleep 0.2 ;;
  esac
done
