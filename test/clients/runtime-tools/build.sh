#!/bin/sh
# Builds the validation programs of the OCI runtime-tools, offline: Debian's source package (scripts/setup-system.sh has
# fetched it) against Debian's Go libraries, and ./tap.go for the one that Debian does not have.
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
go build -ldflags "-s -w" -o "$work/out/bin/" ./validation/...
# The library that they share is no program.
rm -f "$work/out/bin/util"
mv rootfs-amd64.tar.gz "$work/out/"
mkdir -p "$(dirname "$output")"
rm -rf "$output"
mv "$work/out" "$output"
