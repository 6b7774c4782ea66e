// What of all that a program asks for is listed: what nobody misses is not.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { SandboxView } from "../files.ts";
import { nothingBefore } from "../left/before.ts";
import { newPassed } from "../left/passed.ts";
import { explainAsked } from "./asked.ts";

const nothing = { guards: [], unguarded: [], missing: [], missingAt: [] };
const view: SandboxView = {
  tree: "/p",
  rules: [],
  guards: nothing,
  fenced: false,
  before: nothingBefore,
  passed: newPassed(),
  assumed: [],
  env: {},
  homeFiles: {},
  homeLinks: {},
  sockets: [],
  sizes: {},
};

test("a file of the host that is not shown is listed, but for those that every program looks for", (t) => {
  const system = makeMemorySystem();
  for (const name of ["ld.so.preload", "mine"]) system.put(`/etc/${name}`, "");
  const targets = ["/etc/ld.so.preload", "/etc/mine", "/etc/none"];
  const answers = explainAsked(
    system,
    { view, network: "none", hostPorts: [] },
    targets.map((target) => ({ op: "read", target })),
  );
  t.deepEqual(
    answers.map(({ target }) => target),
    ["/etc/mine"],
  );
});
