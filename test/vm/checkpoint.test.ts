// Checkpoint and restore on a host of systemd, which shares its mounts with whoever is beneath them.
import type { ScriptRow } from "./batch/batch-rows.ts";
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { cofferOci, debianSetup } from "./systemd-setup.ts";

/** A bundle that counts in its file `/count`. */
const setup = (): string => `${debianSetup}
cd /home/b
runc spec
edit 'n=0; while :; do n=$((n+1)); echo $n >/count; sleep 0.1; done' '"pids":{"limit":33}'
sed -i 's|"readonly": true|"readonly": false|; s|"linux": {|"linux": {"rootfsPropagation": "rslave",|' config.json
`;

/** What each script has: how far it has counted, waiting for more, and whose mounts its root receives: nobody's. */
const functions = `
counted() { cat /home/b/rootfs/count; }
# Waits until it has counted beyond a number.
counts() { for try in $(seq 300); do [ "$(counted)" -gt $1 ] && return; sleep 0.1; done; echo does not count; }
master() { grep -o ' / .* master:[0-9]*' /proc/$(${cofferOci} state $1 | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')/mountinfo | grep -o 'master.*' || echo nobody; }
`;

/** Runs it, writes it out, restores it, and looks at what goes on. */
const cycle = (id: string, runtime: string, restored: string, end: string, ...expected: readonly string[]): ScriptRow =>
  prints(
    `${functions}
cd /home/b
rm -f rootfs/count
echo 0 >rootfs/count
${runtime} run -d ${id} </dev/null >/run/${id} 2>&1
counts 2
before=$(master ${id})
${cofferOci} checkpoint --image-path /run/${id}.images ${id}
reached=$(counted)
# It may have been written out while its file was empty.
[ -n "$reached" ] || reached=2
${restored}
counts $reached
echo "receives mounts of $before, then of $(master ${id})"
${end}
cat /run/${id}
`,
    lines(...expected),
  );

const scoped = `${cofferOci} --systemd-cgroup`;
const words = (id: string): string =>
  `--image-path /run/${id}.images --work-path /run/${id}.work ${id} </dev/null >/run/${id} 2>&1`;

testScripts({
  guest: "debian",
  setup,
  rows: {
    "detached it counts on": cycle(
      "d1",
      cofferOci,
      `${cofferOci} restore -d ${words("d1")} || cat /run/d1`,
      `${cofferOci} delete --force d1`,
      "receives mounts of nobody, then of nobody",
    ),
    "by systemd's manager it is in a scope again, with its limits, and CRIU was too": cycle(
      "s1",
      scoped,
      `${scoped} restore -d ${words("s1")} || cat /run/s1`,
      `cat /proc/$(pgrep -f 'echo .n >/count')/cgroup /sys/fs/cgroup/system.slice/coffer-s1.scope/pids.max
systemctl show -p TasksMax,ActiveState coffer-s1.scope | sort
${cofferOci} delete --force s1
systemctl is-active coffer-s1.scope || :
ls -d /sys/fs/cgroup/system.slice/coffer-s1.scope 2>/dev/null || :`,
      "receives mounts of nobody, then of nobody",
      "0::/system.slice/coffer-s1.scope",
      "33",
      "ActiveState=active",
      "TasksMax=33",
      "inactive",
    ),
    "in the foreground its launcher is confined, and ends as it does": cycle(
      "f1",
      cofferOci,
      `${cofferOci} restore ${words("f1")} &\nfront=$!`,
      `grep ^Seccomp: /proc/$(pgrep coffer-helper)/status\n${cofferOci} kill f1 KILL\nwait $front || echo status $?`,
      "receives mounts of nobody, then of nobody",
      "Seccomp:\t2",
      "status 137",
    ),
  },
});
