// Where the mounts of a config are in a root directory that has links.
import test from "ava";
import { SystemError } from "../../system/error.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { System } from "../../system/port.ts";
import type { Expected } from "./expected.ts";
import { throughLinks } from "./links.ts";

/** A machine whose root directory `/r` has these links, by their path in it. */
function machine(links: Readonly<Record<string, string>>): System {
  const system = makeMemorySystem();
  for (const path of Object.keys(links)) system.put(`/r${path}`, "", { kind: "link" });
  const readLink = (path: string): string => {
    const target = links[path.slice("/r".length)];
    if (target === undefined) throw new SystemError("readlink", path, "EINVAL");
    return target;
  };
  const stat: System["stat"] = (path, options) => {
    if (options?.follow !== false) throw new SystemError("stat", path, "ELOOP");
    return system.stat(path);
  };
  return { ...system, readLink, stat };
}

const point = { type: "tmpfs", options: [], isConsole: false, isPrivate: false, from: "/mounts/0" };
const none = {
  masked: [],
  readonly: [],
  nodes: new Set(""),
  bounding: 0n,
  rights: 0n,
  noNewPrivileges: true,
  groups: [],
};
const expectedAt = (path: string): Expected => ({
  ...none,
  points: new Map([[path, point]]),
  flags: [{ path, require: 2, from: "/mounts/0" }],
  masked: [{ path, require: 1, from: "/linux/maskedPaths/0" }],
  uid: 0,
  gid: 0,
  program: undefined,
  hardLimits: new Map(),
  labels: new Map(),
});

/** The links `/0` to `/N`, each of which leads to the next one. */
const chain = (length: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`/${index}`, `${index + 1}`]));

const rows: readonly (readonly [what: string, links: Readonly<Record<string, string>>, path: string, at: string])[] = [
  ["without a link", {}, "/a/b", "/a/b"],
  ["that is not clean", {}, "//a/./b/", "/a/b"],
  ["of the root", {}, "/", "/"],
  ["with ..", {}, "/a/b/../c", "/a/c"],
  ["with .. above the root", {}, "/../../a", "/a"],
  ["at a link beside", { "/a/b": "c" }, "/a/b", "/a/c"],
  ["through a link beside", { "/a": "c" }, "/a/b", "/c/b"],
  ["through a link from the root", { "/a/b": "/c" }, "/a/b/d", "/c/d"],
  ["through a link that ends in a slash", { "/a/b": "c/" }, "/a/b/d", "/a/c/d"],
  ["through a link with ..", { "/a/b": "../c" }, "/a/b/d", "/c/d"],
  ["through a link that leaves the root", { "/a": "../../c" }, "/a/d", "/c/d"],
  ["through a link to a link", { "/a": "b", "/b": "/c" }, "/a/d", "/c/d"],
  ["whose .. follows a link", { "/a": "/b/c" }, "/a/../d", "/b/d"],
  ["behind 40 links", chain(40), "/0", "/40"],
  ["behind 41 links", chain(41), "/0", "/0"],
  ["in a circle of links", { "/a": "a" }, "/a/b", "/a/b"],
];

for (const [what, links, path, at] of rows)
  test(`the place of a path ${what}`, (t) => {
    const { points, flags, masked } = throughLinks(machine(links), "/r", expectedAt(path));
    t.deepEqual([...points], [[at, point]]);
    t.deepEqual(flags, [{ path: at, require: 2, from: "/mounts/0" }]);
    // The kernel resolves these when it masks them.
    t.deepEqual(masked, expectedAt(path).masked);
  });
