#!/bin/bash
# Does the lab itself work? Boots two labs with the same host name and addresses side by side, breaks them, removes them.
# shellcheck disable=SC2016  # what is in single quotes is for another shell
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")" || exit 1

A=selftest-$$-a B=selftest-$$-b
failures=0
trap './lab down "$A"; ./lab down "$B"' EXIT

lab() { ./lab "$@"; }

# check WHAT CMD...: CMD must succeed.  check_not: it must fail.
check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "ok    $what"
		grep '^time ' <<<"$output"
	else
		failed "$what" "$output"
	fi
}

check_not() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then failed "$what" "$output"; else echo "ok    $what"; fi
}

failed() {
	failures=$((failures + 1))
	echo "FAIL  $1"
	[ -z "$2" ] || echo "$2"
}

timed() {
	local start what=$1 status=0
	shift
	start=$(date +%s%N)
	"$@" || status=$?
	printf 'time  %6d ms  %s\n' $((($(date +%s%N) - start) / 1000000)) "$what"
	return $status
}

gives() {
	local want=$1 got
	shift
	got=$("$@" </dev/null) || true
	[ "$got" = "$want" ] || { echo "want '$want', got '$got'"; return 1; }
}

exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got"; return 1; }
}

# Everything of a lab's that this machine can see; nothing when it is gone.
traces() {
	local lab=$1 state=$2 ns=$3
	findmnt -rno TARGET | grep -F "$state/" || true
	[ ! -e "$state" ] || echo "$state"
	ip netns list | grep -w "$ns" || true
	find "$(findmnt -rno TARGET -t cgroup2 | head -n 1)" -type d -path "*/upsctl-lab/$ns*" 2>/dev/null
	pgrep -fa "$state/" || true
	lab list | grep "^$lab " || true
}

boot_id() { lab in "$1" "$2" cat /proc/sys/kernel/random/boot_id; }

ssh_is_right() {
	check "$1/$2: ssh as root" gives "$2 root" lab ssh "$1" "$2" 'echo $(hostname) $(id -un)'
	check "$1/$2: admin has sudo" gives 0 lab ssh "$1" "admin@$2" sudo -n id -u
	check_not "$1/$2: limited has none" lab ssh "$1" "limited@$2" sudo -n id -u
	check "$1/$2: is $3" gives "$3" lab ssh "$1" "$2" '. /etc/os-release; echo $VERSION_CODENAME'
	check "$1/$2: NUT as Debian ships it" lab ssh "$1" "$2" grep -qx MODE=none /etc/nut/nut.conf
}

names_and_isolation() {
	check "$A: hosts know each other by name" lab ssh "$A" pve nc -z -w 2 nas 22
	check "$A: exec takes stdin and gives the exit code" exits 7 lab exec "$A" sh -c 'read -r x && exit "$x"' <<<7
	check "$A: in takes stdin and gives the exit code" exits 8 lab in "$A" pve sh -c 'read -r x && exit "$x"' <<<8
	lab in "$A" pve touch /marker-a
	check "$A: its pve has the marker" lab exec "$A" ssh -F "$(lab path "$A")/ssh_config" pve test -e /marker-a
	check "$B: same address, another host" exits 1 lab ssh "$B" pve test -e /marker-a
	check_not "$A: the key of $B is refused" \
		lab exec "$A" ssh -F "$(lab path "$B")/ssh_config" -o UserKnownHostsFile=/dev/null \
		-o StrictHostKeyChecking=no -o BatchMode=yes pve true
	check_not "$A: its host key is not $B's" lab exec "$A" ssh -F "$(lab path "$B")/ssh_config" -o BatchMode=yes pve true
	check_not "$B: has no 192.0.2.11" lab exec "$B" nc -z -w 1 192.0.2.11 22
	check_not "this machine reaches no host" nc -z -w 1 192.0.2.10 22
	check_not "$A: hosts reach nothing else" lab in "$A" pve sh -c 'ip route get 198.51.100.1'
}

power() {
	local lab=$1 name=$2 before
	lab in "$lab" "$name" touch /kept
	lab ssh "$lab" "$name" '/sbin/shutdown -h now' >/dev/null 2>&1
	check "$lab/$name: shutdown -h now" timed "shutdown to off" lab wait "$lab" "$name" off 30
	check "$lab/$name: list says off" grep -Eq "^$lab +$name .* off$" <(lab list)
	check_not "$lab/$name: off is not up" lab wait "$lab" "$name" up 1
	check "$lab/$name: start" lab start "$lab" "$name"
	check "$lab/$name: up again" lab wait "$lab" "$name" up 30
	check "$lab/$name: kept its files" lab ssh "$lab" "$name" test -e /kept
	before=$(boot_id "$lab" "$name")
	check "$lab/$name: reboot" lab reboot "$lab" "$name"
	check "$lab/$name: up after reboot" lab wait "$lab" "$name" up 30
	check_not "$lab/$name: it is a new boot" gives "$before" boot_id "$lab" "$name"
	before=$(boot_id "$lab" "$name")
	lab ssh "$lab" "$name" 'systemctl reboot' >/dev/null 2>&1
	check "$lab/$name: a reboot of its own ends" new_boot "$lab" "$name" "$before"
	check "$lab/$name: kill" lab kill "$lab" "$name"
	check "$lab/$name: off at once" lab wait "$lab" "$name" off 1
	lab start "$lab" "$name"
	check "$lab/$name: up after kill" lab wait "$lab" "$name" up 30
}

