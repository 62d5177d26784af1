# What a host has to stop beside its own units: the guests of a Proxmox VE node, and network file
# systems. Files only: a call of pvesh takes a second. Defines `deep_guests`.

# The lines of a guest's file that tell how it is stopped; snapshots come behind them.
deep_guest() {
  sed -n -e '/^\[/q' -e '/^\(name\|hostname\|startup\|template\|agent\|lock\|hookscript\|onboot\):/p' "$1"
}

deep_guests() {
  [ -e "$ROOT/etc/pve" ] || [ -e "$ROOT/usr/bin/pvesh" ] || return 0
  pve=$ROOT/etc/pve
  section deep pve-node
  read -r pve_node </proc/sys/kernel/hostname
  pve_node=${pve_node%%.*}
  printf 'node %s\nthreads %s\nmanager %s\n' "$pve_node" "$(nproc --all)" \
    "$(dpkg-query -W -f '${Version}' pve-manager 2>/dev/null)"
  for pve_member in "$pve/nodes"/*; do
    [ -d "$pve_member" ] && printf 'member %s\n' "${pve_member##*/}"
  done
  # pmxcfs is empty while pve-cluster is down.
  [ -d "$pve/nodes/$pve_node" ] && [ -r "$pve/nodes/$pve_node" ] && echo readable
  [ -s "$ROOT/run/vzdump.pid" ] && kill -0 "$(cat "$ROOT/run/vzdump.pid")" 2>/dev/null && echo backup
  [ -f "$pve/datacenter.cfg" ] && look "deep pve-datacenter" cat "$pve/datacenter.cfg"
  [ -f "$pve/ha/resources.cfg" ] && look "deep pve-ha" cat "$pve/ha/resources.cfg"
  for pve_file in "$pve/nodes/$pve_node/qemu-server"/*.conf; do
    [ -f "$pve_file" ] || continue
    pve_id=${pve_file##*/}
    pve_id=${pve_id%.conf}
    pve_state=stopped
    pve_pid=$(cat "$ROOT/run/qemu-server/$pve_id.pid" 2>/dev/null) && [ -n "$pve_pid" ] &&
      kill -0 "$pve_pid" 2>/dev/null && pve_state=running
    look "deep pve-vm $pve_id $pve_state" deep_guest "$pve_file"
  done
  for pve_file in "$pve/nodes/$pve_node/lxc"/*.conf; do
    [ -f "$pve_file" ] || continue
    pve_id=${pve_file##*/}
    pve_id=${pve_id%.conf}
    pve_state=stopped
    systemctl is-active --quiet "pve-container@$pve_id" && pve_state=running
    look "deep pve-ct $pve_id $pve_state" deep_guest "$pve_file"
  done
}
