# shellcheck shell=bash
# Where things are on disk, what they are called, and whether a name is good. Runs nothing.

die() {
	echo "lab: $*" >&2
	exit 1
}

say() {
	echo "lab: $*" >&2
}

valid_lab_name() {
	[[ $1 =~ ^[a-z0-9-]+$ && $1 != -* ]] || die "a lab name is made of a-z, 0-9 and -: '$1'"
}

valid_host_name() {
	[[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] || die "not a host name: '$1'"
}

valid_suite() {
	case $1 in
	bullseye | bookworm | trixie | forky) ;;
	*) die "unknown suite '$1': bullseye, bookworm, trixie or forky" ;;
	esac
}

# .1 is this machine's own end of the lab's network.
valid_address() {
	local last=${1#192.0.2.}
	[[ $1 == 192.0.2.* && $last =~ ^[1-9][0-9]{0,2}$ && $last -gt 1 && $last -lt 255 ]] ||
		die "an address is 192.0.2.2 to 192.0.2.254: '$1'"
}

lab_dir() { echo "$STATE/labs/$1"; }
host_dir() { echo "$STATE/labs/$1/hosts/$2"; }

host_names() {
	local dir
	for dir in "$STATE/labs/$1/hosts"/*/; do
		[ ! -d "$dir" ] || basename "$dir"
	done
}

host_get() { cat "$(host_dir "$1" "$2")/$3"; }

existing_lab() {
	valid_lab_name "$1"
	[ -d "$(lab_dir "$1")" ] || die "no lab $1"
}

existing_host() {
	existing_lab "$1"
	valid_host_name "$2"
	[ -d "$(host_dir "$1" "$2")" ] || die "no host $2 in lab $1"
}

# Interface names end at 15 characters, and labs of two state directories must not meet: hence a hash.
short_hash() {
	printf '%s' "$STATE/$1" | sha256sum | cut -c1-8
}

netns_name() { echo "ul-$(short_hash "$1")"; }
netns_file() { echo "/run/netns/$(netns_name "$1")"; }
machine_name() { echo "h-$(short_hash "$1/$2")"; }
# The name nspawn gives to the bridge port of a machine.
port_name() { echo "vb-$(machine_name "$1" "$2")"; }

# One writer per lab. The launcher of a host must not inherit fd 9, or the lock would live as long as the host.
lock_lab() {
	local file=$STATE/labs/.$1.lock
	mkdir -p "$STATE/labs"
	until
		exec 9>"$file"
		flock 9
		# `down` removes the file: whoever waited for that one holds nothing and must ask again.
		[ "$file" -ef /dev/fd/9 ]
	do :; done
}
