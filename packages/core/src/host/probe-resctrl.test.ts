// What is found of resctrl on a machine in memory: none of the machines that the tests run on has any.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeMemorySystem } from "../system/memory.ts";
import { probeResctrl } from "./probe-resctrl.ts";

const mounted = "30 23 0:26 / /sys/fs/resctrl rw,relatime shared:9 - resctrl resctrl rw,mba_MBps";
const cgroup = "31 23 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate";

type Found = ReturnType<typeof probeResctrl>;

const found = test.macro({
  title: (title) => title ?? "",
  exec: (t: ExecutionContext, group: string, expected: Found, lines: string = `${cgroup}\n${mounted}\n`) => {
    const system = makeMemorySystem();
    system.put("/proc/self/mountinfo", lines);
    system.put("/sys/fs/resctrl/schemata", "L3:0=ff\n");
    system.put("/sys/fs/resctrl/gold/schemata", "L3:0=f\n");
    system.put("/sys/fs/schemata", "above\n");
    t.deepEqual(probeResctrl(system, group), expected);
  },
});

const mount = "/sys/fs/resctrl";
test("not mounted", found, "gold", undefined, cgroup);
test("no group", found, "", { mount });
test("a group", found, "gold", { mount, schemata: "L3:0=f\n" });
test("the default group", found, "/", { mount, schemata: "L3:0=ff\n" });
test("a group that is missing", found, "silver", { mount });
test("a group above", found, "..", { mount });
test("a path", found, "gold/../gold", { mount });
