#!/bin/sh
# Installs the Debian packages that the tests and benchmarks use, and makes the ordinary user that they run as.
# Needs root. With --check it changes nothing and says (exit status 1) whether something is missing.
#
#   sh scripts/setup-system.sh [--check] [vm] [clients]     with what `npm run test:vm` and `test:clients` need too
set -eu

packages="runc crun bubblewrap uidmap strace util-linux iproute2 libseccomp-dev gcc libc6-dev binutils qemu-user
golang-github-containers-common clang-19 libclang-rt-19-dev clang-tidy-19 clang-format-19"
vm="qemu-system-x86 mmdebstrap erofs-utils busybox-static xz-utils"
clients="podman buildah conmon fuse-overlayfs slirp4netns passt catatonit containerd docker.io docker-cli busybox-static"
for word in "$@"; do
	case "$word" in
	vm) packages="$packages $vm" ;;
	clients) packages="$packages $clients" ;;
	esac
done
user=coffer-test

missing=""
for package in $packages; do
	if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
		missing="$missing $package"
	fi
done

ready=yes
[ -z "$missing" ] || ready=no
id "$user" >/dev/null 2>&1 || ready=no
grep -q "^$user:" /etc/subuid 2>/dev/null || ready=no
grep -q "^$user:" /etc/subgid 2>/dev/null || ready=no

if [ "${1-}" = --check ]; then
	[ "$ready" = yes ] || { echo "missing:${missing:- the user $user}"; exit 1; }
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
id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$user"
touch /etc/subuid /etc/subgid
grep -q "^$user:" /etc/subuid || echo "$user:1000000:65536" >>/etc/subuid
grep -q "^$user:" /etc/subgid || echo "$user:1000000:65536" >>/etc/subgid
