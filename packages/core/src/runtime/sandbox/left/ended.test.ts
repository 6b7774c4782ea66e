// Which error a caller gets where a sandbox has failed, and what it has left cannot be looked up.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { awaitEnd } from "./ended.ts";
import { newPassed } from "./passed.ts";
import { noNames } from "./replaced.ts";

const view = {
  tree: "/t",
  rules: [],
  guards: { guards: [], unguarded: [], missing: [], missingAt: [] },
  fenced: false,
  before: { written: ["/t"], guarded: [], modules: [], names: [], hidden: [] },
  passed: newPassed(),
  assumed: [],
  env: {},
  homeFiles: {},
  homeLinks: {},
  sockets: [],
  sizes: {},
};

test("the error of the wait is thrown, and that of the search is told", async (t) => {
  const told: string[] = [];
  const changedSince = (): never => {
    throw new Error("no look");
  };
  const runtime = {
    root: "/",
    system: { ...makeMemorySystem(), changedSince },
    warn: ({ message }: Error) => told.push(message),
  };
  const ended = { view, since: 0, names: noNames };
  await t.throwsAsync(
    awaitEnd(runtime, {}, ended, () => Promise.reject(new Error("no end"))),
    { message: "no end" },
  );
  t.regex(told.join(), /cannot tell what the sandbox has left.*no look/);
});
