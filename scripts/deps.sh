#!/bin/bash
# Installs what building and the lab need and this machine lacks. Debian and its kin, as root or with
# sudo; elsewhere it says what is missing. `deps.sh quick` leaves out what only the lab needs.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

need=()
command -v cc >/dev/null || need+=(build-essential)
command -v ssh >/dev/null || need+=(openssh-client)
command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || need+=(openssh-server)
command -v shellcheck >/dev/null || need+=(shellcheck)
command -v chromium >/dev/null || need+=(chromium fonts-dejavu-core)
command -v zsh >/dev/null || need+=(zsh)
command -v setfacl >/dev/null || need+=(acl)
command -v cargo >/dev/null || need+=(cargo)
if [ ${#need[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || { echo "please install: ${need[*]}" >&2; exit 1; }
  echo "installing ${need[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
fi

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
have=$(cargo --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n1)" != "$wanted" ]; then
  echo "cargo $have is too old, $wanted is needed: install it from https://rustup.rs" >&2
  exit 1
fi
# Makes the package that one of the lab's tests installs.
[ "${1:-}" = quick ] || cargo deb --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-deb
[ "${1:-}" = quick ] || tests/lab/lab check >/dev/null 2>&1 || tests/lab/lab deps
