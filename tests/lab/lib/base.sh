# shellcheck shell=bash
# Builds and caches the root file systems that hosts are overlays of.

# ifupdown, as on Proxmox: the address is there before network.target and stays when the cable is pulled.
SYSTEM_PACKAGES=systemd,systemd-sysv,dbus,openssh-server,usbutils,iproute2,procps,udev,ifupdown
SYSTEM_PACKAGES+=,sudo,iptables,nftables,netcat-openbsd
NUT_PACKAGES=nut-server,nut-client

base_packages() {
	case $1 in
	full) echo "$SYSTEM_PACKAGES,$NUT_PACKAGES" ;;
	bare) echo "$SYSTEM_PACKAGES" ;;
	python) echo "$SYSTEM_PACKAGES,$NUT_PACKAGES,python3" ;;
	esac
}

# The recipe is hashed too: a base built by an older recipe is another base.
base_dir() {
	local suite=$1 kind=$2 hash
	hash=$({ echo "$SYSTEM_PACKAGES,$NUT_PACKAGES"; cat "$LIB/customize.sh"; } | sha256sum | cut -c1-12)
	case $kind in
	full) echo "$STATE/base/$suite-$hash" ;;
	*) echo "$STATE/base/$suite-$kind-$hash" ;;
	esac
}

# All repository addresses of this machine's apt, in its order: one-line lists and deb822 files.
apt_uris() {
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] || sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+).*/\2/p' "$file"
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$file" ] || sed -nE 's/^URIs:[[:space:]]*//Ip' "$file" | tr -s '[:space:]' '\n'
	done
}

# Cloud images list their mirrors in a file of their own.
resolve_mirror_lists() {
	local uri
	while read -r uri; do
		case $uri in
		mirror+file:*) grep -oE '^[a-z+]+:[^[:space:]]+' "${uri#mirror+file:}" || true ;;
		*) echo "$uri" ;;
		esac
	done
}

debian_mirror() {
	local uri
	uri=$(apt_uris | resolve_mirror_lists | grep -E '/debian/?$' | head -n 1) || true
	uri=${UPSCTL_LAB_MIRROR:-$uri}
	[ -n "$uri" ] || die "this machine's apt knows no Debian mirror: name one in UPSCTL_LAB_MIRROR"
	echo "$uri"
}

# mmdebstrap does not read this machine's apt.conf, but a proxy set there is the only way out for some.
proxy_options() {
	local scheme proxy
	for scheme in http https; do
		proxy=''
		eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
		[ -z "$proxy" ] || echo "--aptopt=Acquire::$scheme::Proxy \"$proxy\""
	done
}

# A testing suite that a mirror keeps longer than its Release file says is still the suite.
suite_options() {
	[ "$1" != forky ] || echo '--aptopt=Acquire::Check-Valid-Until "false"'
}

build_base() (
	suite=$1 kind=$2
	base=$(base_dir "$suite" "$kind")
	[ ! -d "$base" ] || exit 0
	mkdir -p "$STATE/base"
	exec 8>"$base.lock"
	flock 8
	# Another lab may have built it while this one waited.
	[ ! -d "$base" ] || exit 0
	mirror=$(debian_mirror)
	say "building $(basename "$base")"
	rm -rf --one-file-system "$base.new" "$base.log"
	mapfile -t options < <(proxy_options && suite_options "$suite")
	# For customize.sh a host with more on it is a full one.
	export LAB_SUITE=$suite LAB_KIND=${kind/python/full} LAB_NUT_PACKAGES=${NUT_PACKAGES//,/ }
	# Namespaces of its own, so that a build that is killed leaves neither mounts nor processes behind.
	unshare --mount --pid --fork --kill-child --mount-proc -- mmdebstrap --variant=apt --include="$(base_packages "$kind")" "${options[@]}" \
		--customize-hook="$LIB/customize.sh" "$suite" "$base.new" "$mirror" >"$base.log" 2>&1 ||
		die "cannot build $suite, see $base.log: $(grep '^E:' "$base.log" | tail -n 1)"
	# mmdebstrap ends by dropping the package lists; a bare host shall know its repository from the start.
	[ "$kind" != bare ] || chroot "$base.new" apt-get -q update >>"$base.log" 2>&1 || die "cannot read the repository of $base.new"
	mv "$base.new" "$base"
)
