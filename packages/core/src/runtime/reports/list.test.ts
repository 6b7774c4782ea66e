import test from "ava";
import { SystemError } from "../../system/error.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import { list, listNames, printList } from "./list.ts";
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

test("what stays the same is read once for all containers", async (t) => {
  const system = makeMemorySystem();
  const boot = "01234567-89ab-cdef-0123-456789abcdef";
  system.put("/proc/sys/kernel/random/boot_id", boot);
  system.put("/etc/passwd", "me:x:0:0::/:/bin/sh\n");
  const config = { ociVersion: "1.3.0" };
  for (const id of ["a", "b", "c"]) {
    const record = { version: 1, id, bundle: "/b", rootfs: "/b/rootfs", created: "now", uid: 0, cgroups: [], config };
    system.put(`/run/coffer/${id}/state.json`, JSON.stringify(record));
    system.put(`/run/coffer/${id}/process`, `9 77 0 ${boot}\n`);
  }
  system.put("/proc/9/stat", `9 (a) S ${"0 ".repeat(18)}77 0`);
  const asked: string[] = [];
  const noted = <Value, Rest extends readonly unknown[]>(call: (path: string, ...rest: Rest) => Value) =>
    ((path: string, ...rest: Rest): Value => {
      asked.push(path);
      return call(path, ...rest);
    }) satisfies typeof call;
  const { readText, readLink, readLines } = system;
  const all = { readText: noted(readText), readLink: noted(readLink), readLines: noted(readLines) };
  const states = await list({ system: { ...system, ...all }, root: "/run/coffer" });
  t.deepEqual(
    states.map(({ id, pid, status, owner }) => [id, pid, status, owner]),
    ["a", "b", "c"].map((id) => [id, 9, "running", "me"]),
  );
  const count = (path: string): number => asked.filter((one) => one === path).length;
  t.deepEqual([count("/proc/sys/kernel/random/boot_id"), count("/etc/passwd")], [1, 1]);
  t.deepEqual([count("/run/coffer/b/state.json"), count("/proc/9/stat")], [1, 3]);
});

/** Containers of all kinds: `gone` is what a killed sandbox has left. */
function makeNode(asked: string[]) {
  const system = makeMemorySystem();
  const boot = "01234567-89ab-cdef-0123-456789abcdef";
  system.put("/proc/sys/kernel/random/boot_id", boot);
  system.put("/etc/passwd", "me:x:0:0::/:/bin/sh\n");
  const config = { ociVersion: "1.3.0" };
  const put = (id: string, more: object = {}): void => {
    const record = { version: 1, id, bundle: "/b", rootfs: "/b/rootfs", created: "now", uid: 0, cgroups: [], config };
    system.put(`/run/coffer/${id}/state.json`, JSON.stringify({ ...record, ...more }));
  };
  put("plain");
  put("word", { bundle: '/"maker"' });
  put("gone", { maker: `8 77 0 ${boot}` });
  put("sandbox", { maker: `9 77 0 ${boot}` });
  system.put("/proc/9/stat", `9 (a) S ${"0 ".repeat(18)}77 0`);
  system.put("/run/coffer/broken/state.json", "{");
  for (const id of ["denied", "empty"]) system.put(`/run/coffer/${id}`);
  const readText = (path: string, limit: number): string => {
    asked.push(path);
    if (path.startsWith("/run/coffer/denied/")) throw new SystemError("open", path, "EACCES");
    return system.readText(path, limit);
  };
  return { system: { ...system, readText }, root: "/run/coffer" };
}

test("the names alone are those of the list, and one look at a record is enough for most", async (t) => {
  const asked: string[] = [];
  const names = await listNames(makeNode(asked));
  t.deepEqual(names, ["broken", "denied", "empty", "plain", "sandbox", "word"]);
  t.deepEqual(
    names,
    (await list(makeNode([]))).map(({ id }) => id),
  );
  t.deepEqual(
    asked.filter((path) => path.startsWith("/run/coffer/plain")),
    ["/run/coffer/plain/state.json"],
  );
  t.deepEqual(await listNames({ system: makeMemorySystem(), root: "/run/none" }), []);
});