new_boot() {
	local now
	for _ in $(seq 100); do
		now=$(boot_id "$1" "$2" 2>/dev/null) && [ "$now" != "$3" ] && lab wait "$1" "$2" up 30 && return
		sleep 0.1
	done
	return 1
}

cable() {
	local lab=$1 name=$2
	check "$lab/$name: cut" lab cut "$lab" "$name"
	check_not "$lab/$name: unreachable" lab wait "$lab" "$name" up 2
	check "$lab/$name: runs on behind the cut" lab in "$lab" "$name" systemctl is-active ssh
	lab reboot "$lab" "$name"
	check_not "$lab/$name: still cut after reboot" lab wait "$lab" "$name" up 4
	check "$lab/$name: mend" lab mend "$lab" "$name"
	check "$lab/$name: reachable" lab wait "$lab" "$name" up 10
}

# NUT itself, on a pretended UPS: what all of this is for.
nut_answers() {
	lab in "$1" "$2" sh -ec '
		cd /etc/nut
		printf "[ups]\n\tdriver = dummy-ups\n\tport = ups.dev\n" >ups.conf
		printf "ups.status: OL\nbattery.charge: 100\n" >ups.dev
		echo MODE=standalone >nut.conf
		systemctl restart nut-driver-enumerator nut-server 2>/dev/null || systemctl restart nut-driver nut-server
		for i in $(seq 50); do
			[ "$(upsc ups@localhost ups.status 2>/dev/null)" != OL ] || exit 0
			sleep 0.2
		done
		upsc ups@localhost
		exit 1'
}

bare_host() {
	check "$B: add a bare host" timed "boot bare=bookworm, base included if new" lab up "$B" --bare bare=bookworm
	check_not "$B/bare: has no NUT" lab ssh "$B" bare 'command -v upsd'
	check "$B/bare: installs NUT offline" lab ssh "$B" bare \
		'DEBIAN_FRONTEND=noninteractive apt-get -qy install nut-server nut-client'
	check "$B/bare: updates its package lists offline" lab ssh "$B" bare apt-get -q update
	check "$B/bare: has NUT now" lab ssh "$B" bare grep -qx MODE=none /etc/nut/nut.conf
	check "$B: older hosts learn its name" lab in "$B" pve grep -q ' bare$' /etc/hosts
}

gone() {
	local lab=$1 state ns
	state=$(lab path "$lab")
	ns=ul-$(printf '%s' "${state%/labs/*}/$lab" | sha256sum | cut -c1-8)
	check "$lab: is seen before" test -n "$(traces "$lab" "$state" "$ns")"
	# What a test that died may leave behind.
	(lab exec "$lab" sleep 300 &) 2>/dev/null
	sleep 0.2
	check "$lab: down" timed "down" lab down "$lab"
	check "$lab: left nothing" gives '' traces "$lab" "$state" "$ns"
	check "$lab: down again is fine" lab down "$lab"
}

lab check || exit 1
for suite in bullseye bookworm trixie forky; do timed "base $suite (built or cached)" lab base "$suite" || exit 1; done

timed "boot $A: pve=trixie nas=bookworm to port 22" lab up "$A" pve=trixie nas=bookworm || exit 1
timed "boot $B: pve=bullseye to port 22" lab up "$B" pve=bullseye || exit 1
ssh_is_right "$A" pve trixie
ssh_is_right "$A" nas bookworm
ssh_is_right "$B" pve bullseye
names_and_isolation
for host in "$A pve" "$A nas" "$B pve"; do
	# shellcheck disable=SC2086
	power $host
done
cable "$A" nas
cable "$B" pve
check "$A/nas: upsc answers" nut_answers "$A" nas
check "$A/pve: upsc answers" nut_answers "$A" pve
check "$B/pve: upsc answers" nut_answers "$B" pve
bare_host
gone "$A"
check "$B: lives on" lab ssh "$B" pve true
gone "$B"

if [ $failures -gt 0 ]; then
	echo "$failures failed"
	exit 1
fi
echo "all passed"
