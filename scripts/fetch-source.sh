#!/bin/sh
# Fetches the source package of a Debian package into a directory, as any user. The machine's own list of sources is not changed:
# a copy that names sources is used once.
#
#   sh scripts/fetch-source.sh PACKAGE[=VERSION] DIRECTORY
set -eu
package=$1
directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$directory"
for file in /etc/apt/sources.list.d/*.sources; do
	[ ! -e "$file" ] || ! grep -q 'debian-archive-keyring' "$file" ||
		sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
done
[ ! -e /etc/apt/sources.list ] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$work/parts/main.list"
set -- -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/parts" -o "Dir::State::lists=$work/lists" \
	-o "Dir::Cache=$work/cache" -o APT::Sandbox::User="$(id -un)"
apt-get "$@" update >&2
cd "$directory"
apt-get "$@" source --download-only --tar-only "$package" >&2
