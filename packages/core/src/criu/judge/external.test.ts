// What a restore binds in the place of a mount of the host: the images name the place, the config alone what is bound.
import { parseConfig } from "@coffer/spec";
import test from "ava";
import { mounts } from "../testing/checkpoint.ts";
import type { Expected } from "./expected.ts";
import { deepSource, mapExternal } from "./external.ts";

const point = { type: "bind", options: [], isConsole: false, isPrivate: false, from: "" };
const expected: Expected = {
  points: new Map([
    ["/srv", { ...point, source: "/srv/one" }],
    ["/tmp", { ...point, type: "tmpfs" }],
  ]),
  flags: [],
  masked: [{ path: "/proc/keys", require: 1, from: "" }],
  readonly: [],
  nodes: new Set(),
  bounding: 0n,
  rights: 0n,
  noNewPrivileges: true,
  uid: 0,
  gid: 0,
  groups: [],
  program: undefined,
  hardLimits: new Map(),
  labels: new Map(),
};

const deep = [
  { destination: "/deep", source: "/old", type: "bind", options: ["rbind"] },
  { destination: "/flat", source: "/flat", type: "bind", options: ["bind"] },
  { destination: "/deep/", source: "/new", type: "bind", options: ["ro", "rbind"] },
  { destination: "/typed", source: "here", type: "rbind" },
  { destination: "/none", options: ["rbind"] },
];

const config = parseConfig(
  JSON.stringify({ ociVersion: "1.2.0", root: { path: "r" }, process: { cwd: "/", args: ["a"] }, mounts: deep }),
);

/** What is given to CRIU for one mount of the images with that key on that point. */
function mapped(external: string | undefined, at: string): readonly string[] {
  const mount = mounts[0];
  if (mount === undefined) throw new Error("no mount");
  return mapExternal(config, "/bundle", expected, [{ ...mount, external, point: at }]);
}

const rows: readonly (readonly [what: string, external: string | undefined, at: string, source: string | undefined])[] =
  [
    ["that is not of the host", undefined, "/srv", undefined],
    ["of the config", "/srv", "/srv", "/srv/one"],
    ["whose key is another mount's", "/srv", "/tmp", undefined],
    ["where the config has a tmpfs", "/tmp", "/tmp", undefined],
    ["on a masked path", "/dev/null", "/proc/keys", "/dev/null"],
    ["of /dev/null on a path that is not masked", "/dev/null", "/etc/passwd", undefined],
    ["of /dev/null on itself, which no mount of the config is", "/dev/null", "/dev/null", undefined],
    ["beneath a recursive mount, of which the last one counts", "/deep/a/b", "/deep/a/b", "/new/a/b"],
    ["beneath a recursive mount from the bundle", "/typed/a", "/typed/a", "/bundle/here/a"],
    ["beside a recursive mount", "/deeper", "/deeper", undefined],
    ["beneath a mount that is not recursive", "/flat/a", "/flat/a", undefined],
    ["beneath a mount without a source", "/none/a", "/none/a", undefined],
  ];

for (const [what, external, at, source] of rows)
  test(`the source of a mount ${what}`, (t) => {
    t.deepEqual(mapped(external, at), source === undefined ? [] : [`mnt[${external}]:${source}`]);
  });

test("what is bound with all beneath is told apart from the way from there", (t) => {
  t.deepEqual(deepSource(config, "/bundle", "/deep/a/b"), { base: "/new", rest: "/a/b" });
  t.deepEqual(deepSource(config, "/bundle", "/typed/a"), { base: "/bundle/here", rest: "/a" });
  t.is(deepSource(config, "/bundle", "/flat/a"), undefined);
});

test("a key is given once", (t) => {
  const all = mounts.filter(({ external }) => external !== undefined);
  t.deepEqual(mapExternal(config, "/bundle", expected, [...all, ...all]), ["mnt[/srv]:/srv/one"]);
});
