// A launcher that waits for a container in a scope gives up what it does not need (confine). It still sees to the end of the
// scope, by the calls that plan/confine/confine.ts lists: any other call would kill it.
import type { ScriptRow } from "./batch/batch-rows.ts";
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { bundles, cofferOci, debianSetup, gone } from "./systemd-setup.ts";

const setup = (): string => `${debianSetup}${bundles("sleep 1000 \\& until [ -e /go ]; do sleep 1; done; exit 3", "")}
# What is left in the scope has to be killed: without a pid namespace it does not end by itself.
sed -i '/"type": "pid"/{N;N;d}' /home/b/config.json
`;

interface Manager {
  readonly bundle: string;
  /** Words before the command. */
  readonly as: string;
  readonly systemctl: string;
  readonly slice: string;
}
const system: Manager = {
  bundle: "/home/b",
  as: "",
  systemctl: "systemctl",
  slice: "/sys/fs/cgroup/system.slice",
};
const user: Manager = {
  bundle: "/home/tester/b",
  as: "/run/as-tester ",
  systemctl: "/run/as-tester systemctl --user",
  slice: "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice",
};
/** Without the message bus: systemd's own socket is used. */
const hide = (path: string): string => `unshare -m sh -c 'mount --bind /dev/null ${path} && exec "$@"' sh `;

/** Waits until the launcher, whose front is the last job, is confined, and says so. */
const confined = `
front=$!
for try in $(seq 200); do
	helper=$(pgrep -o coffer-helper) && grep -q 'Seccomp:.*2' /proc/$helper/status && break
	sleep 0.1
done
grep -E '^(NoNewPrivs|Seccomp):' /proc/$helper/status
`;

/** What is left when the launcher has ended. */
const rest = ({ as, systemctl, slice }: Manager, id: string): string => `
status=0; wait $front || status=$?
cat /run/${id}
echo status $status
${gone(`${systemctl} list-units --all --no-legend 'coffer-${id}.scope'`)}
[ ! -e ${slice}/coffer-${id}.scope ] || echo a cgroup is left
! ${as}${cofferOci} state ${id} 2>/dev/null || echo a state is left
`;

const row = (id: string, manager: Manager, during: string, status: number, prefix = ""): ScriptRow => {
  const script = `
cd ${manager.bundle}
rm -f rootfs/go
${prefix}${manager.as}${cofferOci} --systemd-cgroup run ${id} </dev/null >/run/${id} 2>&1 &
${confined}
grep -q . ${manager.slice}/coffer-${id}.scope/cgroup.procs || echo no scope
${during}
${rest(manager, id)}`;
  return prints(script, lines("NoNewPrivs:\t1", "Seccomp:\t2", `status ${status}`));
};

/** Has the program end. */
const go = "touch rootfs/go";

testScripts({
  guest: "debian",
  setup,
  rows: {
    "root's, over the message bus": row("w1", system, go, 3),
    "root's, over systemd's own socket": row("w2", system, go, 3, hide("/run/dbus/system_bus_socket")),
    "a user's, over the message bus": row("w3", user, go, 3),
    "a user's, over systemd's own socket": row("w4", user, go, 3, hide("/run/user/1000/bus")),
    "root's, that is killed": row("w5", system, `${cofferOci} kill w5 KILL`, 137),
    // Process 1 does not end by it. The kill of that ends the others, so that they may be gone when they are killed.
    "a signal that is passed on": row(
      "w6",
      user,
      `kill -TERM $helper; kill -KILL $(cat ${user.slice}/coffer-w6.scope/cgroup.procs) || true`,
      137,
    ),
    "a scope that somebody else has stopped": row("w7", system, "systemctl stop coffer-w7.scope", 143),
  },
});
