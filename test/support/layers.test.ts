// Who may import whom: the rooms of core in their order, the planner by its index alone, and no circle of imports.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";

type Import = { readonly from: string; readonly to: string; readonly isType: boolean };

/** A room imports from those before it. What several rooms share lies in files beside the rooms. */
const rooms = [
  ...["errors.ts", "escape.ts", "paths.ts", "differences.ts", "wire", "verify", "seccomp", "system", "host", "plan"],
  ...[
    "egress",
    "overlay",
    "cgroup",
    "criu",
    "defaults",
    "exposure",
    "audit",
    "policy",
    "explain",
    "runtime",
    "api",
    "wasm",
    "index.ts",
    "browser.ts",
  ],
];
const packages = ["spec", "core", "cli"];

/** Also imports at run time: `import("…")`. */
const source = /(?:^(?:import|export)\s+(type\s+)?(?:[^"';]*?from\s+)?|\bimport\()"([^"]+)"/gm;

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(repository, file), "utf8");
  return [...text.matchAll(source)].map(([, type, to = ""]) => ({
    from: file,
    to: to.startsWith(".") ? normalize(join(dirname(file), to)) : to,
    isType: type !== undefined,
  }));
}

const files = globSync("packages/*/src/**/*.ts", { cwd: repository }).filter(
  (file) => !file.endsWith(".test.ts") && !file.includes("/testing/"),
);
const imports = files.flatMap(importsOf);
const core = "packages/core/src";

/** The place of a file of core in the list of rooms. */
const roomOf = (file: string): string => relative(core, file).split("/")[0] ?? "";
const isOfCore = (file: string): boolean => file.startsWith(`${core}/`);

test("every room of core is in the order, which has no other", (t) => {
  const found = new Set(files.filter(isOfCore).map(roomOf));
  t.deepEqual([...found].sort(), rooms.toSorted());
});

test("a room of core imports from those before it alone", (t) => {
  const inside = imports.filter(({ from, to }) => isOfCore(from) && isOfCore(to));
  t.true(inside.length > 1000);
  const upward = inside.filter(({ from, to }) => rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(from)));
  t.deepEqual(upward, []);
});

test("other rooms have the planner by its index alone", (t) => {
  const past = imports.filter(
    ({ from, to }) =>
      isOfCore(to) && roomOf(to) === "plan" && roomOf(from) !== "plan" && to !== `${core}/plan/index.ts`,
  );
  t.deepEqual(past, []);
});

test("a package imports from those before it alone", (t) => {
  const indexOf = (name: string | undefined): number => packages.indexOf(name ?? "");
  const upward = imports.filter(({ from, to }) => {
    const target = /^(?:@coffer|packages)\/(\w+)/.exec(to)?.[1];
    return target !== undefined && indexOf(target) > indexOf(from.split("/")[1]);
  });
  t.deepEqual(upward, []);
});

test("no values are imported in a circle", (t) => {
  const next = Map.groupBy(
    imports.filter(({ isType, to }) => !isType && to.startsWith("packages/")),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" > "));
    if (done.has(file) || way.includes(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  t.deepEqual(circles, []);
});
