#!/bin/bash
# A package for Debian, a tarball and their checksums, in the folder named [dist]. It needs cargo-deb
# (`cargo install cargo-deb`); `package.sh DIR PROGRAM` takes a program that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(realpath -m "${1:-dist}")
program=${2:-}
if [ -z "$program" ]; then
  cargo build --release --locked
  program=target/release/upsctl
fi
version=$("$program" --version | cut -d' ' -f2)
made=target/package
rm -rf "$made"
mkdir -p "$dist" "$made/completions"
cp "$program" "$made/upsctl"
"$program" man "$made/man"
"$program" completions bash >"$made/completions/upsctl.bash"
# bash-completion loads the file by the command's name, zsh by its first line.
{
  echo '#compdef upsctl'
  "$program" completions zsh | sed '/^#compdef/d'
} >"$made/completions/_upsctl"
"$program" completions fish >"$made/completions/upsctl.fish"
name=upsctl-$version-$(uname -m)-linux
mkdir -p "$made/$name"
cp -r "$made/upsctl" "$made/man" "$made/completions" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs inventory "$made/$name/"
tar -C "$made" --sort=name --owner=0 --group=0 -czf "$dist/$name.tar.gz" "$name"
cargo deb --no-build --no-strip --output "$dist/"
(cd "$dist" && sha256sum -- *.deb *.tar.gz >SHA256SUMS)
ls -l "$dist"
