// Names that a sandbox asks for: two at a time, and none for somebody who has gone.
import { PassThrough } from "node:stream";
import test from "ava";
import { inTurn } from "./names.ts";

/** A resolver that answers when the test wants. */
function slowly() {
  const asked: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const resolve = (name: string): Promise<readonly string[]> => {
    asked.push(name);
    return new Promise((settle, reject) => ends.push((error) => (error ? reject(error) : settle([`of ${name}`]))));
  };
  const network = { resolve };
  return { asked, ends, network, lookUp: inTurn(network) };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("two names at a time, each in its turn, whether the ones before are found or not", async (t) => {
  const { asked, ends, lookUp } = slowly();
  const client = new PassThrough();
  const all = Promise.allSettled(["a", "b", "c", "d"].map((name) => lookUp(name, client)));
  await settled();
  t.deepEqual(asked, ["a", "b"]);
  ends[1]?.(new Error("no such host"));
  await settled();
  t.deepEqual(asked, ["a", "b", "c"]);
  ends[0]?.();
  await settled();
  t.deepEqual(asked, ["a", "b", "c", "d"]);
  for (const end of ends) end();
  t.deepEqual(
    (await all).map((one) => (one.status === "fulfilled" ? one.value[0] : one.reason.message)),
    ["of a", "no such host", "of c", "of d"],
  );
});

test("no name is asked for somebody who has gone, and the next one is", async (t) => {
  const { asked, ends, lookUp } = slowly();
  const [stays, gone] = [new PassThrough(), new PassThrough()];
  const first = [lookUp("a", stays), lookUp("b", stays)];
  const late = Promise.allSettled([lookUp("c", gone), lookUp("d", gone), lookUp("e", stays)]);
  gone.destroy();
  for (const end of ends) end();
  await Promise.all(first);
  await settled();
  t.deepEqual(asked, ["a", "b", "e"]);
  for (const end of ends) end();
  t.deepEqual(
    (await late).map((one) => (one.status === "fulfilled" ? one.value[0] : one.reason.errno)),
    ["ECANCELED", "ECANCELED", "of e"],
  );
});

test("another sandbox has a turn of its own, and all of them leave a thread for the rest", async (t) => {
  const { asked, ends, network, lookUp } = slowly();
  const [other, third] = [inTurn(network), inTurn(network)];
  const client = new PassThrough();
  const all = [
    ...["a", "b", "c"].map((name) => lookUp(name, client)),
    ...["d", "e", "f"].map((name) => other(name, client)),
    third("g", client),
  ];
  await settled();
  t.deepEqual(asked, ["a", "b", "d"]);
  for (const [at, next] of ["e", "g", "c", "f"].entries()) {
    ends[at]?.();
    await settled();
    t.is(asked.at(-1), next);
  }
  for (const end of ends) end();
  t.is((await Promise.all(all)).length, 7);
});
