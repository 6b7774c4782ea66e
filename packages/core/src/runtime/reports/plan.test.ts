// `plan` and `audit` show what `run` would do with the same options.
import test from "ava";
import { specConfig } from "../../plan/testing/builders.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { Runtime } from "../runtime.ts";
import { audit } from "./audit.ts";
import { planBundle } from "./plan.ts";

const mounts = `22 1 0:21 / / rw - ext4 /dev/sda rw
25 22 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
`;

/** A host with a bundle, cgroup v2, and a systemd on the system's bus. */
function makeHost(): Runtime {
  const system = makeMemorySystem(0);
  system.put("/proc/self/status", "CapEff:\t000001ffffffffff\n");
  system.put("/proc/self/mountinfo", mounts);
  system.put("/proc/self/cgroup", "0::/\n");
  system.put("/proc/sys/kernel/cap_last_cap", "40\n");
  system.put("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  // The root of systemd, as it is named there.
  system.put("/sys/fs/cgroup//cgroup.controllers", "cpu memory pids\n");
  system.put("/run/dbus/system_bus_socket", "", { kind: "socket" });
  system.put("/bundle/config.json", JSON.stringify(specConfig));
  system.put("/bundle/rootfs");
  return { system, root: "/run/coffer" };
}

const managers = [
  [undefined, ["make-cgroup"]],
  ["cgroupfs", ["make-cgroup"]],
  ["systemd", ["call-bus"]],
  ["none", []],
] as const;

for (const [cgroupManager, expected] of managers) {
  test(`a plan with the cgroup manager ${cgroupManager ?? "that is the default"}: ${expected.join(", ")}`, async (t) => {
    const { ops } = await planBundle(makeHost(), "/bundle", { cgroupManager });
    const found = new Set(ops.map(({ op }) => op).filter((op) => op === "make-cgroup" || op === "call-bus"));
    t.deepEqual([...found], [...expected]);
  });
}

test("an audit is of the plan with the same cgroup manager", async (t) => {
  const limited = { ...specConfig.linux, resources: { pids: { limit: 5 } } };
  const runtime = makeHost();
  runtime.system.writeFile("/bundle/config.json", JSON.stringify({ ...specConfig, linux: limited }));
  await t.notThrowsAsync(audit(runtime, { bundle: "/bundle", cgroupManager: "systemd" }));
  await t.throwsAsync(audit(runtime, { bundle: "/bundle", cgroupManager: "none" }), { code: "E_UNSUPPORTED" });
});
