# shellcheck shell=bash
# The hosts of a lab: made, booted, entered, broken, removed.

create_lab() {
	local dir
	dir=$(lab_dir "$1")
	mkdir -p "$dir/hosts"
	[ -e "$dir/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C "lab $1" -f "$dir/id_ed25519"
	create_net "$1"
}

create_host() {
	local lab=$1 name=$2 suite=$3 addr=$4 kind=$5 dir other
	dir=$(host_dir "$lab" "$name")
	[ ! -e "$dir" ] || die "lab $lab has a host $name already"
	[ "$addr" != - ] || addr=$(free_address "$lab")
	for other in $(host_names "$lab"); do
		[ "$(host_get "$lab" "$other" addr)" != "$addr" ] || die "$addr belongs to $other already"
	done
	mkdir -p "$dir"/{upper,work,root}
	echo "$suite" >"$dir/suite"
	echo "$addr" >"$dir/addr"
	echo "$kind" >"$dir/kind"
	base_dir "$suite" "$kind" >"$dir/base"
	mount_root "$lab" "$name"
	write_identity "$dir" "$name" "$addr"
	write_keys "$lab" "$name"
}

mount_root() {
	local dir
	dir=$(host_dir "$1" "$2")
	mountpoint -q "$dir/root" || mount -t overlay \
		-o "lowerdir=$(cat "$dir/base"),upperdir=$dir/upper,workdir=$dir/work" "lab-$1-$2" "$dir/root"
}

write_identity() {
	local root=$1/root name=$2 addr=$3
	echo "$name" >"$root/etc/hostname"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	cat >"$root/etc/network/interfaces" <<-TEXT
		auto lo
		iface lo inet loopback

		auto host0
		iface host0 inet static
			address $addr/24
	TEXT
}

write_keys() {
	local lab=$1 root home
	root=$(host_dir "$lab" "$2")/root
	ssh-keygen -q -t ed25519 -N '' -C "root@$2" -f "$root/etc/ssh/ssh_host_ed25519_key"
	for home in /root /home/admin /home/limited; do
		install -d -m 700 "$root$home/.ssh"
		install -m 600 "$(lab_dir "$lab")/id_ed25519.pub" "$root$home/.ssh/authorized_keys"
		chown -R --reference="$root$home" "$root$home/.ssh"
	done
}

# What names all hosts of the lab: written anew whenever one is added, into running hosts as well.
write_lab_files() {
	local lab=$1 dir name addr hosts key
	dir=$(lab_dir "$lab")
	hosts=$'127.0.0.1 localhost\n::1 localhost'
	: >"$dir/known_hosts.new"
	: >"$dir/ssh_config.new"
	for name in $(host_names "$lab"); do
		addr=$(host_get "$lab" "$name" addr)
		hosts+=$'\n'"$addr $name"
		key=$(cut -d ' ' -f 1,2 "$dir/hosts/$name/root/etc/ssh/ssh_host_ed25519_key.pub")
		echo "$name,$addr $key" >>"$dir/known_hosts.new"
		ssh_config_entry "$dir" "$name" "$addr" >>"$dir/ssh_config.new"
	done
	mv "$dir/known_hosts.new" "$dir/known_hosts"
	mv "$dir/ssh_config.new" "$dir/ssh_config"
	for name in $(host_names "$lab"); do echo "$hosts" >"$dir/hosts/$name/root/etc/hosts"; done
}

ssh_config_entry() {
	cat <<-TEXT
		Host $2
		    HostName $3
		    User root
		    IdentityFile $1/id_ed25519
		    IdentitiesOnly yes
		    UserKnownHostsFile $1/known_hosts
		    GlobalKnownHostsFile /dev/null
		    StrictHostKeyChecking yes
	TEXT
}

# --- power

cgroup_dir() { echo "$(cgroup_root)/upsctl-lab/$(netns_name "$1")/$2"; }

# A host that reboots is up all the while: its launcher lives on.
host_state() {
	if [ -n "$(cat "$(cgroup_dir "$1" "$2")/launcher/cgroup.procs" 2>/dev/null)" ]; then echo up; else echo off; fi
}

start_host() {
	local lab=$1 name=$2 dir cgroup
	[ "$(host_state "$lab" "$name")" = off ] || return 0
	dir=$(host_dir "$lab" "$name")
	cgroup=$(cgroup_dir "$lab" "$name")
	create_net "$lab"
	mount_root "$lab" "$name"
	# Once killed, a cgroup kills what a new systemd starts in it: every boot gets a fresh one.
	remove_cgroup "$cgroup"
	mkdir -p "$cgroup"/{launcher,run,in}
	# In a session of its own, or it would die with the terminal or test that started it.
	(
		echo "$BASHPID" >"$cgroup/launcher/cgroup.procs"
		exec 9>&- </dev/null >>"$dir/console.log" 2>&1
		exec setsid --fork nsenter --net="$(netns_file "$lab")" -- \
			"$LIB/launch.sh" "$dir" "$name" "$(machine_name "$lab" "$name")" "$cgroup"
	)
}

# nspawn alone is not enough: when it is killed the systemd inside goes on.
kill_host() {
	local cgroup
	cgroup=$(cgroup_dir "$1" "$2")
	[ -d "$cgroup" ] || return 0
	for _ in $(seq 200); do
		[ -e "$cgroup/cgroup.events" ] && grep -q 'populated 1' "$cgroup/cgroup.events" || return 0
		if [ -e "$cgroup/cgroup.kill" ]; then
			echo 1 >"$cgroup/cgroup.kill"
		else
			cgroup_pids "$cgroup" | xargs -r kill -KILL 2>/dev/null || true
		fi
		sleep 0.05
	done
	die "$1/$2 does not die"
}

# Returns when the old boot is over, so that a `wait up` after it means the new one.
reboot_host() {
	local old
	old=$(leader_pid "$1" "$2")
	[ -n "$old" ] || die "$1/$2 is off"
	(enter_host "$1" "$2" systemctl reboot 9>&-) || true
	for _ in $(seq 900); do
		[ -e "/proc/$old" ] || return 0
		sleep 0.1
	done
	die "$1/$2 does not reboot"
}

wait_up() {
	local deadline=$((SECONDS + $3))
	until port_22_answers "$1" "$2"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

wait_off() {
	local deadline=$((SECONDS + $3))
	until [ "$(host_state "$1" "$2")" = off ]; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

die_with_console() {
	tail -n 30 "$(host_dir "$1" "$2")/console.log" >&2
	die "$1/$2 does not answer on port 22"
}

# --- inside

cgroup_pids() {
	find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null
}

# The host's pid 1, as this machine numbers it: the one process that is 1 in a pid namespace below ours.
leader_pid() {
	local pids
	pids=$(cgroup_pids "$(cgroup_dir "$1" "$2")/run")
	# shellcheck disable=SC2016,SC2086
	[ -z "$pids" ] || printf '/proc/%s/status\n' $pids |
		xargs awk '/^NSpid:/ && NF > 2 && $NF == 1 { split(FILENAME, path, "/"); print path[3]; exit }' 2>/dev/null || true
}

# In a cgroup of the host, so that pulling the plug ends this command too.
enter_host() {
	local lab=$1 name=$2 pid
	shift 2
	pid=$(leader_pid "$lab" "$name")
	[ -n "$pid" ] || die "$lab/$name is off"
	echo "$BASHPID" >"$(cgroup_dir "$lab" "$name")/in/cgroup.procs"
	exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wd -- env -i HOME=/root \
		TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# --- removal

remove_lab() {
	local lab=$1 dir name
	dir=$(lab_dir "$lab")
	[ -d "$dir" ] || return 0
	lock_lab "$lab"
	for name in $(host_names "$lab"); do remove_host "$lab" "$name"; done
	rmdir -p "$(cgroup_root)/upsctl-lab/$(netns_name "$lab")" 2>/dev/null || true
	remove_net "$lab"
	rm -rf --one-file-system "$dir"
	rm -f "$STATE/labs/.$lab.lock"
}

remove_host() {
	local dir
	dir=$(host_dir "$1" "$2")
	kill_host "$1" "$2"
	remove_cgroup "$(cgroup_dir "$1" "$2")"
	if mountpoint -q "$dir/root"; then umount "$dir/root" || umount --lazy "$dir/root"; fi
	rmdir "/run/systemd/nspawn/propagate/$(machine_name "$1" "$2")" 2>/dev/null || true
}

# The kernel lets go of a cgroup a moment after its last process.
remove_cgroup() {
	[ -d "$1" ] || return 0
	for _ in $(seq 100); do
		find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
		[ -d "$1" ] || return 0
		sleep 0.05
	done
	say "cgroup $1 is still in use"
}
