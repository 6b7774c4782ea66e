// The launcher that begins before it is known whether there is a plan for it: it is used once, or ended.
import test from "ava";
import { SystemError } from "../../../system/error.ts";
import type { AheadLaunch, LaunchSetup } from "../../../system/port.ts";
import { makeEarly } from "./early.ts";

const setup: LaunchSetup = { inputs: [], stdio: ["ignore", "ignore", "ignore"] };

/** A port that counts what becomes of its launchers. */
function makePort(failure?: Error) {
  const seen = { started: 0, sent: 0, released: 0 };
  const lock: AheadLaunch = {
    send: () => {
      seen.sent += 1;
    },
    launch: async () => {
      throw new Error("nothing is launched here");
    },
    release: async () => {
      seen.released += 1;
    },
  };
  const launchAhead = (): AheadLaunch => {
    seen.started += 1;
    if (failure !== undefined) throw failure;
    return lock;
  };
  return { seen, lock, launchAhead };
}

test("the launcher of a sandbox that is known is given once", async (t) => {
  const port = makePort();
  const early = makeEarly(port, "/work", setup);
  early.begin("/work");
  early.send(new Uint8Array(1));
  t.is(await early.take(true), port.lock);
  t.is(await early.take(true), undefined);
  t.deepEqual(port.seen, { started: 1, sent: 1, released: 0 });
});

test("the launcher of another sandbox is ended", async (t) => {
  const port = makePort();
  const early = makeEarly(port, "/work", setup);
  early.begin("/work");
  early.send(new Uint8Array(1));
  t.is(await early.take(false), undefined);
  t.deepEqual(port.seen, { started: 1, sent: 1, released: 1 });
});

test("no launcher begins for another tree, or where the port has none", async (t) => {
  const port = makePort();
  const early = makeEarly(port, "/work/tree", setup);
  early.begin("/work");
  early.send(new Uint8Array(1));
  t.is(await early.take(true), undefined);
  t.deepEqual(port.seen, { started: 0, sent: 0, released: 0 });
  const none = makeEarly({}, "/work", setup);
  none.begin("/work");
  t.is(await none.take(true), undefined);
});

test("a launcher that cannot be started is left to the launch, and hides no other error", async (t) => {
  for (const isKnown of [true, false]) {
    const early = makeEarly(makePort(new SystemError("execve", "/helper", "ENOENT")), "/work", setup);
    early.begin("/work");
    t.is(await early.take(isKnown), undefined);
  }
  const hides = makeEarly(makePort(new Error("no helper")), "/work", setup);
  hides.begin("/work");
  t.is(await hides.take(false), undefined);
  const tells = makeEarly(makePort(new Error("no helper")), "/work", setup);
  tells.begin("/work");
  await t.throwsAsync(tells.take(true), { message: "no helper" });
});

test("a launcher that cannot get its plan is ended", async (t) => {
  for (const isKnown of [true, false]) {
    const port = makePort();
    const send = () => {
      throw new SystemError("write", "pipe", "EIO");
    };
    const early = makeEarly({ launchAhead: () => ({ ...port.launchAhead(), send }) }, "/work", setup);
    early.begin("/work");
    early.send(new Uint8Array(1));
    t.is(await early.take(isKnown), undefined);
    t.is(port.seen.released, 1);
  }
});
