#!/bin/sh
# Makes a TrueNAS of a lab host: $1 is its root folder. Its UPS service is off and its configuration
# is that of a new box.
set -eu
here=$(dirname "$(readlink -f "$0")")
root=$1
mkdir -p "$root/usr/local/lib/fake-truenas" "$root/usr/local/bin" "$root/usr/lib/python3/dist-packages"
cp "$here/middleware.py" "$root/usr/local/lib/fake-truenas/"
cp "$here/truenas_api_client.py" "$root/usr/lib/python3/dist-packages/"
cat >"$root/usr/local/bin/midclt" <<'SH'
#!/bin/sh
exec /usr/bin/python3 /usr/local/lib/fake-truenas/middleware.py "$@"
SH
cat >"$root/usr/local/bin/custom-upssched-cmd" <<'SH'
#!/bin/sh
exec /usr/local/bin/midclt call ups.upssched_event "$1"
SH
chmod 755 "$root/usr/local/bin/midclt" "$root/usr/local/bin/custom-upssched-cmd"
echo 'nut ALL=(root) NOPASSWD: /usr/local/bin/custom-upssched-cmd' >"$root/etc/sudoers.d/fake-truenas"
chmod 440 "$root/etc/sudoers.d/fake-truenas"
