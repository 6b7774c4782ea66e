// The launcher that begins before it is known whether there is a plan for it: it is used once, or ended.
import test from "ava";
import { SystemError } from "../../../system/error.ts";
import type { AheadLaunch, LaunchSetup } from "../../../system/port.ts";
import type { Ready } from "./early.ts";
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

const known: Ready = { tree: "/work", isKnown: true };
const anew: Ready = { tree: "/work", isKnown: false };

test("the launcher of a sandbox that is known is given once", async (t) => {
  const port = makePort();
  const early = makeEarly(port, "/work", setup);
  early.begin();
  early.send("/work", new Uint8Array(1));
  t.is(await early.take(known), port.lock);
  t.is(await early.take(known), undefined);
  t.deepEqual(port.seen, { started: 1, sent: 1, released: 0 });
});

test("a launcher that has no plan yet is given to a sandbox of its tree", async (t) => {
  const port = makePort();
  const early = makeEarly(port, "/work", setup);
  early.begin();
  t.is(await early.take(anew), port.lock);
  t.deepEqual(port.seen, { started: 1, sent: 0, released: 0 });
});

const others: Readonly<Record<string, readonly [sentFor: string | undefined, ready: Ready | undefined]>> = {
  "it has the plan of one that is not known any more": ["/work", anew],
  "it would have the plan of another tree": ["/work/tree", { tree: "/work/tree", isKnown: true }],
  "the sandbox has another tree": [undefined, { tree: "/work/tree", isKnown: false }],
  "no sandbox could be prepared": [undefined, undefined],
};
for (const [title, [sentFor, ready]] of Object.entries(others))
  test(`a launcher that cannot be used is ended: ${title}`, async (t) => {
    const port = makePort();
    const early = makeEarly(port, "/work", setup);
    early.begin();
    if (sentFor !== undefined) early.send(sentFor, new Uint8Array(1));
    t.is(await early.take(ready), undefined);
    t.deepEqual(port.seen, { started: 1, sent: sentFor === "/work" ? 1 : 0, released: 1 });
  });

test("no launcher begins where the port has none", async (t) => {
  const none = makeEarly({}, "/work", setup);
  none.begin();
  t.is(await none.take(known), undefined);
});

test("a launcher that cannot be started is left to the launch, and hides no other error", async (t) => {
  for (const ready of [anew, undefined]) {
    const early = makeEarly(makePort(new SystemError("execve", "/helper", "ENOENT")), "/work", setup);
    early.begin();
    t.is(await early.take(ready), undefined);
  }
  const hides = makeEarly(makePort(new Error("no helper")), "/work", setup);
  hides.begin();
  t.is(await hides.take(undefined), undefined);
  const tells = makeEarly(makePort(new Error("no helper")), "/work", setup);
  tells.begin();
  await t.throwsAsync(tells.take(known), { message: "no helper" });
});

test("a launcher that cannot get its plan is ended", async (t) => {
  for (const ready of [known, anew]) {
    const port = makePort();
    const send = () => {
      throw new SystemError("write", "pipe", "EIO");
    };
    const early = makeEarly({ launchAhead: () => ({ ...port.launchAhead(), send }) }, "/work", setup);
    early.begin();
    early.send("/work", new Uint8Array(1));
    t.is(await early.take(ready), undefined);
    t.is(port.seen.released, 1);
  }
});
