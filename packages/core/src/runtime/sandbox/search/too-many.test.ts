// However many names a sandbox has made, the next one does not see what was hidden: it is found, or nothing is shown.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { System } from "../../../system/port.ts";
import { keysIn } from "../seen.ts";
import { mostNames } from "./too-many.ts";

function searching(junk: number) {
  const memory = makeMemorySystem();
  const names = Array.from({ length: junk }, (_, at) => ({ name: `${at}`, kind: "file" as const }));
  const lists: Readonly<Record<string, ReturnType<System["listTyped"]>>> = {
    "/work": [
      { name: "app", kind: "directory" },
      { name: "junk", kind: "directory" },
    ],
    "/work/junk": names,
    "/work/app": [{ name: "deep", kind: "directory" }],
    "/work/app/deep": [{ name: ".env", kind: "file" }],
  };
  const warnings: string[] = [];
  const system: System = { ...memory, listTyped: (path) => lists[path] ?? [] };
  const runtime = { system, root: "/run/coffer", warn: ({ message }: Error) => void warnings.push(message) };
  return { runtime, warnings };
}

test("the error names the directory that has most names", (t) => {
  const error = t.throws(() => keysIn(searching(mostNames).runtime, { trees: ["/work"], shut: [] }));
  t.regex(error?.message ?? "", /most are in \/work\/junk: --deny \/work\/junk hides it/);
});

test("a directory that the caller hides may have more, and what is beside it is found", (t) => {
  t.deepEqual(keysIn(searching(mostNames).runtime, { trees: ["/work"], shut: ["/work/junk"] }).env, [
    "/work/app/deep/.env",
  ]);
});

test("what is in such a directory is looked for as far as names are looked at", (t) => {
  t.deepEqual(keysIn(searching(9).runtime, { trees: ["/work"], shut: ["/work/app"] }).env, ["/work/app/deep/.env"]);
});

test("a file with keys is found behind all names that a tree may have", (t) => {
  t.deepEqual(keysIn(searching(mostNames - 10).runtime, { trees: ["/work"], shut: [] }).env, ["/work/app/deep/.env"]);
});

test("a tree with more names is not shown", (t) => {
  t.throws(() => keysIn(searching(mostNames).runtime, { trees: ["/work"], shut: [] }), {
    message: /cannot be looked for/,
  });
});

test("one that the caller has named to be read is shown, with a warning", (t) => {
  const { runtime, warnings } = searching(mostNames);
  keysIn(runtime, { trees: ["/work"], shut: [] }, undefined, [
    { path: "/work", source: "/work", access: "read", from: "--read" },
  ]);
  t.regex(warnings.join(), /\.env deep in it may be visible/);
});
