#!/bin/sh
# Installs the Debian packages that the tests and benchmarks use, and makes the ordinary user that they run as.
# Needs root. With --check it changes nothing and says (exit status 1) whether something is missing.
#
#   sh scripts/setup-system.sh [--check] [vm] [clients]     with what `npm run test:vm` and `test:clients` need too
set -eu

packages="runc crun criu python3-pycriu bubblewrap uidmap strace busybox-static util-linux iproute2 libseccomp-dev gcc libc6-dev binutils qemu-user
golang-github-containers-common clang-19 libclang-rt-19-dev clang-tidy-19 clang-format-19 spin cbmc
bash zsh fish mandoc groff-base man-db"
vm="qemu-system-x86 mmdebstrap erofs-utils xz-utils secilc"
clients="podman buildah conmon fuse-overlayfs slirp4netns passt netavark aardvark-dns nftables catatonit containerd
containernetworking-plugins docker.io docker-cli docker-compose golang-go
golang-github-opencontainers-runtime-tools-dev golang-github-google-uuid-dev golang-github-mrunalp-fileutils-dev
golang-github-urfave-cli-dev"
# The validation programs of the OCI runtime-tools are in Debian's source package alone.
sources=/usr/src/coffer-tests
suite=golang-github-opencontainers-runtime-tools
with_sources=no
for word in "$@"; do
	case "$word" in
	vm) packages="$packages $vm" ;;
	clients) packages="$packages $clients" with_sources=yes ;;
	esac
done
user=coffer-test

missing=""
for package in $packages; do
	if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
		missing="$missing $package"
	fi
done

# A source package, without a change to the machine's own list of sources: a copy of it that names sources is used once.
fetch_source() {
	work=$(mktemp -d)
	mkdir -p "$work/parts" "$work/lists/partial"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] || ! grep -q 'debian-archive-keyring' "$file" ||
			sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
	done
	[ ! -e /etc/apt/sources.list ] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$work/parts/main.list"
	set -- -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/parts" \
		-o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root
	mkdir -p "$sources"
	(apt-get "$@" update && cd "$sources" && apt-get "$@" source --download-only --tar-only "$suite") >/dev/null ||
		echo "setup-system: the source package $suite was not to be had: the tests that need it skip" >&2
	rm -rf "$work"
}

ready=yes
[ -z "$missing" ] || ready=no
[ $with_sources = no ] || ls "$sources/$suite"_*.orig.tar.* >/dev/null 2>&1 || ready=no
id "$user" >/dev/null 2>&1 || ready=no
grep -q "^$user:" /etc/subuid 2>/dev/null || ready=no
grep -q "^$user:" /etc/subgid 2>/dev/null || ready=no

if [ "${1-}" = --check ]; then
	[ "$ready" = yes ] || { echo "missing:${missing:- the user $user, or the source package of $suite}"; exit 1; }
	exit 0
fi
[ "$ready" = no ] || exit 0
[ "$(id -u)" = 0 ] || { echo "setup-system: needs root to install:$missing" >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
if [ -n "$missing" ]; then
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
[ $with_sources = no ] || ls "$sources/$suite"_*.orig.tar.* >/dev/null 2>&1 || fetch_source
id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$user"
touch /etc/subuid /etc/subgid
grep -q "^$user:" /etc/subuid || echo "$user:1000000:65536" >>/etc/subuid
grep -q "^$user:" /etc/subgid || echo "$user:1000000:65536" >>/etc/subgid
