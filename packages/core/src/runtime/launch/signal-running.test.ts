import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { openRuntime } from "../open.ts";
import { signalDirectly } from "./signal-running.ts";

const target = { pid: 7, startTime: 99n, inode: 5n };
const guard = { policy: { version: 1 as const }, find: () => [] };

/** What a front that sends signals by itself was asked for. */
const sends = test.macro((t, answer: boolean, change: { readonly inode?: bigint; readonly guard?: typeof guard }) => {
  const sent: unknown[] = [];
  const system = { ...makeMemorySystem(0), signalProcess: (...all: unknown[]) => sent.push(all) > 0 && answer };
  const runtime = { ...openRuntime({ system }), ...(change.guard === undefined ? {} : { guard: change.guard }) };
  const isSent = signalDirectly(runtime, { ...target, ...change }, 9);
  const isAsked = change.inode === undefined && change.guard === undefined;
  t.is(isSent, answer && isAsked);
  t.deepEqual(sent, isAsked ? [[7, 5n, 9]] : []);
});

test("a front that can send a signal to a process by its inode does so", sends, true, {});
test("what the front could not send is left to a launcher", sends, false, {});
test("a process without an inode is left to a launcher", sends, true, { inode: 0n });
test("under a policy a signal is a plan", sends, true, { guard });

test("a front that cannot send signals so leaves them to a launcher", (t) => {
  t.false(signalDirectly(openRuntime({ system: makeMemorySystem(0) }), target, 9));
});
