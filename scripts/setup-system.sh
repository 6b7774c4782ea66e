#!/bin/sh
# Installs the Debian packages that the tests and benchmarks use, and makes the ordinary user that they run as.
# Needs root. With --check it changes nothing and says (exit status 1) whether something is missing.
#
#   sh scripts/setup-system.sh [--check] [vm] [clients] [nightly]     with what `npm run test:vm` and `test:clients` need too
set -eu

packages="runc crun criu python3-pycriu bubblewrap uidmap strace busybox-static util-linux iproute2 libseccomp-dev gcc libc6-dev binutils qemu-user
golang-github-containers-common clang-19 libclang-rt-19-dev clang-tidy-19 clang-format-19 spin cbmc
bash zsh fish mandoc groff-base man-db wabt tcc binaryen wasmedge libsimde-dev chromium-headless-shell fonts-liberation fonts-dejavu-core
vim-tiny htop tmux openssh-client postgresql passt"
vm="qemu-system-x86 mmdebstrap erofs-utils xz-utils secilc apparmor"
nightly="qemu-system-arm"
clients="podman buildah conmon fuse-overlayfs slirp4netns netavark aardvark-dns nftables catatonit containerd
containernetworking-plugins docker.io docker-cli docker-compose golang-go
golang-github-opencontainers-runtime-tools-dev golang-github-google-uuid-dev golang-github-mrunalp-fileutils-dev
golang-github-urfave-cli-dev"
# The validation programs of the OCI runtime-tools are in Debian's source package alone.
sources=/usr/src/coffer-tests
suite=golang-github-opencontainers-runtime-tools
# The engine of the native front, as scripts/front/tools.mjs pins it.
engine=/usr/src/coffer-front
quickjs=quickjs=2025.04.26-1
with_sources=no
for word in "$@"; do
	case "$word" in
	vm) packages="$packages $vm" ;;
	nightly) packages="$packages $nightly" ;;
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

# A source package, as a tar file.
fetch_source() {
	sh "$(dirname "$0")/fetch-source.sh" "$1" "$2" >/dev/null ||
		echo "setup-system: the source package $1 was not to be had: $3" >&2
}
# Binaryen's source package has the core specification's tests of WebAssembly.
core_tests=/usr/src/coffer-wasm
has_core_tests() {
	ls "$core_tests"/binaryen_*.orig.tar.* >/dev/null 2>&1
}
has_engine() {
	ls "$engine"/quickjs_*.orig.tar.* >/dev/null 2>&1
}

ready=yes
[ -z "$missing" ] || ready=no
[ $with_sources = no ] || ls "$sources/$suite"_*.orig.tar.* >/dev/null 2>&1 || ready=no
has_engine || ready=no
has_core_tests || ready=no
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
	# PostgreSQL's programs are wanted, and no database of this machine.
	database=/etc/postgresql-common/createcluster.d
	if [ ! -e $database ]; then
		mkdir -p $database
		echo "create_main_cluster = false" >$database/coffer-tests.conf
	fi
	# shellcheck disable=SC2086 # a list of words
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
[ $with_sources = no ] || ls "$sources/$suite"_*.orig.tar.* >/dev/null 2>&1 ||
	fetch_source "$suite" "$sources" "the tests that need it skip"
has_core_tests || fetch_source binaryen "$core_tests" "the tests that need it skip"
has_engine || fetch_source "$quickjs" "$engine" "the native front is not built"
id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$user"
touch /etc/subuid /etc/subgid
grep -q "^$user:" /etc/subuid || echo "$user:1000000:65536" >>/etc/subuid
grep -q "^$user:" /etc/subgid || echo "$user:1000000:65536" >>/etc/subgid
