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

const early = ["looks", "notes of 3", "the launcher ends"];
const late = ["the launcher ends", "looks"];

const looked = test.macro({
  exec: async (t, options: Parameters<typeof awaitEnd>[1], expected: readonly string[], fenced: boolean) => {
    const told: string[] = [];
    const changedSince = (): never => {
      told.push("looks");
      throw new Error("no look");
    };
    const runtime = { root: "/", system: { ...makeMemorySystem(), changedSince }, warn: () => {} };
    const notes = {
      end: async (status: number) => {
        told.push(`notes of ${status}`);
        return [];
      },
    };
    const wait: Parameters<typeof awaitEnd>[3] = async (over) => {
      await over?.(3);
      told.push("the launcher ends");
      throw new Error("no end");
    };
    await t.throwsAsync(
      awaitEnd(runtime, options, { view: { ...view, fenced }, since: 0, names: noNames, early: notes }, wait),
      {
        message: "no end",
      },
    );
    t.deepEqual(told, expected);
  },
  title: (title = "") => title,
});

test("what is left is looked for while the launcher ends, once", looked, {}, early, false);
test("with the host's processes the launcher ends them first", looked, { unsafe: ["host-pid"] }, late, false);
test("without namespaces the launcher ends first", looked, { isolation: "reduced" }, late, false);
test("the supervisor of a fenced tree ends first", looked, {}, late, true);
