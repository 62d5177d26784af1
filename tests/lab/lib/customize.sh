#!/bin/bash
# Run by mmdebstrap on a base before it is closed; $1 is its root. Turns a minimal Debian into a quiet test host.
set -euo pipefail
root=$1

quiet_units() {
	# Whatever wakes up by itself would spoil timings and burn CPU in every host at once.
	systemctl --root="$root" -q mask apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer dpkg-db-backup.timer logrotate.timer systemd-networkd-wait-online.service \
		console-getty.service
	mkdir -p "$root/var/log/journal" "$root/etc/systemd/journald.conf.d"
	printf '[Journal]\nStorage=persistent\nSystemMaxUse=16M\n' >"$root/etc/systemd/journald.conf.d/lab.conf"
}

ssh_server() {
	rm -f "$root"/etc/ssh/ssh_host_*
	{
		echo "HostKey /etc/ssh/ssh_host_ed25519_key"
		echo "PermitRootLogin prohibit-password"
		echo "UseDNS no"
		echo "MaxStartups 200:30:400"
		echo "MaxSessions 100"
		# Since OpenSSH 9.8 failed logins lock out their address, and all tests share one.
		case $LAB_SUITE in bullseye | bookworm) ;; *) echo "PerSourcePenalties no" ;; esac
	} >"$root/etc/ssh/sshd_config.d/lab.conf"
	# Before that, port 22 answers but turns everyone except root away.
	mkdir -p "$root/etc/systemd/system/ssh.service.d"
	printf '[Unit]\nAfter=systemd-user-sessions.service\n' >"$root/etc/systemd/system/ssh.service.d/lab.conf"
}

users() {
	chroot "$root" useradd -m -u 1000 -s /bin/bash admin
	chroot "$root" useradd -m -u 1001 -s /bin/bash limited
	echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/lab"
	chmod 440 "$root/etc/sudoers.d/lab"
}

# A flat repository with the packages of NUT and what they need, so that a bare host can install them offline.
local_repository() {
	local repo=$root/var/lib/lab-repo deb
	mkdir -p "$repo"
	# shellcheck disable=SC2086
	APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install -y --download-only --no-install-recommends $LAB_NUT_PACKAGES
	mv "$root"/var/cache/apt/archives/*.deb "$repo"
	for deb in "$repo"/*.deb; do
		dpkg-deb -f "$deb"
		echo "Filename: ./$(basename "$deb")"
		echo "Size: $(stat -c %s "$deb")"
		echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
		echo
	done >"$repo/Packages"
}

# No host may wait for a mirror it cannot reach.
apt_sources() {
	[ "$LAB_KIND" = full ] || local_repository
	rm -f "$root"/etc/apt/sources.list.d/* "$root/etc/apt/apt.conf.d/99mmdebstrap"
	: >"$root/etc/apt/sources.list"
	[ "$LAB_KIND" = full ] || echo 'deb [trusted=yes] file:/var/lib/lab-repo ./' >"$root/etc/apt/sources.list"
}

quiet_units
ssh_server
users
apt_sources
# Each host gets names and an identity of its own.
rm -f "$root/etc/hostname" "$root/etc/machine-id" "$root/etc/resolv.conf"
echo '# no name server: names are in /etc/hosts' >"$root/etc/resolv.conf"
