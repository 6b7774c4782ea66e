import test from "ava";
import { SystemError } from "../../system/error.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import { list, printList } from "./list.ts";
import type { ContainerState } from "./state.ts";

const state: ContainerState = {
  ociVersion: "1.3.0",
  id: "box",
  pid: 7,
  status: "running",
  bundle: "/b",
  rootfs: "/b/rootfs",
  created: "2026-01-01T00:00:00Z",
  owner: "root",
};

test("a container that cannot be looked at hides no other", async (t) => {
  const system = makeMemorySystem();
  for (const id of ["a", "b", "c"]) system.put(`/run/coffer/${id}`);
  system.put("/run/coffer/b/state.json", "{}");
  const readText = (path: string, limit: number): string => {
    if (path.startsWith("/run/coffer/a/")) throw new SystemError("open", path, "EACCES");
    return system.readText(path, limit);
  };
  const states = await list({ system: { ...system, readText }, root: "/run/coffer" });
  t.deepEqual(
    states.map(({ id, status }) => [id, status]),
    [
      ["a", "unknown"],
      ["b", "stopped"],
      ["c", "stopped"],
    ],
  );
});

const row = test.macro({
  exec(t, change: Partial<ContainerState>, expected: string) {
    const rows = printList([{ ...state, ...change }, state], "table").split("\n");
    t.is(rows.length, 3);
    t.is(rows[1]?.replace(/ +/g, " "), expected);
  },
  title: (_, change) => `a row with ${JSON.stringify(change)}`,
});

test(row, {}, "box 7 running /b 2026-01-01T00:00:00Z root");
test(row, { bundle: "/a b" }, "box 7 running /a b 2026-01-01T00:00:00Z root");
test(
  row,
  { bundle: "/x\nfake   0   stopped" },
  "box 7 running /x\\x0afake \\x20\\x200 \\x20\\x20stopped 2026-01-01T00:00:00Z root",
);
test(row, { bundle: "/\u001b[2J\u009b1A" }, "box 7 running /\\x1b[2J\\u009b1A 2026-01-01T00:00:00Z root");
test(row, { bundle: "/\udcff\\xff" }, "box 7 running /\\xff\\\\xff 2026-01-01T00:00:00Z root");
test(row, { owner: "\u202eroot\udce9" }, "box 7 running /b 2026-01-01T00:00:00Z \\u202eroot\\xe9");

test("JSON has nothing that a terminal obeys, and means the same", (t) => {
  const states = [{ ...state, bundle: "/\u009b\u2028\u202e\udcff\u001b" }];
  const json = printList(states, "json");
  t.regex(json, /"\/\\u009b\\u2028\\u202e\\udcff\\u001b"/);
  t.deepEqual(JSON.parse(json), states);
});
