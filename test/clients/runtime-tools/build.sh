#!/bin/sh
# Builds the validation programs of the OCI runtime-tools, offline: Debian's source package (scripts/setup-system.sh has
# fetched it) against Debian's Go libraries, and ./tap.go for the one that Debian does not have. They become one program
# with many names: to link each of them would take minutes.
#
#   build.sh TARBALL OUTPUT
set -eu
tarball=$1
output=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

own=$work/src/github.com
mkdir -p "$own/opencontainers/runtime-tools" "$own/mndrix/tap-go"
tar -C "$own/opencontainers/runtime-tools" --strip-components=1 -xf "$tarball"
cp "$here/tap.go" "$own/mndrix/tap-go/"

export GO111MODULE=off GOPATH="$work:/usr/share/gocode" GOCACHE="$work/cache" GOFLAGS=-buildvcs=false CGO_ENABLED=0
cd "$own/opencontainers/runtime-tools"
mkdir -p "$work/out/bin"
go build -tags "netgo osusergo" -ldflags "-s -w" -o "$work/out/runtimetest" ./cmd/runtimetest

# A program is a directory with one file, which becomes a package; the name that it is called by chooses it.
mkdir cmd/all
exec 3>cmd/all/main.go
printf 'package main\n\nimport (\n\t"os"\n\t"path/filepath"\n' >&3
for directory in validation/*/; do
	name=$(basename "$directory")
	[ "$name" != util ] || continue # the library that they share
	sed -i 's/^package main$/package program/; s/^func main() {$/func Main() {/' "$directory"*.go
	printf '\tp_%s "github.com/opencontainers/runtime-tools/validation/%s"\n' "$name" "$name" >&3
done
printf ')\n\nvar programs = map[string]func(){\n' >&3
for directory in validation/*/; do
	name=$(basename "$directory")
	[ "$name" = util ] || printf '\t"%s": p_%s.Main,\n' "$name" "$name" >&3
done
printf '}\n\nfunc main() { programs[filepath.Base(os.Args[0])]() }\n' >&3
exec 3>&-
go build -ldflags "-s -w" -o "$work/all" ./cmd/all
for directory in validation/*/; do
	name=$(basename "$directory")
	[ "$name" = util ] || ln "$work/all" "$work/out/bin/$name"
done
mv rootfs-amd64.tar.gz "$work/out/"
mkdir -p "$(dirname "$output")"
rm -rf "$output"
mv "$work/out" "$output"
