// Coffer in a container of another engine, on pure cgroup v2 with AppArmor: it works, or one sentence says what is missing.
import type { ScriptRow } from "./batch/batch-rows.ts";
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { guestCommand } from "./front.ts";
import { bundles, cofferOci, debianSetup, rootfs } from "./systemd-setup.ts";

const coffer = "/usr/local/bin/coffer";

const program = "id -u; cat /proc/self/cgroup";

/** Bundles: of root with a limit of processes, with one of memory, with none, and one of a user namespace. */
const setup = (): string => `${debianSetup}
${guestCommand(coffer, "coffer")}
${bundles(program, '"pids":{"limit":50}')}
for name in memory none; do cp -a /home/b /home/$name; done
sed -i 's/"pids":{"limit":50}/"memory":{"limit":67108864}/' /home/memory/config.json
sed -i 's/"pids":{"limit":50}//' /home/none/config.json
cp -a /home/b /home/user
cd /home/user
rm config.json
runc spec --rootless
edit '${program}' ''

printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >/run/containerd.toml
containerd --config /run/containerd.toml --root /var/lib/containers/containerd --state /run/containerd >/run/containerd.log 2>&1 &
dockerd --exec-opt native.cgroupdriver=systemd --containerd /run/containerd/containerd.sock --iptables=false --ip6tables=false \\
	--bridge=none --data-root /var/lib/containers/docker >/run/dockerd.log 2>&1 &
for try in $(seq 120); do docker version >/dev/null 2>&1 && break; sleep 1; done
tar -C ${rootfs} -c . | docker import - box >/dev/null || cat /run/containerd.log /run/dockerd.log >&2
tar -C ${rootfs} -c . | /run/as-tester podman import - box >/dev/null 2>&1

mount -t tmpfs lxc /var/lib/lxc
mount -t tmpfs lxc /var/cache/lxc
apparmor_parser -r /etc/apparmor.d/lxc-containers
(cd ${rootfs} && mkdir -p usr lib lib64 home mnt tmp run etc ".$REPOSITORY")
for nest in 0 1; do cat >/run/lxc-$nest <<END; done
lxc.rootfs.path = dir:${rootfs}
lxc.uts.name = outer
lxc.net.0.type = empty
lxc.apparmor.profile = generated
lxc.apparmor.allow_nesting = $nest
lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed
lxc.mount.entry = /usr usr none bind,ro 0 0
lxc.mount.entry = /usr/lib lib none bind,ro 0 0
lxc.mount.entry = /usr/lib64 lib64 none bind,ro 0 0
lxc.mount.entry = /home home none bind 0 0
lxc.mount.entry = $REPOSITORY \${REPOSITORY#/} none bind,ro 0 0
END
`;

/** What of the guest the outer container has beside its own image. */
const shared = [
  ...["/usr:/usr:ro", "/usr/lib:/lib:ro", "/usr/lib64:/lib64:ro", "$REPOSITORY:$REPOSITORY:ro"],
  ...["b", "memory", "none", "user"].map((name) => `/home/${name}:/home/${name}`),
].map((bind) => `-v ${bind}`);

const docker = "docker run";
const podman = "/run/as-tester podman run";
const noFilter = "--security-opt seccomp=unconfined";
const noProfile = "--security-opt apparmor=unconfined";

/** Runs a bundle in a container of an engine, after a script there. */
const nested = (engine: string, bundle: string, expected: string | RegExp, before = ":"): ScriptRow =>
  prints(
    `
rc=0
${engine} --rm --network none ${shared.join(" ")} box sh -c '
export PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin
${before}
exec ${cofferOci} --root /tmp/state run --bundle /home/${bundle} x' 2>&1 || rc=$?
echo status $rc`,
    expected,
  );

/** A command in a container of LXC. */
const lxc = (nest: 0 | 1, words: string, expected: string | RegExp): ScriptRow =>
  prints(
    `
rc=0
lxc-execute -n outer -f /run/lxc-${nest} -- sh -c '
export PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin
${words}' 2>&1 || rc=$?
echo status $rc`,
    expected,
  );

/** A bundle there. */
const inLxc = (nest: 0 | 1, bundle: string, expected: string | RegExp): ScriptRow =>
  lxc(nest, `exec ${cofferOci} --root /tmp/state run --bundle /home/${bundle} x`, expected);

/** A sandbox there, of a directory of its own. */
const sandboxInLxc = (nest: 0 | 1, flags: string, expected: string | RegExp): ScriptRow =>
  lxc(
    nest,
    `mkdir -p /tmp/work /run/coffer && cd /tmp/work && exec ${coffer} sandbox --tools none ${flags} -- sh -c "pwd; echo > made && ls"`,
    expected,
  );

const works = lines("0", "0::/", "status 0");

/** As in the container that docker gives docker: only a cgroup without processes hands the memory controller down. */
const moved = `mkdir /sys/fs/cgroup/outer
for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo $pid >/sys/fs/cgroup/outer/cgroup.procs || :; done 2>/dev/null`;

testScripts({
  guest: "debian",
  setup,
  days: 3,
  rows: {
    "docker --privileged: no limits": nested(`${docker} --privileged`, "none", works),
    "docker --privileged: a limit of processes": nested(`${docker} --privileged`, "b", works),
    "docker --privileged: a limit of memory": nested(
      `${docker} --privileged`,
      "memory",
      /the cgroup has processes of its own[^\n]*\nstatus 1\n$/,
    ),
    "docker --privileged: a limit of memory, and the outer processes in a cgroup of their own": nested(
      `${docker} --privileged`,
      "memory",
      works,
      moved,
    ),
    "docker --privileged: a user namespace": nested(`${docker} --privileged`, "user", works),
    "docker: root": nested(docker, "none", /an unprivileged caller needs a user namespace[^\n]*\nstatus 1\n$/),
    "docker: a user namespace": nested(
      docker,
      "user",
      /denies clone3\(2\), as the default one of docker[^\n]*\nstatus 1\n$/,
    ),
    "docker without its filter and its profile: a user namespace": nested(
      `${docker} ${noFilter} ${noProfile} --security-opt systempaths=unconfined`,
      "user",
      works,
    ),
    "podman of a user, --privileged: no limits": nested(`${podman} --privileged`, "none", works),
    "podman of a user, --privileged: a user namespace": nested(`${podman} --privileged`, "user", works),
    "podman of a user: a user namespace": nested(podman, "user", /unmask=ALL[^\n]*\nstatus 1\n$/),
    "LXC that may nest: no limits": inLxc(1, "none", works),
    "LXC that may nest: a user namespace": inLxc(1, "user", works),
    "LXC that may nest: a sandbox": sandboxInLxc(1, "--rw", lines("/tmp/work", "made", "status 0")),
    "LXC that may not nest: a sandbox": sandboxInLxc(0, "--rw", /lxc\.apparmor\.allow_nesting = 1.*status 125\n$/s),
    "LXC that may not nest: a sandbox without namespaces": sandboxInLxc(
      0,
      "--reduced --rw --no-guards",
      /\/tmp\/work\nmade\nstatus 0\n$/,
    ),
    "LXC that may not nest": inLxc(0, "none", /lxc\.apparmor\.allow_nesting = 1[^\n]*\nstatus 1\n$/),
    "podman of a user without its masks: a user namespace": nested(
      `${podman} ${noFilter} --security-opt unmask=ALL`,
      "user",
      works,
    ),
  },
});
