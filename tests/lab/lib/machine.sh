# shellcheck shell=bash
# What the lab needs of this machine, and a plain word where something is missing.

TOOL_PACKAGES='mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 ssh:openssh-client
ssh-keygen:openssh-client nsenter:util-linux flock:util-linux setsid:util-linux unshare:util-linux findmnt:util-linux
column:bsdextrautils dpkg-deb:dpkg sha256sum:coreutils'

require_root() {
	[ "$(id -u)" = 0 ] || die "needs root"
}

missing_packages() {
	local pair
	for pair in $TOOL_PACKAGES; do
		command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
	done | sort -u
	# Without the keys of Debian a machine of another kind cannot verify what it downloads.
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || echo debian-archive-keyring
}

# The cgroup v2 tree: at /sys/fs/cgroup, or below it where v1 is mounted as well.
cgroup_root() {
	findmnt -rno TARGET -t cgroup2 | head -n 1
}

# Prints why the lab cannot run; nothing if it can.
obstacle() {
	local missing root probe
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	missing=$(missing_packages | xargs)
	[ -z "$missing" ] || { echo "missing packages: $missing (lab deps installs them)"; return; }
	root=$(cgroup_root)
	[ -n "$root" ] || { echo "no cgroup v2 mounted"; return; }
	probe=$root/upsctl-lab.probe.$$
	mkdir "$probe" 2>/dev/null || { echo "cannot make a cgroup below $root"; return; }
	rmdir "$probe"
	unshare --net --mount true 2>/dev/null || { echo "may not make network and mount namespaces"; return; }
	probe_overlay || echo "cannot mount an overlay in $STATE (UPSCTL_LAB_DIR can name another directory)"
}

# An overlay cannot lie on another overlay, which is what the root of many containers is: try, don't guess.
probe_overlay() {
	local dir result=0
	mkdir -p "$STATE" 2>/dev/null && dir=$(mktemp -d "$STATE/.probe.XXXXXX") || return 1
	mkdir "$dir"/{lower,upper,work,root}
	unshare --mount mount -t overlay -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" lab "$dir/root" \
		2>/dev/null || result=1
	rm -rf "$dir"
	return $result
}

check_machine() {
	local why
	why=$(obstacle)
	[ -z "$why" ] || die "this machine cannot run the lab: $why"
	echo "this machine can run the lab"
}

require_machine() {
	check_machine >/dev/null
}

install_deps() {
	local sudo=() packages
	mapfile -t packages < <(missing_packages)
	[ ${#packages[@]} -gt 0 ] || { echo "nothing is missing"; return; }
	[ "$(id -u)" = 0 ] || sudo=(sudo)
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
}
