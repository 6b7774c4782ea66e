// Cgroups through systemd where there is no unified hierarchy.
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { legacySetup, onLegacy } from "./legacy.ts";
import { cofferOci } from "./systemd-setup.ts";

/** Which hierarchies a process is in, without their numbers. */
const hierarchies = (pid: string): string => `sed 's/^[0-9]*://' /proc/${pid}/cgroup | sort`;
const scope = (name: string): string => `/sys/fs/cgroup/*/system.slice/coffer-${name}.scope`;

testScripts({
  guest: "debian",
  setup: legacySetup,
  run: onLegacy("version-1"),
  rows: {
    "exec is in all hierarchies, pause stops the container, delete leaves nothing": prints(
      `cd /home/b
${cofferOci} --systemd-cgroup run -d --pid-file /run/v1.pid v1 </dev/null >/run/v1 2>&1 || cat /run/v1
${hierarchies("$(cat /run/v1.pid)")} >/run/init
sort -u -t: -k2 /run/init | sed 's/.*://'
${cofferOci} exec v1 cat /proc/self/cgroup | sed 's/^[0-9]*://' | sort | diff /run/init -
grep -c . /run/init
${cofferOci} pause v1
cat /sys/fs/cgroup/freezer/system.slice/coffer-v1.scope/freezer.state
${cofferOci} delete --force v1
ls -d ${scope("v1")} 2>/dev/null || echo nothing
systemctl is-active coffer-v1.scope || :`,
      lines("/system.slice/coffer-v1.scope", "11", "FROZEN", "nothing", "inactive"),
    ),
    "a launcher that waits for its container is confined, and removes all of it": prints(
      `cd /home/b
${cofferOci} --systemd-cgroup run w1 </dev/null >/run/w1 2>&1 &
front=$!
for try in $(seq 200); do
	helper=$(pgrep -o coffer-helper) && grep -q 'Seccomp:.*2' /proc/$helper/status && break
	sleep 0.1
done
grep ^Seccomp: /proc/$helper/status
# The end of process 1 ends the others, which may be gone when they are killed.
kill -KILL $(cat ${scope("w1")}/cgroup.procs) || true
wait $front || echo status $?
cat /run/w1
ls -d ${scope("w1")} 2>/dev/null || echo nothing`,
      lines("Seccomp:\t2", "status 137", "nothing"),
    ),
  },
});
