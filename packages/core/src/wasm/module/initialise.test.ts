// Which functions of a module run ahead, and what runs then.
import test from "ava";
import { command, moduleOf, text, vector } from "../testing/modules.ts";
import { snapshotOf } from "./initialise.ts";
import { readModule } from "./read.ts";

/** A module whose first function takes and gives nothing, and whose second has a parameter, with these exports. */
function exporting(exports: Readonly<Record<string, 0 | 1>>) {
  const functions = Object.entries(exports).map(([name, index]) => [...text(name), 0, index]);
  return readModule(
    moduleOf({
      ...command,
      1: vector([0x60, 0, 0], [0x60, 1, 0x7f, 0]),
      3: vector([0], [1]),
      7: vector([...text("memory"), 2, 0], [...text("_start"), 0, 0], ...functions),
      10: vector([2, 0, 0x0b], [2, 0, 0x0b]),
    }),
  );
}

const both = { "wizer.initialize": 0, _initialize: 0 } as const;

const finds = test.macro({
  exec: (t, exports: Readonly<Record<string, 0 | 1>>, init: string | true, initialisers: readonly string[], start) => {
    t.deepEqual(snapshotOf({ module: exporting(exports) }, init), { initialisers, start, seconds: 10, wasi: false });
  },
  title: (_title, exports: Readonly<Record<string, 0 | 1>>, init: string | true) =>
    `of ${Object.keys(exports).join(" and ")}, with ${init}`,
});

test(finds, { "wizer.initialize": 0 }, true, ["wizer.initialize"], "_start");
test(finds, { _initialize: 0 }, true, ["_initialize"], "_start");
test(finds, both, true, ["_initialize", "wizer.initialize"], "_start");
test(finds, both, "_initialize", ["_initialize"], "_start");
test(finds, { ready: 0, "wizer.resume": 0 }, "ready", ["ready"], "wizer.resume");

const rejects = test.macro({
  exec: (t, exports: Readonly<Record<string, 0 | 1>>, init: string | true, message: string) => {
    const error = t.throws(() => snapshotOf({ module: exporting(exports) }, init), { name: "CofferError" });
    t.true(error?.message.startsWith(message), error?.message);
  },
  title: (_title, _exports, init: string | true, message: string) => `with ${init}: ${message}`,
});

test(rejects, {}, true, 'the module exports neither "wizer.initialize" nor "_initialize": name its initialiser');
test(rejects, {}, "ready", 'the module does not export the function "ready" (section export)');
test(rejects, { ready: 1 }, "ready", 'the module has an initialiser "ready" with parameters or results');
test(rejects, {}, "memory", 'the module does not export the function "memory"');

test("a name that could be more than a name is refused", (t) => {
  for (const name of ["", "a b", "x' */", "a\nb", "n".repeat(257)])
    t.throws(() => snapshotOf({ module: exporting({}) }, name), { code: "E_USAGE" }, name);
});
