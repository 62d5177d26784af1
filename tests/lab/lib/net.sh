# shellcheck shell=bash
# The lab's network: a namespace with a bridge in it, and nothing that leads out.

in_net() {
	local lab=$1
	shift
	# Not `ip netns exec`: it mounts a /sys of its own, in which nspawn finds no cgroups.
	nsenter --net="$(netns_file "$lab")" -- "$@"
}

create_net() {
	local lab=$1
	# A namespace does not outlive a reboot of this machine, though the lab's files do.
	! nsenter --net="$(netns_file "$lab")" true 2>/dev/null || return 0
	ip netns add "$(netns_name "$lab")"
	in_net "$lab" sh -ec '
		ip link set lo up
		ip link add br0 type bridge stp_state 0 forward_delay 0
		ip addr add 192.0.2.1/24 dev br0
		ip link set br0 up'
}

# A connection that an ssh client left open would keep the namespace alive without a name.
remove_net() {
	local ns pids
	ns=$(netns_name "$1")
	[ -e "/run/netns/$ns" ] || return 0
	pids=$(ip netns pids "$ns" 2>/dev/null || true)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
	ip netns del "$ns"
}

free_address() {
	local lab=$1 last name used=' '
	for name in $(host_names "$lab"); do used+="$(host_get "$lab" "$name" addr) "; done
	for last in $(seq 10 254); do
		[[ $used == *" 192.0.2.$last "* ]] || { echo "192.0.2.$last"; return; }
	done
	die "no address is left in lab $lab"
}

# The mark makes a pulled cable outlast a reboot of the host: see launch.sh.
cut_host() {
	touch "$(host_dir "$1" "$2")/cut"
	[ "$(host_state "$1" "$2")" = off ] || in_net "$1" ip link set "$(port_name "$1" "$2")" down
}

mend_host() {
	rm -f "$(host_dir "$1" "$2")/cut"
	[ "$(host_state "$1" "$2")" = off ] || in_net "$1" ip link set "$(port_name "$1" "$2")" up
}

port_22_answers() {
	# shellcheck disable=SC2016
	in_net "$1" timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/22" && read -r line <&3 && [[ $line == SSH-* ]]' \
		"$(host_get "$1" "$2" addr)" 2>/dev/null
}
