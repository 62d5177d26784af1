#!/bin/bash
# Keeps one host running: boots it, boots it again when it reboots, ends when it powers off. Runs in the lab's network.
# usage: launch.sh HOST_DIR HOSTNAME MACHINE CGROUP
set -u
dir=$1 hostname=$2 machine=$3 cgroup=$4

# With --keep-unit nspawn does not boot a container again that reboots: it says so by this exit code.
REBOOT=133

# nspawn makes a new cable on every boot and plugs it in itself: wait for that, or it would undo the cut.
pull_new_cable() {
	local port=vb-$machine
	for _ in $(seq 200); do
		if ip link show "$port" 2>/dev/null | grep -q 'master br0'; then
			ip link set "$port" down
			return
		fi
		sleep 0.05
	done
}

# Two hosts in one cgroup break each other's units, and a cgroup with processes of its own cannot have children
# with controllers: so nspawn gets a cgroup for itself, and this launcher waits in another.
boot() (
	echo "$BASHPID" >"$cgroup/run/cgroup.procs"
	export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
	exec systemd-nspawn -D "$dir/root" -b --register=no --keep-unit -M "$machine" --hostname="$hostname" \
		--network-bridge=br0 --resolv-conf=off --timezone=off --link-journal=no
)

status=$REBOOT
while [ $status = $REBOOT ]; do
	[ ! -e "$dir/cut" ] || pull_new_cable &
	boot
	status=$?
done
exit $status
