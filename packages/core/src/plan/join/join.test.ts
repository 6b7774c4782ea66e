import { checkProcess } from "@coffer/spec";
import test from "ava";
import { noCgroups } from "../../host/probe-cgroup.ts";
import type { CgroupPlace } from "../draft/options.ts";
import { baseConfig, rootFacts, systemdFacts } from "../testing/builders.ts";
import { planJoin } from "./join.ts";

const target = { pid: 4321, startTime: 98765n, inode: 1234n } as const;
const place: CgroupPlace = { version: 2, mount: "/sys/fs/cgroup", path: "/a/b", controllers: [] };
const unit = { name: "b.scope", slice: "a.slice", socket: "/run/dbus/system_bus_socket", direct: false };

/** Plans a process of a container with these cgroups, with facts that tell when the host's cgroups are asked for. */
function plan(places: readonly CgroupPlace[], change = {}) {
  let asked = false;
  const facts = {
    ...systemdFacts,
    get cgroup() {
      asked = true;
      return rootFacts.cgroup;
    },
  };
  const process = checkProcess({ cwd: "/", args: ["id"], ...change });
  const options = { target, cgroups: places };
  const told = planJoin(baseConfig(), process, facts, options);
  return { asked, told, without: planJoin(baseConfig(), process, { ...facts, cgroup: noCgroups }, options) };
}

const others: readonly CgroupPlace[] = [
  { ...place, version: 1, mount: "/sys/fs/cgroup/memory", controllers: ["memory"] },
];

for (const [title, places] of Object.entries({
  "no cgroup": [],
  "a cgroup": [place],
  "some of version 1": [place, ...others],
}))
  test(`a process that joins a container with ${title} asks nothing of the host's cgroups`, (t) => {
    for (const change of [{}, { oomScoreAdj: 5 }, { terminal: true }, { user: { uid: 5, gid: 5 } }]) {
      const { asked, told, without } = plan(places, change);
      t.false(asked);
      t.deepEqual(told, without);
    }
  });

test("one that systemd may have to move does", (t) => {
  t.true(plan([{ ...place, unit }]).asked);
});
